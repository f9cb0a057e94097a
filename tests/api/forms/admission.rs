use chrono::TimeDelta;
use masthead::platform::token::sha256;
use serde_json::{Value, json};

use super::{form, least};
use crate::harness::{Client, TestApp};

const EMAIL: &str = "reader@example.com";

/// A number that proves work, as a page computes it.
fn nonce(challenge: &Value, email: &str) -> String {
    let text = challenge["challenge"].as_str().unwrap();
    let bits = challenge["difficulty"].as_u64().unwrap();
    let proves = |number: &u64| {
        let hash = sha256(format!("{text}:{email}:{number}").as_bytes());
        let beginning = u64::from_be_bytes(hash[..8].try_into().unwrap());
        u64::from(beginning.leading_zeros()) >= bits
    };
    (0..).find(proves).unwrap().to_string()
}

async fn challenge(page: &Client, query: &str) -> Value {
    let path = format!("/subscriptions/challenge{query}");
    page.get(&path).await.expect(200).body
}

async fn with_form() -> TestApp {
    let app = TestApp::start_with(&[("MASTHEAD_PROOF_OF_WORK", "on")]).await;
    let editor = app.editor().await;
    let fields = json!([
        { "name": "city", "kind": "text", "required": true },
        { "name": "role", "kind": "select", "options": ["a", "b"] },
        { "name": "terms", "kind": "checkbox", "required": true },
    ]);
    let other = form(json!({ "key": "fields", "fields": fields }));
    editor.post("/editor/forms", other).await.expect(201);
    editor.post("/editor/forms", least()).await.expect(201);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_worth_a_proof_and_a_proof_one_sign_up() {
    let app = with_form().await;
    let page = app.anonymous();
    let given = challenge(&page, "?form=314").await;
    let nonce = nonce(&given, EMAIL);
    let signed = json!({ "email": EMAIL, "form_id": "314", "challenge": given["challenge"], "nonce": nonce });
    let send = async |changes: Value| {
        let mut body = signed.clone();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        page.post("/subscriptions", body).await
    };
    let fresh = challenge(&page, "?form=314").await;
    let early = send(json!({ "challenge": fresh["challenge"] }))
        .await
        .expect(422);
    assert_eq!(early.faults(), ["#/challenge too_early"]);
    app.platform.clock.advance(TimeDelta::seconds(2));
    for (changes, fault) in [
        (
            json!({ "challenge": null, "nonce": null }),
            "#/challenge proof_required",
        ),
        (json!({ "nonce": null }), "#/nonce proof_required"),
        (json!({ "nonce": "x" }), "#/nonce proof_invalid"),
        (json!({ "challenge": "AAAA" }), "#/challenge proof_invalid"),
        (
            json!({ "email": "other@example.com" }),
            "#/nonce proof_invalid",
        ),
        (json!({ "form_id": "fields" }), "#/challenge proof_invalid"),
        (json!({ "form_id": null }), "#/challenge proof_invalid"),
    ] {
        let refused = send(changes).await.expect(422);
        assert_eq!(refused.faults(), [fault]);
    }
    let taken = send(json!({})).await.expect(202);
    assert_eq!(taken.text, r#"{"status":"accepted"}"#);
    let again = send(json!({})).await.expect(422);
    assert_eq!(again.faults(), ["#/challenge proof_invalid"]);
    assert_eq!(app.rows("select email from subscribers").await, [EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fills_in_everything_is_asked_for_as_much_as_anybody() {
    let app = with_form().await;
    let page = app.anonymous();
    let given = challenge(&page, "?form=314").await;
    let nonce = nonce(&given, EMAIL);
    app.platform.clock.advance(TimeDelta::seconds(2));
    let send = async |members: Value| {
        let mut body = json!({ "email": EMAIL, "form_id": "314", "website": "x" });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        page.post("/subscriptions", body).await
    };
    let proof = json!({ "challenge": given["challenge"], "nonce": nonce });
    let mut wrong = proof.clone();
    wrong["topics"] = json!(["nowhere"]);
    for (members, fault) in [
        (json!({}), "#/challenge proof_required"),
        (
            json!({ "challenge": given["challenge"], "nonce": "1x" }),
            "#/nonce proof_invalid",
        ),
        (wrong, "#/topics/0 unknown_tag"),
    ] {
        let refused = send(members).await.expect(422);
        assert_eq!(refused.faults(), [fault]);
    }
    let taken = send(proof.clone()).await.expect(202);
    assert_eq!(taken.text, r#"{"status":"accepted"}"#);
    let again = send(proof).await.expect(422);
    assert_eq!(again.faults(), ["#/challenge proof_invalid"]);
    app.run_jobs().await;
    assert!(app.mails().is_empty());
    for table in [
        "subscribers",
        "subscription_wishes",
        "consent_ledger",
        "jobs",
    ] {
        let rows = app.rows(&format!("select 1 from {table}")).await;
        assert!(rows.is_empty(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_expires_and_a_race_spends_it_once() {
    let app = with_form().await;
    let page = app.anonymous();
    let given = challenge(&page, "").await;
    let (one, other) = (nonce(&given, EMAIL), challenge(&page, "").await);
    app.platform.clock.advance(TimeDelta::seconds(2));
    let body = json!({ "email": EMAIL, "challenge": given["challenge"], "nonce": one });
    let racing = (0..6).map(|_| page.post("/subscriptions", body.clone()));
    let mut statuses: Vec<u16> = futures::future::join_all(racing)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 422, 422, 422, 422, 422]);

    let late = nonce(&other, EMAIL);
    app.platform.clock.advance(TimeDelta::minutes(30));
    let body = json!({ "email": EMAIL, "challenge": other["challenge"], "nonce": late });
    let refused = page.post("/subscriptions", body).await.expect(422);
    assert_eq!(refused.faults(), ["#/challenge proof_invalid"]);
    assert!(refused.text.contains("expired"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_take_what_they_are_for() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let fields = json!([
        { "name": "city", "kind": "text", "required": true },
        { "name": "role", "kind": "select", "options": ["a", "b"] },
        { "name": "terms", "kind": "checkbox", "required": true },
    ]);
    editor
        .post("/editor/forms", form(json!({ "fields": fields })))
        .await
        .expect(201);
    let page = app.anonymous();
    let send = async |attributes: Value| {
        let body = json!({ "email": EMAIL, "form_id": "314", "attributes": attributes });
        page.post("/subscriptions", body).await
    };
    for (attributes, faults) in [
        (
            json!({}),
            vec!["#/attributes/city required", "#/attributes/terms required"],
        ),
        (
            json!({ "city": " ", "terms": false, "role": "c", "a/b": 1 }),
            vec![
                "#/attributes/a~1b unknown_field",
                "#/attributes/city required",
                "#/attributes/role unknown_value",
                "#/attributes/terms required",
            ],
        ),
        (
            json!({ "city": ["x"], "terms": "yes", "role": true }),
            vec![
                "#/attributes/city wrong_type",
                "#/attributes/role wrong_type",
                "#/attributes/terms wrong_type",
            ],
        ),
    ] {
        assert_eq!(send(attributes).await.expect(422).faults(), faults);
    }
    send(json!({ "city": "Dijon", "terms": true }))
        .await
        .expect(202);
}
