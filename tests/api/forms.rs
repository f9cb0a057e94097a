//! Forms: what editors write, and what pages get.

mod admission;
mod challenge;
mod counts;
mod values;
mod versions;

use serde_json::{Value, json};

use crate::harness::TestApp;

/// The least that makes a form.
fn least() -> Value {
    json!({ "key": "314", "name": "Slide-in", "display": "slide_in" })
}

/// The least, and these members.
fn form(members: Value) -> Value {
    let mut form = least();
    for (name, value) in members.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_a_key_a_name_and_a_display_and_has_good_defaults() {
    let app = TestApp::start().await;
    let editor = app.editor().await;

    let created = editor.post("/editor/forms", least()).await.expect(201);

    let location = created.header("location").to_owned();
    let read = editor
        .get(location.strip_prefix("/api/v1").unwrap())
        .await
        .expect(200);
    assert_eq!(read.body, created.body);
    assert_eq!(read.etag(), created.etag());
    assert_eq!(
        editor.get("/editor/forms/314").await.expect(200).body,
        created.body
    );
    let mut shown = created.body;
    shown.as_object_mut().unwrap().remove("copy");
    insta::assert_json_snapshot!(shown, {
        ".id" => "[id]", ".created_at" => "[time]", ".updated_at" => "[time]",
    }, @r##"
    {
      "id": "[id]",
      "key": "314",
      "name": "Slide-in",
      "display": "slide_in",
      "position": "bottom_right",
      "trigger": {
        "kind": "scroll",
        "percent": 60
      },
      "frequency": {
        "hours_after_shown": 0,
        "hours_after_dismissed": 336,
        "hide_once_subscribed": true,
        "most": null,
        "per_days": 30
      },
      "targeting": {
        "tags_any": [],
        "tags_none": [],
        "paths_any": [],
        "paths_none": [],
        "referrers_any": [],
        "utm": {
          "source": [],
          "medium": [],
          "campaign": []
        },
        "min_width": null,
        "max_width": null,
        "locales": [],
        "from": null,
        "until": null
      },
      "updated_at": "[time]",
      "default_locale": "en",
      "fields": [],
      "topics": [],
      "style": {
        "accent": "#0b6e4f",
        "background": null,
        "text": null,
        "font": "system",
        "radius": 12,
        "image": null,
        "scheme": "auto"
      },
      "success": {
        "kind": "message"
      },
      "welcome_mail": null,
      "double_opt_in": true,
      "active": true,
      "weight": 1,
      "variants": [],
      "wording_version": 1,
      "created_at": "[time]"
    }
    "##);
    assert_eq!(app.outbox().await, ["form.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_get_what_a_page_needs_and_nothing_that_is_for_editors() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201);
    let welcome = json!({ "en": { "subject": "Welcome", "text": "Good to have you." } });
    let written = form(json!({ "topics": ["gardening"], "welcome_mail": welcome }));
    let id = editor
        .post("/editor/forms", written)
        .await
        .expect(201)
        .text_of("id");

    let anonymous = app.anonymous();
    let read = anonymous
        .with("origin", "https://news.example.com")
        .get("/forms/314")
        .await
        .expect(200);

    assert_eq!(read.header("access-control-allow-origin"), "*");
    let tags = read.header("cache-tag");
    assert!(tags.starts_with(&format!("form:{id},tag:")), "{tags}");
    assert_eq!(read.body["topics"][0]["slug"], "gardening");
    assert_eq!(read.body["proof_of_work"], false);
    for hidden in ["name", "active", "welcome_mail", "created_at"] {
        assert!(read.body.get(hidden).is_none(), "{hidden} is shown");
    }
    let again = anonymous
        .with("if-none-match", &read.etag())
        .get("/forms/314")
        .await;
    assert_eq!(again.status, 304);
    let by_id = anonymous.get(&format!("/forms/{id}")).await.expect(200);
    assert_eq!(by_id.body, read.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_in_use_is_not_found_by_readers() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let anonymous = app.anonymous();
    anonymous.get("/forms/314").await.expect(200);

    editor
        .patch("/editor/forms/314", json!({ "active": false }))
        .await
        .expect(200);

    anonymous.get("/forms/314").await.expect(404);
    let unused = editor.get("/editor/forms?active=false").await.expect(200);
    assert_eq!(unused.each("key"), ["314"]);
    let used = editor.get("/editor/forms?active=true").await.expect(200);
    assert!(used.each("key").is_empty());
    for unknown in [
        "315",
        "not%20a%20key",
        "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
    ] {
        anonymous
            .get(&format!("/forms/{unknown}"))
            .await
            .expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_readers_at_once_and_is_told_to_no_mirror() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let token = app
        .anonymous()
        .get("/changes")
        .await
        .expect(200)
        .text_of("next_token");
    let before = app.anonymous().get("/forms/314").await.expect(200);

    editor
        .patch("/editor/forms/314", json!({ "display": "bar" }))
        .await
        .expect(200);

    let after = app.anonymous().get("/forms/314").await.expect(200);
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.body["position"], "bottom");
    let changes = app
        .anonymous()
        .get(&format!("/changes?since={token}"))
        .await
        .expect(200);
    assert_eq!(changes.body["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_key_is_a_conflict_whether_new_or_changed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let other = form(json!({ "key": "315" }));
    editor.post("/editor/forms", other).await.expect(201);

    let refused = editor.post("/editor/forms", least()).await.expect(409);
    assert_eq!(refused.text_of("code"), "key_taken");
    let refused = editor
        .patch("/editor/forms/315", json!({ "key": "314" }))
        .await
        .expect(409);
    assert_eq!(refused.text_of("code"), "key_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_creation_makes_one_form() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("idempotency-key", "once");
    let first = editor.post("/editor/forms", least()).await.expect(201);

    let again = editor.post("/editor/forms", least()).await.expect(201);

    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.text, first.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_entity_tag_is_refused_and_the_current_one_told() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let old = editor.post("/editor/forms", least()).await.expect(201);
    let new = editor
        .patch("/editor/forms/314", json!({ "name": "Another" }))
        .await
        .expect(200);

    let stale = editor.with("if-match", &old.etag());
    let refused = stale
        .patch("/editor/forms/314", json!({ "name": "Lost" }))
        .await
        .expect(412);
    assert_eq!(refused.etag(), new.etag());
    stale.delete("/editor/forms/314").await.expect(412);
    editor
        .with("if-match", &new.etag())
        .delete("/editor/forms/314")
        .await
        .expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_for_editors() {
    let app = TestApp::start().await;
    app.anonymous().get("/editor/forms").await.expect(401);
    let author = app.author().await;
    author.get("/editor/forms").await.expect(403);
    author.post("/editor/forms", least()).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_by_name_and_by_page() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (key, name) in [("c", "Bar"), ("a", "Modal"), ("b", "Footer")] {
        let form = json!({ "key": key, "name": name, "display": "inline" });
        editor.post("/editor/forms", form).await.expect(201);
    }
    let first = editor
        .get("/editor/forms?limit=2&count=true")
        .await
        .expect(200);
    assert_eq!(first.each("key"), ["c", "b"]);
    assert_eq!(first.body["pagination"]["total"], 3);
    let cursor = first.body["pagination"]["next_cursor"].as_str().unwrap();
    let rest = editor
        .get(&format!("/editor/forms?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest.each("key"), ["a"]);
    let sorted = editor.get("/editor/forms?sort=-key").await.expect(200);
    assert_eq!(sorted.each("key"), ["c", "b", "a"]);
    editor.get("/editor/forms?active=perhaps").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tag_leaves_the_form_and_a_deleted_form_leaves_the_tag() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let tag = editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201)
        .text_of("id");
    let written = form(json!({ "topics": ["gardening", tag] }));
    let made = editor.post("/editor/forms", written).await.expect(201);
    assert_eq!(made.body["topics"].as_array().unwrap().len(), 1);

    editor
        .delete(&format!("/editor/tags/{tag}"))
        .await
        .expect(204);

    let form = editor.get("/editor/forms/314").await.expect(200);
    assert_eq!(form.body["topics"], json!([]));
    editor.delete("/editor/forms/314").await.expect(204);
    editor.delete("/editor/forms/314").await.expect(404);
    app.anonymous().get("/forms/314").await.expect(404);
}
