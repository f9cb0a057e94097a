use serde_json::json;

use super::{SUBSCRIBERS, consent, enter, make_tags, path_of};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn status_moves_one_way() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (number, (from, to, expected)) in [
        ("pending", "pending", 200),
        ("pending", "confirmed", 200),
        ("pending", "unsubscribed", 200),
        ("confirmed", "pending", 409),
        ("confirmed", "confirmed", 200),
        ("confirmed", "unsubscribed", 200),
        ("unsubscribed", "pending", 409),
        ("unsubscribed", "confirmed", 409),
        ("unsubscribed", "unsubscribed", 200),
        ("pending", "bounced", 200),
        ("confirmed", "complained", 200),
        ("bounced", "confirmed", 409),
        ("bounced", "unsubscribed", 200),
        ("unsubscribed", "bounced", 409),
        ("complained", "confirmed", 409),
        ("complained", "unsubscribed", 409),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("reader-{number}@example.com");
        let created = enter(&editor, json!({ "email": email, "consent": consent() })).await;
        let path = path_of(&created);
        let before = editor
            .patch(&path, json!({ "status": from }))
            .await
            .expect(200);

        let moved = editor.patch(&path, json!({ "status": to })).await;

        assert_eq!(moved.status, expected, "{from} to {to}");
        if expected == 409 {
            assert_eq!(moved.text_of("code"), "illegal_transition");
            continue;
        }
        for (status, time) in [
            ("confirmed", "confirmed_at"),
            ("unsubscribed", "unsubscribed_at"),
            ("bounced", "bounced_at"),
            ("complained", "complained_at"),
        ] {
            let came_now = to == status && from != status;
            assert_eq!(
                moved.body[time].is_string(),
                came_now || before.body[time].is_string()
            );
            assert_eq!(
                moved.body[time] == before.body[time],
                !came_now,
                "{from} to {to}: {time}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_confirmed_without_a_record_of_their_consent() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let confirmed = json!({ "email": "robin@example.com", "status": "confirmed" });
    let refused = editor.post(SUBSCRIBERS, confirmed).await.expect(422);
    assert_eq!(refused.faults(), ["#/consent required"]);

    let created = enter(&editor, json!({ "email": "robin@example.com" })).await;
    let path = path_of(&created);
    let confirm = json!({ "status": "confirmed" });
    let refused = editor.patch(&path, confirm).await.expect(422);
    assert_eq!(refused.faults(), ["#/consent required"]);
    let confirm = json!({ "status": "confirmed", "consent": consent() });
    let confirmed = editor.patch(&path, confirm).await.expect(200);
    assert!(confirmed.body["confirmed_at"].is_string());
    let refused = editor
        .patch(&path, json!({ "consent": null }))
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["#/consent required"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_names_nobody() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let subscriber = json!({
        "email": "robin@example.com", "name": "Robin", "locale": "en", "attributes": { "shoe": "Robin's" },
    });
    let path = path_of(&enter(&editor, subscriber).await);
    let patch = json!({ "name": "Robina", "locale": "de", "status": "unsubscribed" });
    editor.patch(&path, patch).await.expect(200);
    editor.delete(&path).await.expect(204);

    let told = app
        .rows(
            "select concat_ws(' ', action, visible_to_readers, actor_id is not null, cache_tags, before, after) \
             from events where resource_kind = 'subscriber' order by id",
        )
        .await;
    assert_eq!(
        told,
        [
            r#"subscriber.created f t {} {"locale": "en", "status": "pending", "topics": []}"#,
            r#"subscriber.updated f t {} {"locale": "en", "status": "pending"} {"locale": "de", "status": "unsubscribed"}"#,
            r#"subscriber.deleted f t {} {"locale": "de", "status": "unsubscribed", "topics": []}"#,
        ]
    );
}

/// The tables of which some row holds a text: as text, inside JSON, or as bytes.
pub async fn tables_that_hold(app: &TestApp, text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let tables = "select table_name::text from information_schema.tables \
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1";
    let mut holding = Vec::new();
    for table in app.rows(tables).await {
        let found = format!(
            "select 1 from \"{table}\" as t where t::text ilike '%{text}%' or t::text like '%{hex}%' limit 1"
        );
        if !app.rows(&found).await.is_empty() {
            holding.push(table);
        }
    }
    holding
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_subscriber_leaves_their_address_nowhere() {
    let app = TestApp::start_with(&[("MASTHEAD_PUBLIC_URL", "https://cms.example.com")]).await;
    let editor = app.editor().await;
    make_tags(&editor, &["Science"]).await;
    let subscriber = json!({ "email": "erase.me@example.com", "topics": ["science"] });
    let created = enter(&editor.with("idempotency-key", "k1"), subscriber).await;
    let other = json!({ "email": "stay@example.com" });
    enter(&editor.with("idempotency-key", "k2"), other).await;
    let sign_up = json!({ "email": "Erase.Me@example.com" });
    let anonymous = app.anonymous().with("idempotency-key", "k3");
    anonymous.post("/subscriptions", sign_up).await.expect(202);
    app.run_jobs().await;
    let path = path_of(&created);
    assert_eq!(
        tables_that_hold(&app, "erase.me@example.com").await,
        ["idempotent_replies", "subscribers"]
    );
    let moved = json!({ "email": "moved@example.com" });
    editor.patch(&path, moved).await.expect(200);

    editor.delete(&path).await.expect(204);

    for address in ["erase.me@example.com", "moved@example.com"] {
        assert!(
            tables_that_hold(&app, address).await.is_empty(),
            "{address}"
        );
    }
    assert_eq!(
        tables_that_hold(&app, "stay@example.com").await,
        ["idempotent_replies", "subscribers"]
    );
    assert!(app.rows("select 1 from subscriber_topics").await.is_empty());
    editor.delete(&path).await.expect(404);
    editor.get(&path).await.expect(404);
}
