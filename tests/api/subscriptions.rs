mod choosing;
mod confirming;
mod hosted;
mod killed;
mod leaving;
mod limits;
mod links;
mod pages;
mod stats;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Client, Reply, TestApp};

const SUBSCRIPTIONS: &str = "/subscriptions";

async fn sign_up(client: &Client, wish: Value) -> Reply {
    client.post(SUBSCRIPTIONS, wish).await
}

/// Makes a form with this key, and these members; gives its id.
async fn make_form(editor: &Client, key: &str, members: Value) -> String {
    let mut form = json!({ "key": key, "name": "A form", "display": "inline" });
    for (name, value) in members.as_object().unwrap() {
        form[name] = value.clone();
    }
    let made = editor.post("/editor/forms", form).await.expect(201);
    made.text_of("id")
}

/// Somebody signs up by a form that takes their word and welcomes them: the token by which they manage that.
async fn welcomed(app: &TestApp, editor: &Client, wish: Value) -> String {
    let letters = json!({ "en": { "subject": "Welcome", "text": "Good to have you." } });
    let form = json!({ "double_opt_in": false, "welcome_mail": letters, "topics": wish["topics"] });
    make_form(editor, "quick", form).await;
    let mut wish = wish;
    wish["form_id"] = json!("quick");
    sign_up(&app.anonymous(), wish).await.expect(202);
    app.run_jobs().await;
    token_of(&app.mails().last().unwrap().link("/subscriptions/m_"))
}

/// The path of a link in a mail, as the harness writes those of the site.
fn path_of(link: &str) -> String {
    let (_, path) = link.split_once("/subscriptions/").unwrap();
    format!("@/subscriptions/{path}")
}

/// The token of a link in a mail.
fn token_of(link: &str) -> String {
    let (_, path) = link.split_once("/subscriptions/").unwrap();
    path.split('/').next().unwrap().to_owned()
}

/// The one entry of the list of subscribers.
async fn only_subscriber(editor: &Client) -> Value {
    let list = editor.get("/editor/subscribers").await.expect(200);
    let data = list.body["data"].as_array().unwrap();
    assert_eq!(data.len(), 1, "{}", list.body);
    data[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_leaves_a_pending_subscriber_and_the_record_of_it() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let fields = json!([{ "name": "city", "kind": "text" }]);
    let form = json!({ "fields": fields, "topics": ["science"] });
    let form = make_form(&editor, "footer_1", form).await;

    let wish = json!({
        "email": " Robin@Example.com", "name": "Robin", "topics": ["science", "science"], "form_id": "footer_1", "locale": "de",
        "time_zone": "Europe/Vienna", "attributes": { "city": "Graz" }, "source_url": "https://news.example.com/frost",
    });
    let accepted = sign_up(&app.anonymous(), wish).await.expect(202);

    assert_eq!(accepted.text, r#"{"status":"accepted"}"#);
    assert_eq!(accepted.header("cache-control"), "no-store");
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["form_id"], form);
    assert_eq!(subscriber["consent"]["form_id"], form);
    insta::assert_json_snapshot!(subscriber, {
        ".form_id" => "[form]", ".consent.form_id" => "[form]", ".id" => "[id]", ".topics[].id" => "[id]", ".created_at" => "[time]", ".updated_at" => "[time]",
        ".consent.asked_at" => "[time]",
    }, @r#"
    {
      "id": "[id]",
      "email": "robin@example.com",
      "name": "Robin",
      "status": "pending",
      "topics": [
        {
          "id": "[id]",
          "slug": "science",
          "name": "Science"
        }
      ],
      "locale": "de",
      "time_zone": "Europe/Vienna",
      "paused_until": null,
      "source": "form",
      "form_id": "[form]",
      "wording_version": 1,
      "variant": "a",
      "attributes": {
        "city": "Graz"
      },
      "consent": {
        "asked_at": "[time]",
        "method": "form",
        "wording": null,
        "source_url": "https://news.example.com/frost",
        "form_id": "[form]"
      },
      "is_role_address": false,
      "is_disposable_address": false,
      "confirmed_at": null,
      "unsubscribed_at": null,
      "bounced_at": null,
      "complained_at": null,
      "created_at": "[time]",
      "updated_at": "[time]"
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_without_a_form_came_through_the_api() {
    let app = TestApp::start().await;
    sign_up(&app.anonymous(), json!({ "email": "robin@example.com" }))
        .await
        .expect(202);
    let subscriber = only_subscriber(&app.editor().await).await;
    assert_eq!(subscriber["source"], "api");
    assert_eq!(subscriber["consent"]["method"], "api");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_does_not_tell_who_is_on_the_list() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for status in [
        "pending",
        "confirmed",
        "unsubscribed",
        "bounced",
        "complained",
    ] {
        let consent = json!({ "asked_at": "2026-05-01T08:00:00Z", "method": "phone" });
        let subscriber = json!({ "email": format!("{status}@example.com"), "consent": consent });
        let created = editor
            .post("/editor/subscribers", subscriber)
            .await
            .expect(201);
        let path = format!("/editor/subscribers/{}", created.text_of("id"));
        editor
            .patch(&path, json!({ "status": status }))
            .await
            .expect(200);
    }

    let mut answers = Vec::new();
    for name in [
        "new",
        "pending",
        "confirmed",
        "unsubscribed",
        "bounced",
        "complained",
        "honeypot",
    ] {
        let website = if name == "honeypot" {
            "https://example.com"
        } else {
            ""
        };
        let wish =
            json!({ "email": format!("{name}@example.com"), "name": "Robin", "website": website });
        let answer = sign_up(&app.anonymous(), wish).await;
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort_unstable();
        answers.push((answer.status, answer.text, headers));
    }

    assert_eq!(answers[0].0, 202);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_never_changed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Science", "Arts"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    make_form(&editor, "7", json!({ "topics": ["science"] })).await;
    let subscriber = json!({ "email": "robin@example.com", "name": "Robin", "topics": ["arts"] });
    let created = editor
        .post("/editor/subscribers", subscriber)
        .await
        .expect(201);
    let path = format!("/editor/subscribers/{}", created.text_of("id"));
    for status in ["pending", "unsubscribed"] {
        let before = editor
            .patch(&path, json!({ "status": status }))
            .await
            .expect(200);
        let wish = json!({
            "email": "ROBIN@example.com", "name": "Mallory", "topics": ["science"], "form_id": "7", "locale": "fr",
        });
        sign_up(&app.anonymous(), wish).await.expect(202);
        app.run_jobs().await;

        let after = editor.get(&path).await.expect(200);
        assert_eq!((after.etag(), &after.body), (before.etag(), &before.body));
    }
    only_subscriber(&editor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wish_is_announced_without_the_address() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let tag = json!({ "name": "Science" });
    let tag = editor
        .post("/editor/tags", tag)
        .await
        .expect(201)
        .text_of("id");
    let wish = json!({ "email": "robin@example.com", "name": "Robin", "topics": ["science"] });
    sign_up(&app.anonymous(), wish).await.expect(202);
    let wish = json!({ "email": "robin@example.com", "locale": "de" });
    sign_up(&app.anonymous(), wish).await.expect(202);

    let told = app
        .rows(
            "select concat_ws(' ', action, visible_to_readers, actor_id is null, \
             resource_id in (select id from subscribers), before, after) \
             from events where resource_kind = 'subscriber' order by id",
        )
        .await;
    assert_eq!(
        told,
        [
            format!(
                r#"subscription.requested f t t {{"locale": null, "status": "pending", "topics": ["{tag}"]}}"#
            ),
            r#"subscription.requested f t t {"locale": "de", "status": "pending", "topics": []}"#
                .to_owned(),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sign_ups_in_a_race_all_are_accepted_and_one_subscriber_is_made() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let racing = (0..8).map(|_| sign_up(&anonymous, json!({ "email": "robin@example.com" })));
    for reply in futures::future::join_all(racing).await {
        reply.expect(202);
    }
    only_subscriber(&app.editor().await).await;
    assert_eq!(app.outbox().await, ["subscription.requested"; 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_member_is_pointed_at_at_once() {
    let app = TestApp::start().await;
    let wish = json!({
        "email": "a@example.com\r\nBcc: b@example.com", "name": 7, "topics": "science", "form_id": "a/b", "locale": "e",
        "time_zone": "Nowhere/None", "attributes": [], "variant": "B!", "wording_version": 0, "source_url": "javascript:1",
    });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(
        refused.faults(),
        [
            "#/email invalid_email",
            "#/name wrong_type",
            "#/topics wrong_type",
            "#/form_id invalid_form_id",
            "#/locale invalid_locale",
            "#/time_zone invalid_time_zone",
            "#/attributes wrong_type",
            "#/variant invalid_variant",
            "#/wording_version out_of_range",
            "#/source_url invalid_url",
        ]
    );
    for member in ["status", "consent", "source", "confirmed_at"] {
        let wish = json!({ "email": "robin@example.com", member: "confirmed" });
        let refused = sign_up(&app.anonymous(), wish).await.expect(400);
        assert_eq!(refused.faults(), [format!("#/{member} unknown_member")]);
    }
    let wish = json!({ "email": "robin@example.com", "topics": ["nowhere"] });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(refused.faults(), ["#/topics/0 unknown_tag"]);
    let wish = json!({ "email": "robin@example.com", "form_id": "nowhere" });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(refused.faults(), ["#/form_id unknown_form"]);
    let wish = json!({ "email": "robin@example.com", "attributes": { "city": "Graz" } });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(refused.faults(), ["#/attributes unknown_field"]);
    assert!(app.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_looked_at_and_other_methods_are_refused() {
    let app = TestApp::start().await;
    let wish = json!({ "email": "robin@example.com" });
    sign_up(&app.bearer("nonsense"), wish).await.expect(202);
    let refused = app.anonymous().get(SUBSCRIPTIONS).await.expect(405);
    assert_eq!(refused.header("allow"), "POST, OPTIONS");
    app.anonymous().get("/nowhere").await.expect(404);
    app.anonymous().get("/editor/nowhere").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_sign_up_is_announced_once() {
    let app = TestApp::start().await;
    let reader = app.anonymous().with("idempotency-key", "first-try");
    let first = sign_up(&reader, json!({ "email": "robin@example.com" }))
        .await
        .expect(202);

    let again = sign_up(&reader, json!({ "email": "robin@example.com" }))
        .await
        .expect(202);

    assert_eq!(
        (again.header("idempotent-replayed"), &again.text),
        ("true", &first.text)
    );
    assert_eq!(app.outbox().await, ["subscription.requested"]);
    let refused = sign_up(&reader, json!({ "email": "sam@example.com" }))
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["Idempotency-Key idempotency_key_reused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_sign_ups_are_refused_for_a_while_whatever_address_a_client_claims() {
    let app = TestApp::start_with(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    let attempt = async |number: usize| {
        let claimed = format!("198.51.100.{number}");
        let client = app.anonymous().with("x-forwarded-for", &claimed);
        let client = client.with("forwarded", &format!("for={claimed}"));
        let wish = json!({ "email": format!("reader-{number}@example.com") });
        sign_up(&client, wish).await
    };
    for number in 0..30 {
        attempt(number).await.expect(202);
    }

    let refused = attempt(30).await.expect(429);

    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=15 * 60 + 1).contains(&seconds), "{seconds}");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(app.outbox().await.len(), 30);
    app.platform.clock.advance(TimeDelta::minutes(16));
    attempt(31).await.expect(202);
}
