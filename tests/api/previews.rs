use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::articles::{create, path_of, step};
use crate::cache::publish;
use crate::harness::{Client, TestApp};

/// Makes a link, and somebody who holds it.
async fn holder(app: &TestApp, editor: &Client, link: Value) -> Client {
    let made = editor.post("/editor/preview-links", link).await.expect(201);
    app.anonymous()
        .with("masthead-preview", &made.text_of("token"))
}

async fn titles(reader: &Client, path: &str) -> Vec<Value> {
    reader.get(path).await.expect(200).each("title")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_can_be_seen_as_it_will_be_and_as_it_was() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    editor
        .post("/editor/tags", json!({ "name": "Garden" }))
        .await
        .expect(201);
    let begun = app.platform.clock.now();
    let now_out = publish(&editor, "First").await;
    let draft = json!({ "title": "Friday", "slug": "friday", "tags": ["garden"] });
    let later = create(&editor, draft).await;
    let friday: DateTime<Utc> = begun + TimeDelta::days(3);
    step(&editor, &later, "publish", json!({ "publish_at": friday }))
        .await
        .expect(200);
    app.platform.clock.advance(TimeDelta::minutes(5));
    let while_first: DateTime<Utc> = app.platform.clock.now();
    app.platform.clock.advance(TimeDelta::minutes(5));
    step(&editor, &now_out, "unpublish", json!({}))
        .await
        .expect(200);

    assert!(titles(&reader, "/articles").await.is_empty());
    let past = holder(&app, &editor, json!({ "as_of": while_first })).await;
    assert_eq!(titles(&past, "/articles").await, ["First"]);
    past.get("/articles/first").await.expect(200);
    past.get("/articles/friday").await.expect(404);
    let before = json!({ "as_of": begun - TimeDelta::days(1) });
    let before = holder(&app, &editor, before).await;
    assert!(titles(&before, "/articles").await.is_empty());
    let future = holder(&app, &editor, json!({ "as_of": friday })).await;
    assert_eq!(titles(&future, "/articles?tag=garden").await, ["Friday"]);
    let tag = future.get("/tags/garden").await.expect(200);
    assert_eq!(tag.body["article_count"], 1);
    assert_eq!(reader.get("/tags/garden").await.body["article_count"], 0);
    let shown = future.get("/articles/friday").await.expect(200);
    assert_eq!(shown.header("cache-control"), "private, no-store");
    assert_eq!(shown.header("x-robots-tag"), "noindex");
    // What the holder was shown is nobody else's.
    reader.get("/articles/friday").await.expect(404);
    assert!(titles(&reader, "/articles").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_sitemaps_and_exports_are_previewed_too() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let article = create(&editor, json!({ "title": "Friday" })).await;
    let friday = app.platform.clock.now() + TimeDelta::days(3);
    step(
        &editor,
        &article,
        "publish",
        json!({ "publish_at": friday }),
    )
    .await
    .expect(200);
    let site = holder(&app, &editor, json!({ "as_of": friday })).await;
    let one = json!({ "as_of": friday, "scope": "article", "article_id": article.body["id"] });
    let one = holder(&app, &editor, one).await;
    for path in ["/feed.xml", "/atom.xml", "/feed.json", "/news-sitemap.xml"] {
        let today = app.anonymous().get(&format!("@{path}")).await.expect(200);
        assert!(!today.text.contains("riday"), "{path}");
        let shown = site.get(&format!("@{path}")).await.expect(200);
        assert!(shown.text.contains("riday"), "{path}");
        assert_eq!(shown.header("cache-control"), "private, no-store", "{path}");
        one.get(&format!("@{path}")).await.expect(403);
    }
    let lines = site.get("/articles.ndjson").await.expect(200);
    assert!(lines.text.contains("Friday"));
    one.get("/articles.ndjson").await.expect(403);
    let today = app.anonymous().get("/articles.ndjson").await.expect(200);
    assert!(today.text.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_one_article_shows_that_alone() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let at = app.platform.clock.now() + TimeDelta::days(1);
    let mut made = Vec::new();
    for title in ["Mine", "Other"] {
        let draft = create(&editor, json!({ "title": title })).await;
        step(&editor, &draft, "publish", json!({ "publish_at": at }))
            .await
            .expect(200);
        made.push(draft);
    }
    let link = json!({ "as_of": at, "scope": "article", "article_id": made[0].text_of("id") });
    let holder = holder(&app, &editor, link).await;

    holder.get("/articles/mine").await.expect(200);
    holder.get("/articles/other").await.expect(403);
    holder.get("/articles").await.expect(403);
    holder.get("/authors").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_expired_revoked_or_made_up_is_worth_nothing() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let now = app.platform.clock.now();
    let made = editor
        .post(
            "/editor/preview-links",
            json!({ "as_of": now, "expires_at": now + TimeDelta::minutes(10) }),
        )
        .await
        .expect(201);
    let holder = app
        .anonymous()
        .with("masthead-preview", &made.text_of("token"));
    holder.get("/articles").await.expect(200);
    app.platform.clock.advance(TimeDelta::minutes(11));
    holder.get("/articles").await.expect(401);

    let made = editor
        .post("/editor/preview-links", json!({ "as_of": now }))
        .await
        .expect(201);
    let path = format!("/editor/preview-links/{}", made.text_of("id"));
    let holder = app
        .anonymous()
        .with("masthead-preview", &made.text_of("token"));
    holder.get("/articles").await.expect(200);
    editor.delete(&path).await.expect(204);
    holder.get("/articles").await.expect(401);
    editor.delete(&path).await.expect(404);
    let read = editor.get(&path).await.expect(200);
    assert!(read.body["revoked_at"].is_string() && read.body.get("token").is_none());
    for token in ["", "mhp_guess", "\u{e9}"] {
        let stranger = app.anonymous().with("masthead-preview", token);
        stranger.get("/articles").await.expect(401);
    }
    let listed = editor
        .get("/editor/preview-links?limit=1&sort=-created_at")
        .await
        .expect(200);
    assert_eq!(listed.each("id"), [json!(made.text_of("id"))]);
    assert!(listed.header("link").contains("rel=\"next\""));
    assert!(!listed.text.contains("mhp_"));
    assert_eq!(
        app.outbox().await,
        [
            "preview_link.created",
            "preview_link.created",
            "preview_link.revoked"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_link_is_pointed_at() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let now = app.platform.clock.now();
    let article = create(&editor, json!({ "title": "Mine" })).await;
    let id = article.text_of("id");
    assert!(path_of(&article).ends_with(&id));
    let post = async |body: Value| editor.post("/editor/preview-links", body).await;

    let late = now + TimeDelta::days(91);
    let faults = post(json!({ "as_of": now, "expires_at": late, "article_id": id })).await;
    assert_eq!(
        faults.expect(422).faults(),
        ["#/expires_at out_of_range", "#/article_id conflicting"]
    );
    let faults = post(json!({ "as_of": now, "scope": "article" })).await;
    assert_eq!(faults.expect(422).faults(), ["#/article_id required"]);
    post(json!({})).await.expect(422);
    post(json!({ "as_of": "99999-01-01T00:00:00Z" }))
        .await
        .expect(422);
    post(json!({ "as_of": now, "since": 1 })).await.expect(400);
    let unknown = "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d";
    let faults = post(json!({ "as_of": now, "scope": "article", "article_id": unknown })).await;
    assert_eq!(
        faults.expect(422).faults(),
        ["#/article_id unknown_article"]
    );
    editor
        .get(&format!("/editor/preview-links/{unknown}"))
        .await
        .expect(404);
    let author = app.author().await;
    author
        .post("/editor/preview-links", json!({ "as_of": now }))
        .await
        .expect(403);
    app.anonymous()
        .get("/editor/preview-links")
        .await
        .expect(401);
}
