use serde_json::json;

use crate::articles::path_of;
use crate::articles::step;
use crate::harness::TestApp;
use crate::search::{publish, tag};

#[tokio::test(flavor = "multi_thread")]
async fn rare_tags_say_more_than_common_ones_and_words_decide_between_equals() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for name in ["News", "Beekeeping"] {
        tag(&editor, name).await;
    }
    for (title, tags) in [
        ("Swarms in spring", json!(["news", "beekeeping"])),
        ("Bridge closed", json!(["news"])),
        ("Spring fair", json!(["news"])),
        ("Honey prices", json!(["beekeeping"])),
        ("A spring without tags", json!([])),
        ("Nothing in common", json!([])),
    ] {
        publish(&editor, json!({ "title": title, "tags": tags })).await;
    }
    publish(
        &editor,
        json!({ "title": "Le printemps", "locale": "fr", "tags": ["news"] }),
    )
    .await;

    let reply = reader
        .get("/articles/swarms-in-spring/related")
        .await
        .expect(200);

    assert_eq!(
        reply.each("title"),
        [
            "Honey prices",
            "Spring fair",
            "Bridge closed",
            "A spring without tags"
        ]
    );
    assert_eq!(reply.each("tags")[0][0]["slug"], "beekeeping");
    assert!(reply.body["data"][0].get("body_html").is_none());
    assert_eq!(reply.body["pagination"]["limit"], 5);
    let one = reader
        .get("/articles/swarms-in-spring/related?limit=1")
        .await
        .expect(200);
    assert_eq!(one.each("title"), ["Honey prices"]);
    let lonely = reader
        .get("/articles/nothing-in-common/related")
        .await
        .expect(200);
    assert!(lonely.each("title").is_empty());
    for query in ["limit=0", "limit=21", "limit=x", "page=1", "fields=id"] {
        let path = format!("/articles/swarms-in-spring/related?{query}");
        reader.get(&path).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn related_articles_are_found_by_id_and_old_slug_and_vanish_when_withdrawn() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    tag(&editor, "News").await;
    let first = publish(&editor, json!({ "title": "First", "tags": ["news"] })).await;
    let second = publish(&editor, json!({ "title": "Second", "tags": ["news"] })).await;
    let by_id = format!("/articles/{}/related", first.text_of("id"));
    assert_eq!(
        reader.get(&by_id).await.expect(200).each("title"),
        ["Second"]
    );

    editor
        .with("if-match", "*")
        .patch(&path_of(&first), json!({ "slug": "premier" }))
        .await
        .expect(200);
    step(&editor, &first, "publish", json!({}))
        .await
        .expect(200);
    let moved = reader
        .get("/articles/first/related?limit=3")
        .await
        .expect(301);
    assert!(
        moved
            .header("location")
            .ends_with("/api/v1/articles/premier/related?limit=3")
    );
    assert_eq!(
        reader
            .get("/articles/premier/related")
            .await
            .expect(200)
            .each("title"),
        ["Second"]
    );

    step(&editor, &second, "unpublish", json!({}))
        .await
        .expect(200);
    assert!(
        reader
            .get("/articles/premier/related")
            .await
            .expect(200)
            .each("title")
            .is_empty()
    );
    reader.get("/articles/second/related").await.expect(404);
    reader.get("/articles/never-was/related").await.expect(404);
}
