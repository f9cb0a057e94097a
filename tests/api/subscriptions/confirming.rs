use chrono::TimeDelta;
use serde_json::json;

use super::{make_form, only_subscriber, path_of, sign_up, token_of};
use crate::harness::smtp::{Sink, Trouble};
use crate::harness::{Client, TestApp, eventually};

const ROBIN: &str = "robin@example.com";

/// The actions in the ledger, in their order.
async fn ledger(app: &TestApp) -> Vec<String> {
    app.rows("select concat_ws(' ', action, source) from consent_ledger order by number")
        .await
}

async fn press(client: &Client, page: &str, fields: &str) -> crate::harness::Reply {
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    let body = Some(fields.as_bytes().to_vec());
    client.send(reqwest::Method::POST, page, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_confirms_and_is_welcomed_by_a_real_server() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[
        ("MASTHEAD_SMTP_URL", sink.url.as_str()),
        ("MASTHEAD_PUBLIC_URL", "https://cms.example.com"),
        ("MASTHEAD_SITE_NAME", "The Example"),
        ("MASTHEAD_MAIL_FROM", "The Example <news@example.com>"),
    ])
    .await;
    let editor = app.editor().await;
    let letters = json!({
        "en": { "subject": "Welcome", "text": "Good to have you." },
        "de": { "subject": "Willkommen", "text": "Schön, dass Sie da sind.\n\n{{7*7}} <b>fett</b>\nIhre Jo" },
    });
    make_form(&editor, "314", json!({ "welcome_mail": letters })).await;

    let wish = json!({ "email": "Robin@Example.com", "name": "Visit evil.example.com", "form_id": "314", "locale": "de-AT" });
    sign_up(&app.anonymous(), wish).await.expect(202);

    let mail = sink.next().await;
    assert_eq!(mail.to, [ROBIN]);
    assert_eq!(mail.header("content-language").unwrap(), "de");
    assert_eq!(mail.header("auto-submitted").unwrap(), "auto-generated");
    assert!(
        mail.header("list-unsubscribe").is_none(),
        "there is no list to leave yet"
    );
    for kind in ["text/plain", "text/html"] {
        let part = mail.part(kind);
        assert!(part.contains("The Example"), "{part}");
        assert!(!part.contains("evil"), "a name is echoed: {part}");
    }
    let link = mail.link("/subscriptions/");
    assert!(
        link.starts_with("https://cms.example.com/subscriptions/c_"),
        "{link}"
    );

    // As a scanner of links would.
    let page = path_of(&link);
    for method in [
        reqwest::Method::GET,
        reqwest::Method::HEAD,
        reqwest::Method::GET,
    ] {
        let shown = app.anonymous().send(method, &page, None).await.expect(200);
        assert_eq!(shown.header("referrer-policy"), "no-referrer");
        assert_eq!(shown.header("x-robots-tag"), "noindex");
        assert_eq!(shown.header("cache-control"), "no-store");
    }
    assert_eq!(only_subscriber(&editor).await["status"], "pending");

    let page_shown = app.anonymous().get(&page).await.expect(200);
    assert_eq!(page_shown.text.matches("<button").count(), 1);
    assert!(
        !page_shown.text.contains(&token_of(&link)),
        "the token is shown"
    );
    assert_eq!(page_shown.header("content-language"), "de");
    let pressed = press(&app.anonymous(), &page, "action=confirm")
        .await
        .expect(200);
    assert!(
        pressed.text.contains("Sie haben abonniert"),
        "{}",
        pressed.text
    );
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["status"], "confirmed");
    assert!(subscriber["confirmed_at"].is_string());

    let welcome = sink.next().await;
    assert_eq!(welcome.to, [ROBIN]);
    assert_eq!(welcome.header("subject").unwrap(), "Willkommen");
    let html = welcome.part("text/html");
    assert!(
        html.contains("{{7*7}} &lt;b&gt;fett&lt;&#x2f;b&gt;<br>Ihre Jo</p>"),
        "{html}"
    );
    let text = welcome.part("text/plain");
    let text = text.replace("\r\n", "\n");
    assert!(text.contains("{{7*7}} <b>fett</b>\nIhre Jo\n"), "{text}");
    assert_eq!(
        welcome.header("list-unsubscribe-post").unwrap(),
        "List-Unsubscribe=One-Click"
    );
    let leave = welcome.header("list-unsubscribe").unwrap();
    assert!(
        leave.starts_with("<https://cms.example.com/subscriptions/m_"),
        "{leave}"
    );
    assert!(
        leave.contains("<mailto:news@example.com?subject=unsubscribe>"),
        "{leave}"
    );
    assert_eq!(
        ledger(&app).await,
        ["asked form", "mailed system", "confirmed person"]
    );

    // As the button of a mail program.
    let (_, rest) = leave.split_once("/subscriptions/").unwrap();
    let leave = format!("@/subscriptions/{}", rest.split('>').next().unwrap());
    app.anonymous().get(&leave).await.expect(200);
    assert_eq!(only_subscriber(&editor).await["status"], "confirmed");
    for _ in 0..2 {
        press(&app.anonymous(), &leave, "List-Unsubscribe=One-Click")
            .await
            .expect(200);
    }
    assert_eq!(only_subscriber(&editor).await["status"], "unsubscribed");
    assert_eq!(ledger(&app).await[3..], ["unsubscribed person".to_owned()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_link_works_once_and_says_so_kindly() {
    let app = TestApp::start().await;
    sign_up(&app.anonymous(), json!({ "email": ROBIN }))
        .await
        .expect(202);
    app.run_jobs().await;
    let link = app.mails()[0].link("/subscriptions/");
    let path = format!("/subscriptions/{}", token_of(&link));

    let shown = app.anonymous().get(&path).await.expect(200);
    assert_eq!(
        (shown.text_of("link"), shown.text_of("status")),
        ("confirm".to_owned(), "pending".to_owned())
    );
    let confirm = format!("{path}/confirm");
    for _ in 0..2 {
        let confirmed = app.anonymous().post(&confirm, json!({})).await.expect(200);
        assert_eq!(confirmed.text, r#"{"status":"confirmed"}"#);
    }
    let page = press(&app.anonymous(), &path_of(&link), "action=confirm")
        .await
        .expect(200);
    assert!(page.text.contains("used before"), "{}", page.text);
    assert_eq!(
        ledger(&app).await,
        ["asked api", "mailed system", "confirmed person"]
    );
    // It is for nothing else.
    for refused in [
        app.anonymous()
            .patch(&path, json!({ "name": "Robin" }))
            .await,
        app.anonymous()
            .post(&format!("{path}/unsubscribe"), json!({}))
            .await,
        app.anonymous().get(&format!("@{path}/data")).await,
        app.anonymous().get(&format!("@{path}/unsubscribe")).await,
    ] {
        refused.expect(404);
    }
    assert_eq!(
        only_subscriber(&app.editor().await).await["status"],
        "confirmed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_left_for_a_week_has_expired() {
    let app = TestApp::start().await;
    sign_up(&app.anonymous(), json!({ "email": ROBIN }))
        .await
        .expect(202);
    app.run_jobs().await;
    let link = app.mails()[0].link("/subscriptions/");
    let path = format!("/subscriptions/{}", token_of(&link));
    app.platform.clock.advance(TimeDelta::days(7));

    app.anonymous()
        .post(&format!("{path}/confirm"), json!({}))
        .await
        .expect(410);
    let problem = app.anonymous().get(&path).await.expect(410);
    assert!(!problem.text.contains(&token_of(&link)), "{}", problem.text);
    let page = press(&app.anonymous(), &path_of(&link), "action=confirm")
        .await
        .expect(410);
    assert!(page.text.contains("expired"), "{}", page.text);
    assert_eq!(
        only_subscriber(&app.editor().await).await["status"],
        "pending"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_comes_back_by_their_own_confirmation_and_in_no_other_way() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let agreed = json!({ "asked_at": "2026-05-01T08:00:00Z", "method": "paper" });
    let robin = json!({ "email": ROBIN, "status": "confirmed", "consent": agreed });
    let made = editor
        .post("/editor/subscribers", robin.clone())
        .await
        .expect(201);
    let path = format!("/editor/subscribers/{}", made.text_of("id"));
    editor
        .patch(&path, json!({ "status": "unsubscribed" }))
        .await
        .expect(200);

    let refused = editor
        .patch(&path, json!({ "status": "confirmed" }))
        .await
        .expect(409);
    assert_eq!(refused.text_of("code"), "illegal_transition");
    editor.delete(&path).await.expect(204);
    let refused = editor.post("/editor/subscribers", robin).await.expect(409);
    assert_eq!(refused.text_of("code"), "suppressed");
    let pending = json!({ "email": "ROBIN@example.com" });
    editor
        .post("/editor/subscribers", pending)
        .await
        .expect(409);
    let other = json!({ "email": "sam@example.com", "status": "confirmed", "consent": agreed });
    let other = editor.post("/editor/subscribers", other).await.expect(201);
    let other = format!("/editor/subscribers/{}", other.text_of("id"));
    let refused = editor
        .patch(&other, json!({ "email": ROBIN }))
        .await
        .expect(409);
    assert_eq!(refused.text_of("code"), "suppressed");
    editor.delete(&other).await.expect(204);

    // A form that takes everybody's word does not take theirs.
    make_form(&editor, "quick", json!({ "double_opt_in": false })).await;
    sign_up(
        &app.anonymous(),
        json!({ "email": ROBIN, "form_id": "quick" }),
    )
    .await
    .expect(202);
    app.run_jobs().await;
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["status"], "pending");
    let path = format!("/editor/subscribers/{}", subscriber["id"].as_str().unwrap());
    let confirm = json!({ "status": "confirmed", "consent": agreed });
    let refused = editor.patch(&path, confirm).await.expect(409);
    assert_eq!(refused.text_of("code"), "suppressed");

    let link = app.mails()[0].link("/subscriptions/");
    press(&app.anonymous(), &path_of(&link), "action=confirm")
        .await
        .expect(200);
    assert_eq!(only_subscriber(&editor).await["status"], "confirmed");
    assert!(app.rows("select 1 from suppressions").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_take_somebodys_word_for_it() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let letters = json!({ "en": { "subject": "Welcome", "text": "Good to have you." } });
    let form = json!({ "double_opt_in": false, "welcome_mail": letters });
    make_form(&editor, "quick", form).await;
    sign_up(
        &app.anonymous(),
        json!({ "email": ROBIN, "form_id": "quick" }),
    )
    .await
    .expect(202);
    app.run_jobs().await;
    assert_eq!(only_subscriber(&editor).await["status"], "confirmed");
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("subject").unwrap(), "Welcome");
    assert_eq!(ledger(&app).await, ["asked form", "confirmed form"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_who_wants_more_topics_is_asked_and_one_who_has_all_is_left_alone() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Science", "Arts"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    let agreed = json!({ "asked_at": "2026-05-01T08:00:00Z", "method": "paper" });
    let robin = json!({ "email": ROBIN, "name": "Robin", "status": "confirmed", "consent": agreed, "topics": ["arts"] });
    editor.post("/editor/subscribers", robin).await.expect(201);

    let same = json!({ "email": ROBIN, "topics": ["arts"] });
    sign_up(&app.anonymous(), same).await.expect(202);
    app.run_jobs().await;
    assert!(app.mails().is_empty());
    let more = json!({ "email": ROBIN, "topics": ["science"], "name": "Mallory" });
    sign_up(&app.anonymous(), more).await.expect(202);
    app.run_jobs().await;
    let link = app.mails()[0].link("/subscriptions/");
    assert_eq!(
        only_subscriber(&editor).await["topics"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    press(&app.anonymous(), &path_of(&link), "action=confirm")
        .await
        .expect(200);
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["topics"].as_array().unwrap().len(), 2);
    assert_eq!(subscriber["name"], "Robin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_nobody_has_bounces() {
    let sink = Sink::start().await;
    sink.trouble(Trouble::At("RCPT", "550 5.1.1 no such user"));
    let settings = [
        ("MASTHEAD_SMTP_URL", sink.url.as_str()),
        ("MASTHEAD_MAIL_FROM", "news@example.com"),
    ];
    let app = TestApp::start_with(&settings).await;
    sign_up(&app.anonymous(), json!({ "email": ROBIN }))
        .await
        .expect(202);
    let editor = app.editor().await;
    eventually("it has bounced", async || {
        only_subscriber(&editor).await["status"] == "bounced"
    })
    .await;
    assert_eq!(ledger(&app).await, ["asked api", "bounced system"]);
    assert_eq!(
        app.rows("select reason from suppressions").await,
        ["bounced"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_for_a_while_gets_the_mail_later() {
    let sink = Sink::start().await;
    sink.trouble(Trouble::At("RCPT", "451 4.3.0 later"));
    let settings = [
        ("MASTHEAD_SMTP_URL", sink.url.as_str()),
        ("MASTHEAD_MAIL_FROM", "news@example.com"),
    ];
    let app = TestApp::start_with(&settings).await;
    sign_up(&app.anonymous(), json!({ "email": ROBIN }))
        .await
        .expect(202);
    app.run_jobs().await;
    assert!(sink.messages().is_empty());
    app.platform.clock.advance(TimeDelta::hours(1));
    let mail = sink.next().await;
    let confirm = format!(
        "/subscriptions/{}/confirm",
        token_of(&mail.link("/subscriptions/"))
    );
    app.anonymous().post(&confirm, json!({})).await.expect(200);
}
