use serde_json::{Value, json};

use super::lifecycle::tables_that_hold;
use super::{consent, enter, path_of};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn erasing_leaves_a_hash_and_nothing_else() {
    let app = TestApp::start_with(&[("MASTHEAD_CONSENT_EVIDENCE", "address_and_agent")]).await;
    let editor = app.editor().await;
    let anonymous = app.anonymous().with("user-agent", "Erase-Me-Browser/1.0");
    let wish = json!({ "email": "Erase.Me@example.com", "name": "Erase Me", "source_url": "https://example.com/?e=erase.me@example.com" });
    anonymous
        .with("idempotency-key", "k1")
        .post("/subscriptions", wish)
        .await
        .expect(202);
    app.run_jobs().await;
    let list = editor.get("/editor/subscribers").await.expect(200);
    let path = format!(
        "/editor/subscribers/{}",
        list.each("id")[0].as_str().unwrap()
    );
    assert!(!tables_that_hold(&app, "Erase-Me-Browser").await.is_empty());
    let before = app
        .rows("select hash::text from consent_ledger order by number")
        .await;

    editor
        .post(&format!("{path}/erase"), json!({}))
        .await
        .expect(204);

    for trace in ["erase.me", "Erase Me", "Erase-Me-Browser", "127.0.0.1"] {
        assert_eq!(tables_that_hold(&app, trace).await, [""; 0], "{trace}");
    }
    assert_eq!(
        app.rows("select reason from suppressions").await,
        ["erased"]
    );
    let after = app
        .rows("select hash::text from consent_ledger order by number")
        .await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(
        app.rows("select action from consent_ledger order by number")
            .await,
        ["asked", "mailed", "erased"]
    );
    editor.get(&path).await.expect(404);
    editor
        .post(&format!("{path}/erase"), json!({}))
        .await
        .expect(404);
    let again = json!({ "email": "erase.me@example.com" });
    let refused = editor.post("/editor/subscribers", again).await.expect(409);
    assert_eq!(refused.text_of("code"), "suppressed");
    app.author()
        .await
        .post(&format!("{path}/erase"), json!({}))
        .await
        .expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_kept_is_told_with_the_words_that_were_agreed_to() {
    let app = TestApp::start_with(&[("MASTHEAD_CONSENT_EVIDENCE", "address")]).await;
    let editor = app.editor().await;
    let form = json!({ "key": "314", "name": "A form", "display": "inline", "copy": { "en": { "consent": "Yes, write to me." } } });
    let form = editor.post("/editor/forms", form).await.expect(201);
    let wish = json!({ "email": "robin@example.com", "name": "Robin", "form_id": "314" });
    app.anonymous()
        .post("/subscriptions", wish)
        .await
        .expect(202);
    app.run_jobs().await;
    let reworded = json!({ "copy": { "en": { "consent": "Something else." } } });
    editor
        .patch(&format!("/editor/forms/{}", form.text_of("id")), reworded)
        .await
        .expect(200);

    let list = editor.get("/editor/subscribers").await.expect(200);
    let path = format!(
        "/editor/subscribers/{}/data",
        list.each("id")[0].as_str().unwrap()
    );
    let data = editor.get(&path).await.expect(200).body;
    assert_eq!(data["subscriber"]["name"], "Robin");
    assert_eq!(data["suppressed"], Value::Null);
    assert_eq!(data["requests"][0]["name"], "Robin");
    assert_eq!(data["confirmation_links"].as_array().unwrap().len(), 1);
    let asked = &data["consent_ledger"][0];
    assert_eq!(
        (&asked["action"], &asked["number"]),
        (&json!("asked"), &json!(1))
    );
    assert_eq!(asked["evidence"]["address"], "127.0.0.1");
    assert!(
        asked["wording"].to_string().contains("Yes, write to me."),
        "{asked}"
    );
    assert!(
        !asked["wording"].to_string().contains("Something else."),
        "{asked}"
    );
    app.author().await.get(&path).await.expect(403);
    app.anonymous().get(&path).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_remembers_who_had_left_and_nobody_else() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (number, status) in ["confirmed", "unsubscribed", "bounced", "complained"]
        .iter()
        .enumerate()
    {
        let email = format!("reader-{number}@example.com");
        let path = path_of(&enter(&editor, json!({ "email": email, "consent": consent() })).await);
        editor
            .patch(&path, json!({ "status": status }))
            .await
            .expect(200);
        editor.delete(&path).await.expect(204);
        let again = editor
            .post("/editor/subscribers", json!({ "email": email }))
            .await;
        let expected = if *status == "confirmed" { 201 } else { 409 };
        assert_eq!(again.status, expected, "{status}");
    }
    let reasons = app.rows("select reason from suppressions order by 1").await;
    assert_eq!(reasons, ["bounced", "complained", "unsubscribed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_throws_away_what_was_given_up_about_somebody() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["robin", "sam"] {
        let subscriber = json!({ "email": format!("{name}@example.com") });
        let made = editor.post("/editor/subscribers", subscriber).await;
        let id = made.expect(201).text_of("id");
        app.execute(&format!(
            "insert into jobs (id, kind, payload, run_at, created_at, dead_at, last_error) \
             values (gen_random_uuid(), 'a.kind', '{{\"subscriber_id\": \"{id}\"}}', now(), now(), now(), '{name}')"
        ))
        .await;
    }
    let robin = editor.get("/editor/subscribers?q=robin").await.expect(200);
    let id = robin.each("id")[0].as_str().unwrap().to_owned();
    editor
        .post(&format!("/editor/subscribers/{id}/erase"), json!({}))
        .await
        .expect(204);
    assert_eq!(app.rows("select last_error from jobs").await, ["sam"]);
}
