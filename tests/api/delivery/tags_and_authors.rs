use serde_json::json;

use super::publish;
use crate::articles::create;
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_authors_tell_how_much_readers_find() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for name in ["Science", "Weather"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    assert!(
        reader
            .get("/authors")
            .await
            .expect(200)
            .each("slug")
            .is_empty()
    );
    reader.get("/authors/robin-writer").await.expect(404);
    create(&editor, json!({ "title": "Draft", "tags": ["science"] })).await;
    publish(&editor, json!({ "title": "A", "tags": ["weather"] })).await;

    let tags = reader.get("/tags?sort=-article_count").await.expect(200);

    assert_eq!(
        (tags.each("slug"), tags.each("article_count")),
        (
            vec![json!("weather"), json!("science")],
            vec![json!(1), json!(0)]
        )
    );
    assert_eq!(
        reader.get("/tags/weather").await.expect(200).body,
        tags.body["data"][0]
    );
    reader.get("/tags/nowhere").await.expect(404);
    let authors = reader.get("/authors").await.expect(200);
    assert_eq!(authors.each("article_count"), [1]);
    assert!(!authors.text.contains('@'));
    assert_eq!(
        reader.get("/authors/robin-writer").await.expect(200).body,
        authors.body["data"][0]
    );
}
