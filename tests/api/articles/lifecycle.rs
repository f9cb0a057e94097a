use serde_json::json;

use super::{create, path_of, step};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_article_from_draft_to_trash_and_back() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let article = create(&editor, json!({ "title": "A" })).await;
    let path = path_of(&article);

    assert_eq!(
        step(&editor, &article, "unpublish", json!({}))
            .await
            .expect(409)
            .text_of("code"),
        "not_published"
    );
    assert_eq!(
        step(&editor, &article, "submit", json!({}))
            .await
            .expect(200)
            .text_of("status"),
        "in_review"
    );
    assert_eq!(
        step(&editor, &article, "submit", json!({}))
            .await
            .expect(409)
            .text_of("code"),
        "already_in_review"
    );
    let published = step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    assert_eq!(published.text_of("status"), "published");
    assert_eq!(
        (
            &published.body["published_revision"],
            &published.body["has_unpublished_changes"]
        ),
        (&json!(1), &json!(false))
    );
    let edited = editor
        .with("if-match", &published.etag())
        .patch(&path, json!({ "title": "B" }))
        .await
        .expect(200);
    assert_eq!(
        (
            &edited.body["published_revision"],
            &edited.body["has_unpublished_changes"]
        ),
        (&json!(1), &json!(true))
    );
    let again = step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    assert_eq!(again.body["published_revision"], 2);
    assert_eq!(again.body["published_at"], published.body["published_at"]);
    assert_eq!(
        step(&editor, &article, "unpublish", json!({}))
            .await
            .expect(200)
            .text_of("status"),
        "unpublished"
    );
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    editor.delete(&path).await.expect(428);
    editor.with("if-match", "*").delete(&path).await.expect(204);
    editor.with("if-match", "*").delete(&path).await.expect(404);
    assert_eq!(
        step(&editor, &article, "publish", json!({}))
            .await
            .expect(409)
            .text_of("code"),
        "trashed"
    );
    assert!(editor.get("/editor/articles").await.each("id").is_empty());
    assert_eq!(
        editor.get("/editor/articles?trashed=true").await.each("id"),
        [article.body["id"].clone()]
    );
    assert_eq!(
        step(&editor, &article, "restore", json!({}))
            .await
            .expect(200)
            .text_of("status"),
        "unpublished"
    );
    assert_eq!(
        step(&editor, &article, "restore", json!({}))
            .await
            .expect(409)
            .text_of("code"),
        "not_trashed"
    );
    assert_eq!(
        app.outbox().await,
        [
            "article.created",
            "article.submitted",
            "article.published",
            "article.updated",
            "article.published",
            "article.unpublished",
            "article.published",
            "article.unpublished",
            "article.trashed",
            "article.restored",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_schedule_is_refused() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let article = create(&editor, json!({ "title": "A" })).await;
    for (schedule, fault) in [
        (
            json!({ "publish_at": "tomorrow" }),
            "#/publish_at invalid_time",
        ),
        (
            json!({ "publish_at": "99999-01-01T00:00:00Z" }),
            "#/publish_at invalid_time",
        ),
        (
            json!({ "publish_at": "2026-12-31T23:59:60Z" }),
            "#/publish_at invalid_time",
        ),
        (
            json!({ "unpublish_at": "2001-01-01T00:00:00Z" }),
            "#/unpublish_at out_of_range",
        ),
        (
            json!({ "publish_at": "2101-01-01T00:00:00Z", "unpublish_at": "2101-01-01T00:00:00Z" }),
            "#/unpublish_at out_of_range",
        ),
    ] {
        let refused = step(&editor, &article, "publish", schedule)
            .await
            .expect(422);
        assert_eq!(refused.faults(), [fault]);
    }
}
