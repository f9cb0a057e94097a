use chrono::TimeDelta;
use serde_json::json;

use super::{make_form, only_subscriber};
use crate::harness::{Client, Reply, TestApp};

async fn send(client: &Client, fields: &str) -> Reply {
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    let body = Some(fields.as_bytes().to_vec());
    client
        .send(reqwest::Method::POST, "@/forms/314", body)
        .await
}

async fn form(app: &TestApp) {
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let form = json!({
        "topics": ["science"],
        "copy": {
            "en": { "title": "<b>Our</b> letter", "fields": { "role": { "label": "You are", "options": { "b": "Baker" } } } },
            "de": { "title": "Unser Brief" },
        },
        "fields": [
            { "name": "name", "kind": "name" },
            { "name": "topics", "kind": "topics" },
            { "name": "role", "kind": "select", "options": ["a", "b"] },
            { "name": "terms", "kind": "checkbox", "required": true },
        ],
    });
    make_form(&editor, "314", form).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_a_page_that_needs_no_script() {
    let app = TestApp::start().await;
    form(&app).await;
    let shown = app.anonymous().get("@/forms/314").await.expect(200);
    assert!(shown.text.contains("&lt;b&gt;Our&lt;"), "{}", shown.text);
    assert!(
        shown.text.contains(r#"<option value="b">Baker</option>"#),
        "{}",
        shown.text
    );
    assert!(!shown.text.contains("None"), "{}", shown.text);
    let german = app
        .anonymous()
        .with("accept-language", "de")
        .get("@/forms/314")
        .await
        .expect(200);
    assert!(german.text.contains("Unser Brief"), "{}", german.text);
    assert!(app.rows("select 1 from subscribers").await.is_empty());

    let wrong = send(&app.anonymous(), "email=robin&role=b&terms=true")
        .await
        .expect(422);
    assert!(wrong.text.contains("email-fault"), "{}", wrong.text);
    let wrong = send(&app.anonymous(), "email=robin%40example.com&role=c")
        .await
        .expect(422);
    assert!(
        wrong.text.contains("role-fault") && wrong.text.contains("terms-fault"),
        "{}",
        wrong.text
    );
    assert!(app.rows("select 1 from subscribers").await.is_empty());

    let sent = "email=Robin%40example.com&name=Robin&topics=science&role=b&terms=true&website=";
    send(&app.anonymous(), sent).await.expect(200);
    let subscriber = only_subscriber(&app.editor().await).await;
    assert_eq!(subscriber["email"], "robin@example.com");
    assert_eq!(
        subscriber["attributes"],
        json!({ "role": "b", "terms": true })
    );
    assert_eq!(subscriber["topics"][0]["slug"], "science");
    assert_eq!(subscriber["source"], "form");
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 1);
    let nowhere = app.anonymous().get("@/forms/nowhere").await.expect(404);
    assert!(nowhere.text.contains("<h1>This link does not work</h1>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_proof_of_work_a_page_has_one_more_button_and_patience() {
    let app = TestApp::start_with(&[("MASTHEAD_PROOF_OF_WORK", "on")]).await;
    form(&app).await;
    let sent = "email=robin%40example.com&name=%22%3E%3Cb%3E&terms=true";
    let step = send(&app.anonymous(), sent).await.expect(200);
    assert!(app.rows("select 1 from subscribers").await.is_empty());
    assert!(
        step.text.contains(r#"value="&quot;&gt;&lt;b&gt;""#),
        "{}",
        step.text
    );
    let (_, rest) = step.text.split_once(r#"name="challenge" value=""#).unwrap();
    let challenge = rest.split('"').next().unwrap();
    let with = |challenge: &str| format!("{sent}&challenge={challenge}");

    // Too early, or made up: the button again, and nothing noted.
    for early in [with(challenge), with("nonsense")] {
        let again = send(&app.anonymous(), &early).await.expect(200);
        assert!(again.text.contains(r#"name="challenge""#), "{}", again.text);
        assert!(app.rows("select 1 from subscribers").await.is_empty());
    }
    app.platform.clock.advance(TimeDelta::seconds(2));
    send(&app.anonymous(), &with(challenge)).await.expect(200);
    only_subscriber(&app.editor().await).await;
    let again = send(&app.anonymous(), &with(challenge)).await.expect(200);
    assert!(again.text.contains(r#"name="challenge""#), "{}", again.text);
    assert_eq!(app.rows("select 1 from subscription_wishes").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_lead_to_another_page() {
    let app = TestApp::start().await;
    let success = json!({ "kind": "redirect", "url": "https://news.example.com/thanks" });
    make_form(&app.editor().await, "314", json!({ "success": success })).await;
    let shown = app.anonymous().get("@/forms/314").await.expect(200);
    let policy = shown.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://news.example.com;"),
        "{policy}"
    );
    let sent = send(&app.anonymous(), "email=robin%40example.com")
        .await
        .expect(303);
    assert_eq!(sent.header("location"), "https://news.example.com/thanks");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_prove_no_work_are_taken_less_often() {
    let app = TestApp::start_with(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    make_form(&app.editor().await, "314", json!({})).await;
    for number in 0..8 {
        let sent = send(
            &app.anonymous(),
            &format!("email=reader-{number}%40example.com"),
        )
        .await;
        assert_eq!(sent.status, if number < 6 { 200 } else { 429 }, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_in_what_a_form_says_become_links() {
    let app = TestApp::start().await;
    let en = json!({
        "text": "Before <b>", "consent": "How we treat it: https://www.example.com/privacy?a=1&b=2.",
        "success_text": "Read on at https://news.example.com/",
    });
    make_form(&app.editor().await, "314", json!({ "copy": { "en": en } })).await;
    let shown = app.anonymous().get("@/forms/314").await.expect(200);
    let consent = shown.text.split("How we treat it: ").nth(1).unwrap();
    assert!(consent.starts_with("<a href=\"https:"), "{consent}");
    assert!(consent.contains("privacy?a=1&amp;b=2</a>."), "{consent}");
    assert!(consent.contains(r#" rel="noopener">"#), "{consent}");
    assert!(shown.text.contains("Before &lt;b&gt;"), "{}", shown.text);
    let thanks = send(&app.anonymous(), "email=robin%40example.com").await;
    let thanks = thanks.expect(200).text;
    assert!(thanks.contains("Read on at <a href="), "{thanks}");
}
