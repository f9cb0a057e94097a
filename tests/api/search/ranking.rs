use serde_json::json;

use super::{found, publish, tag};
use crate::articles::{create, step};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn titles_count_more_than_excerpts_those_more_than_tags_and_those_more_than_texts() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    tag(&editor, "Frost").await;
    let filler = "Nothing to see. ".repeat(60);
    for article in [
        json!({ "title": "In the title: frost", "excerpt": "Short.", "body": { "source": filler } }),
        json!({ "title": "In the excerpt", "excerpt": "A frost.", "body": { "source": filler } }),
        json!({ "title": "In a tag", "excerpt": "Short.", "body": { "source": filler }, "tags": ["frost"] }),
        json!({ "title": "In the text", "excerpt": "Short.", "body": { "source": format!("{filler} Frost, frost, frost. {filler}") } }),
    ] {
        publish(&editor, article).await;
    }
    assert_eq!(
        found(&reader, "frost").await,
        [
            "In the title: frost",
            "In the excerpt",
            "In a tag",
            "In the text"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_say_the_same_the_newer_one_is_first() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for (title, at) in [
        ("Frost, new", "2026-01-01T00:00:00Z"),
        ("Frost, old", "2016-01-01T00:00:00Z"),
    ] {
        let draft = create(
            &editor,
            json!({ "title": title, "body": { "source": "Same." } }),
        )
        .await;
        step(&editor, &draft, "publish", json!({ "publish_at": at }))
            .await
            .expect(200);
    }
    publish(
        &editor,
        json!({ "title": "Other", "body": { "source": "A frost." } }),
    )
    .await;

    assert_eq!(
        found(&reader, "frost").await,
        ["Frost, new", "Frost, old", "Other"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_page_by_page() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for number in 1..=5 {
        publish(&editor, json!({ "title": format!("Frost {number}") })).await;
    }
    let mut titles = Vec::new();
    for page in 1..=3 {
        let path = format!("/search?q=frost&limit=2&page={page}");
        let reply = reader.get(&path).await.expect(200);
        assert_eq!(reply.body["pagination"]["pages"], 3);
        assert_eq!(reply.body["facets"]["authors"][0]["count"], 5);
        assert_eq!(
            reply.header("link").contains("rel=\"next\""),
            page < 3,
            "{}",
            reply.header("link")
        );
        titles.extend(reply.each("title"));
    }
    titles.sort_by_key(ToString::to_string);
    titles.dedup();
    assert_eq!(titles.len(), 5);
    let beyond = reader
        .get("/search?q=frost&limit=2&page=9")
        .await
        .expect(200);
    assert!(beyond.each("title").is_empty());
    assert_eq!(beyond.body["pagination"]["total"], 5);
    assert_eq!(beyond.body["facets"]["authors"][0]["count"], 5);
}
