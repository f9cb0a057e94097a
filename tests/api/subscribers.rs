pub mod lifecycle;
mod lists;
mod privacy;

use serde_json::{Value, json};

use crate::harness::{Client, Reply, TestApp};

const SUBSCRIBERS: &str = "/editor/subscribers";

fn consent() -> Value {
    json!({ "asked_at": "2026-05-01T08:00:00Z", "method": "paper", "wording": "Yes, please" })
}

async fn enter(editor: &Client, subscriber: Value) -> Reply {
    editor.post(SUBSCRIBERS, subscriber).await.expect(201)
}

async fn make_tags(editor: &Client, names: &[&str]) {
    for name in names {
        let tag = json!({ "name": name });
        editor.post("/editor/tags", tag).await.expect(201);
    }
}

fn path_of(subscriber: &Reply) -> String {
    format!("{SUBSCRIBERS}/{}", subscriber.text_of("id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_subscriber_can_be_read_back_and_is_listed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    make_tags(&editor, &["Science"]).await;

    let created = enter(
        &editor,
        json!({
            "email": "Robin@Example.com", "name": " Robin ", "topics": ["science"], "locale": "pt-br",
            "attributes": { "since": 1999, "likes": { "tea": true } }, "consent": consent(),
        }),
    )
    .await;

    let location = created.header("location").to_owned();
    let read = editor
        .get(location.strip_prefix("/api/v1").unwrap())
        .await
        .expect(200);
    assert_eq!((&read.body, read.etag()), (&created.body, created.etag()));
    assert_eq!(read.header("cache-control"), "no-store");
    let list = editor.get(SUBSCRIBERS).await.expect(200);
    assert_eq!(list.body["data"], json!([created.body]));
    insta::assert_json_snapshot!(created.body, {
        ".id" => "[id]", ".topics[].id" => "[id]", ".created_at" => "[time]", ".updated_at" => "[time]",
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
      "locale": "pt-BR",
      "time_zone": null,
      "paused_until": null,
      "source": "editor",
      "form_id": null,
      "wording_version": null,
      "variant": null,
      "attributes": {
        "likes": {
          "tea": true
        },
        "since": 1999
      },
      "consent": {
        "asked_at": "2026-05-01T08:00:00Z",
        "method": "paper",
        "wording": "Yes, please",
        "source_url": null,
        "form_id": null
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
async fn what_is_not_given_is_null_or_empty() {
    let app = TestApp::start().await;
    let created = enter(&app.editor().await, json!({ "email": "robin@example.com" })).await;
    for member in [
        "name",
        "locale",
        "consent",
        "confirmed_at",
        "unsubscribed_at",
    ] {
        assert_eq!(created.body[member], Value::Null, "{member}");
    }
    assert_eq!(created.body["topics"], json!([]));
    assert_eq!(created.body["attributes"], json!({}));
    assert_eq!(created.body["status"], "pending");
    assert_eq!(created.body["source"], "editor");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_member_is_pointed_at_at_once() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let subscriber = json!({
        "email": "nobody", "name": " ", "status": "unsubscribed", "topics": ["Not A Slug"], "locale": "english",
        "attributes": [], "consent": { "method": "magic", "wording": 7, "source_url": "javascript:1", "form_id": "a b" },
    });

    let refused = editor.post(SUBSCRIBERS, subscriber).await.expect(422);

    assert_eq!(
        refused.faults(),
        [
            "#/email invalid_email",
            "#/name required",
            "#/status unknown_value",
            "#/topics/0 invalid_slug",
            "#/locale invalid_locale",
            "#/attributes wrong_type",
            "#/consent/asked_at required",
            "#/consent/method unknown_value",
            "#/consent/wording wrong_type",
            "#/consent/source_url invalid_url",
            "#/consent/form_id invalid_form_id",
        ]
    );
    let many: Vec<String> = (0..51).map(|number| format!("tag-{number}")).collect();
    let subscriber = json!({ "email": "robin@example.com", "topics": many });
    let refused = editor.post(SUBSCRIBERS, subscriber).await.expect(422);
    assert_eq!(refused.faults(), ["#/topics too_many"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_server_sets_is_an_unknown_member() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let path = path_of(&enter(&editor, json!({ "email": "robin@example.com" })).await);
    for member in [
        "id",
        "source",
        "version",
        "created_at",
        "updated_at",
        "confirmed_at",
        "unsubscribed_at",
    ] {
        let fault = format!("#/{member} unknown_member");
        let body = json!({ "email": "sam@example.com", member: null });
        let refused = editor.post(SUBSCRIBERS, body).await.expect(400);
        assert_eq!(refused.faults(), std::slice::from_ref(&fault));
        let refused = editor
            .patch(&path, json!({ member: null }))
            .await
            .expect(400);
        assert_eq!(refused.faults(), [fault]);
    }
    let consent = json!({ "email": "sam@example.com", "consent": { "vouched_by": "me" } });
    let refused = editor.post(SUBSCRIBERS, consent).await.expect(400);
    assert_eq!(refused.faults()[0], "#/consent/vouched_by unknown_member");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_topics_are_pointed_at_and_repeated_ones_count_once() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    make_tags(&editor, &["Science", "Arts"]).await;
    let topics = json!(["nowhere", "arts", "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d"]);
    let subscriber = json!({ "email": "robin@example.com", "topics": topics });
    let refused = editor.post(SUBSCRIBERS, subscriber).await.expect(422);
    assert_eq!(
        refused.faults(),
        ["#/topics/0 unknown_tag", "#/topics/2 unknown_tag"]
    );

    let first = json!({ "email": "robin@example.com", "topics": ["science"] });
    let created = enter(&editor, first).await;
    let science = created.body["topics"][0]["id"].clone();
    let topics = json!({ "topics": ["arts", science, "arts", "science"] });
    let changed = editor.patch(&path_of(&created), topics).await.expect(200);

    let slugs: Vec<&Value> = changed.body["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| &topic["slug"])
        .collect();
    assert_eq!(slugs, ["arts", "science"]);
    let path = path_of(&created);
    let cleared = editor.patch(&path, json!({ "topics": null })).await;
    assert_eq!(cleared.expect(200).body["topics"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tag_is_followed_by_nobody() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    make_tags(&editor, &["Science"]).await;
    let subscriber = json!({ "email": "robin@example.com", "topics": ["science"] });
    let created = enter(&editor, subscriber).await;
    let tag = created.body["topics"][0]["id"].as_str().unwrap();

    editor
        .delete(&format!("/editor/tags/{tag}"))
        .await
        .expect(204);

    let read = editor.get(&path_of(&created)).await.expect(200);
    assert_eq!(read.body["topics"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn spellings_of_one_address_are_one_subscriber() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let created = enter(&editor, json!({ "email": "robin@bücher.example" })).await;
    assert_eq!(created.text_of("email"), "robin@xn--bcher-kva.example");
    for spelling in [
        "ROBIN@BÜCHER.EXAMPLE",
        " robin@bücher.example ",
        "robin@bu\u{308}cher.example",
        "robin@xn--bcher-kva.example",
    ] {
        let refused = editor.post(SUBSCRIBERS, json!({ "email": spelling })).await;
        assert_eq!(
            refused.expect(409).text_of("code"),
            "email_taken",
            "{spelling}"
        );
    }
    let other = enter(&editor, json!({ "email": "sam@example.com" })).await;
    let taken = json!({ "email": "Robin@Bücher.example" });
    let refused = editor.patch(&path_of(&other), taken).await.expect(409);
    assert_eq!(refused.text_of("code"), "email_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_creations_in_a_race_for_one_address_one_wins() {
    let app = TestApp::start().await;
    let editor = app.editor().await;

    let racing = (0..8).map(|_| editor.post(SUBSCRIBERS, json!({ "email": "robin@example.com" })));
    let replies = futures::future::join_all(racing).await;

    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let lost = replies.iter().filter(|reply| reply.status == 409);
    assert!(
        lost.into_iter()
            .all(|reply| reply.text_of("code") == "email_taken")
    );
    assert_eq!(app.outbox().await, ["subscriber.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_changes_what_it_names_and_merges_objects() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let subscriber = json!({
        "email": "robin@example.com", "name": "Robin", "locale": "en",
        "attributes": { "a": { "b": 1, "c": 2 }, "d": 3 }, "consent": consent(),
    });
    let created = enter(&editor, subscriber).await;

    let patch = json!({
        "email": "Sam@Example.com", "locale": null, "attributes": { "a": { "b": null, "e": 4 } },
        "consent": { "wording": null, "source_url": "https://example.com/join" },
    });
    let changed = editor.patch(&path_of(&created), patch).await.expect(200);

    assert_ne!(changed.etag(), created.etag());
    assert_eq!(changed.text_of("email"), "sam@example.com");
    assert_eq!(
        (&changed.body["name"], &changed.body["locale"]),
        (&json!("Robin"), &Value::Null)
    );
    assert_eq!(
        changed.body["attributes"],
        json!({ "a": { "c": 2, "e": 4 }, "d": 3 })
    );
    assert_eq!(
        changed.body["consent"],
        json!({
            "asked_at": "2026-05-01T08:00:00Z", "method": "paper", "wording": null,
            "source_url": "https://example.com/join", "form_id": null,
        })
    );
    let path = path_of(&created);
    let nulls = json!({ "name": null, "attributes": null, "consent": null });
    let cleared = editor.patch(&path, nulls).await.expect(200);
    assert_eq!(cleared.body["attributes"], json!({}));
    assert!(cleared.body["name"].is_null() && cleared.body["consent"].is_null());
    for (patch, faults) in [
        (
            json!({ "email": null, "status": null }),
            vec!["#/email required", "#/status required"],
        ),
        (
            json!({ "consent": { "wording": "Yes" } }),
            vec!["#/consent/asked_at required", "#/consent/method required"],
        ),
    ] {
        assert_eq!(
            editor.patch(&path, patch).await.expect(422).faults(),
            faults
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_entity_tag_is_refused_and_the_current_one_told() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let old = enter(&editor, json!({ "email": "robin@example.com" })).await;
    let path = path_of(&old);
    let new = editor
        .patch(&path, json!({ "name": "Robin" }))
        .await
        .expect(200);

    let stale = editor.with("if-match", &old.etag());
    let refused = stale
        .patch(&path, json!({ "name": "Lost" }))
        .await
        .expect(412);

    assert_eq!(
        (refused.etag(), refused.text_of("etag")),
        (new.etag(), new.etag())
    );
    stale.delete(&path).await.expect(412);
    let current = editor.with("if-match", &new.etag());
    let kept = current
        .patch(&path, json!({ "topics": [] }))
        .await
        .expect(200);
    assert_ne!(kept.etag(), new.etag());
    let unchanged = editor.with("if-none-match", &kept.etag()).get(&path).await;
    assert!(unchanged.expect(304).text.is_empty());
    editor.with("if-match", "*").delete(&path).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_creation_gives_the_first_answer_again() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("idempotency-key", "first-try");
    let subscriber = json!({ "email": "robin@example.com" });
    let first = enter(&editor, subscriber.clone()).await;

    let again = enter(&editor, subscriber).await;

    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        (&again.text, again.header("location"), again.etag()),
        (&first.text, first.header("location"), first.etag())
    );
    let other = json!({ "email": "sam@example.com" });
    let refused = editor.post(SUBSCRIBERS, other).await.expect(422);
    assert_eq!(refused.faults(), ["Idempotency-Key idempotency_key_reused"]);
    assert_eq!(app.outbox().await, ["subscriber.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_editors_keep_subscribers() {
    let app = TestApp::start().await;
    let path = format!("{SUBSCRIBERS}/0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d");
    let broken = json!({ "colour": "red" });
    for (client, status) in [(app.anonymous(), 401), (app.author().await, 403)] {
        client.get(SUBSCRIBERS).await.expect(status);
        client
            .post(SUBSCRIBERS, broken.clone())
            .await
            .expect(status);
        client.get(&path).await.expect(status);
        client.patch(&path, broken.clone()).await.expect(status);
        client.delete(&path).await.expect(status);
    }
    let admin = app.admin().await;
    enter(&admin, json!({ "email": "robin@example.com" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found_and_a_bad_one_malformed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let path = format!("{SUBSCRIBERS}/0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d");
    editor.get(&path).await.expect(404);
    editor.patch(&path, json!({})).await.expect(404);
    editor.delete(&path).await.expect(404);
    let refused = editor.get(&format!("{SUBSCRIBERS}/7")).await.expect(400);
    assert_eq!(refused.faults(), ["id invalid_id"]);
}
