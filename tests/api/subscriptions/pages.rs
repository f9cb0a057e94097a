use serde_json::{Value, json};

use super::{only_subscriber, welcomed};
use crate::harness::{Client, Reply, TestApp};

const ROBIN: &str = "robin@example.com";

async fn press(client: &Client, page: &str, fields: &str) -> Reply {
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    let body = Some(fields.as_bytes().to_vec());
    client.send(reqwest::Method::POST, page, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_lets_somebody_change_pause_and_leave() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post(
            "/editor/tags",
            json!({ "name": "Science & <Fun>", "slug": "science-fun" }),
        )
        .await
        .expect(201);
    let wish = json!({ "email": ROBIN, "name": "{{7*7}} <script>", "topics": ["science-fun"], "locale": "de-AT" });
    let page = format!("@/subscriptions/{}", welcomed(&app, &editor, wish).await);

    let shown = app.anonymous().get(&page).await.expect(200);
    assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
    assert!(
        shown.text.contains("{{7*7}} &lt;script&gt;"),
        "{}",
        shown.text
    );
    assert!(
        shown.text.contains("Science &amp; &lt;Fun&gt;"),
        "{}",
        shown.text
    );
    assert!(!shown.text.contains("<script"), "{}", shown.text);
    assert!(shown.text.contains(r#"lang="de""#));
    assert!(shown.text.contains(r#"<option value="de-AT" selected>"#));
    let policy = shown.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    assert_eq!(shown.header("referrer-policy"), "no-referrer");
    assert_eq!(shown.header("x-robots-tag"), "noindex");

    let saved = press(
        &app.anonymous(),
        &page,
        "action=save&name=Robin&locale=fr&time_zone=Europe%2FParis",
    )
    .await;
    let saved = saved.expect(200);
    assert!(
        saved.text.contains("Vos modifications sont enregistrées."),
        "{}",
        saved.text
    );
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["name"], "Robin");
    assert_eq!(subscriber["topics"], json!([]));
    assert_eq!(subscriber["time_zone"], "Europe/Paris");

    let wrong = press(
        &app.anonymous(),
        &page,
        "action=pause&paused_until=2001-01-01",
    )
    .await
    .expect(422);
    assert!(wrong.text.contains("Choisissez un jour"), "{}", wrong.text);
    let day = (app.platform.clock.now() + chrono::TimeDelta::days(30))
        .format("%Y-%m-%d")
        .to_string();
    press(
        &app.anonymous(),
        &page,
        &format!("action=pause&paused_until={day}"),
    )
    .await
    .expect(200);
    assert_eq!(
        only_subscriber(&editor).await["paused_until"],
        format!("{day}T00:00:00Z")
    );
    press(&app.anonymous(), &page, "action=resume")
        .await
        .expect(200);
    assert_eq!(only_subscriber(&editor).await["paused_until"], Value::Null);

    // What is on no page does nothing.
    press(&app.anonymous(), &page, "action=confirm")
        .await
        .expect(200);
    press(&app.anonymous(), &page, "").await.expect(200);
    let json = app
        .anonymous()
        .post(&page, json!({ "action": "unsubscribe_all" }))
        .await;
    assert_eq!(json.status, 415);
    assert_eq!(only_subscriber(&editor).await["status"], "confirmed");
    let left = press(&app.anonymous(), &page, "action=unsubscribe_all")
        .await
        .expect(200);
    assert!(left.text.contains("désabonné"), "{}", left.text);
    assert_eq!(only_subscriber(&editor).await["status"], "unsubscribed");
    let again = app.anonymous().get(&page).await.expect(200);
    assert!(!again.text.contains("unsubscribe_all"), "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_hands_out_all_data_and_erases_them_when_asked_twice() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN, "name": "Robin" })).await;
    let page = format!("@/subscriptions/{token}");

    let data = app
        .anonymous()
        .get(&format!("{page}/data"))
        .await
        .expect(200);
    assert_eq!(
        data.header("content-disposition"),
        r#"attachment; filename="my-data.json""#
    );
    assert_eq!(data.body["subscriber"]["email"], ROBIN);
    assert_eq!(data.body["consent_ledger"].as_array().unwrap().len(), 2);
    let pressed = press(&app.anonymous(), &page, "action=download")
        .await
        .expect(200);
    assert_eq!(pressed.body, data.body);
    assert!(!data.text.contains(&token));

    let asked = press(&app.anonymous(), &page, "action=erase")
        .await
        .expect(200);
    assert!(asked.text.contains("erase_for_good"), "{}", asked.text);
    only_subscriber(&editor).await;
    press(&app.anonymous(), &page, "action=erase_for_good")
        .await
        .expect(200);
    let list = editor.get("/editor/subscribers").await.expect(200);
    assert_eq!(list.body["data"], json!([]));
    assert_eq!(
        app.rows("select reason from suppressions").await,
        ["erased"]
    );
    app.anonymous().get(&page).await.expect(404);
    // A mail program that comes late is told that all is well, because it is.
    press(
        &app.anonymous(),
        &format!("{page}/unsubscribe"),
        "List-Unsubscribe=One-Click",
    )
    .await
    .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_takes_any_body_and_any_number_of_clicks() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN })).await;
    let path = format!("@/subscriptions/{token}/unsubscribe");
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let client = app
        .anonymous()
        .with("content-type", "multipart/form-data; boundary=x");
    let body = Some(multipart.as_bytes().to_vec());
    client
        .send(reqwest::Method::POST, &path, body)
        .await
        .expect(200);
    client
        .send(reqwest::Method::POST, &path, None)
        .await
        .expect(200);
    assert_eq!(only_subscriber(&editor).await["status"], "unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_append_to_a_link_does_not_break_it() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN })).await;
    let client = app.anonymous();
    for path in ["", "/unsubscribe", "/data"] {
        let page = format!("@/subscriptions/{token}{path}?utm_source=mail&fbclid=1&fbclid=2");
        client.get(&page).await.expect(200);
    }
    let form = client.get("@/forms/quick?utm_source=mail&%00=x").await;
    assert!(form.expect(200).text.contains("<form"));
    // A browser sends a page's form to where the page was.
    let page = format!("@/subscriptions/{token}?utm_source=mail");
    press(&client, &page, "action=save&name=Robin")
        .await
        .expect(200);
    assert_eq!(only_subscriber(&editor).await["name"], "Robin");
    let sent = press(&client, "@/forms/quick?x=1", "email=sam%40example.com");
    sent.await.expect(200);
    let leave = format!("@/subscriptions/{token}/unsubscribe?x=1");
    press(&client, &leave, "").await.expect(200);
    // Programs are told.
    let api = format!("/subscriptions/{token}?utm_source=mail");
    client.get(&api).await.expect(400);
}
