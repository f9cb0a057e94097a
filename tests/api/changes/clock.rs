//! What begins and ends by the clock is told when its instant has come, once, and not before.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;

use super::{publish, since, token};
use crate::articles::{create, path_of, step};
use crate::harness::{Client, TestApp};

/// Waits until something was told since a token.
async fn told_soon(reader: &Client, token: &str) -> (Vec<String>, String) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (told, next) = since(reader, token).await;
        if !told.is_empty() {
            return (told, next);
        }
        assert!(Instant::now() < deadline, "nothing was told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_told_by_one_instance_when_its_instant_has_come_and_not_before() {
    let app = TestApp::start().await;
    let other = app.beside();
    let (editor, reader) = (app.editor().await, app.anonymous());
    let start = token(&reader).await;
    let now = app.platform.clock.now();
    let schedule = json!({
        "publish_at": now + TimeDelta::hours(2),
        "unpublish_at": now + TimeDelta::hours(3),
    });
    let draft = create(&editor, json!({ "title": "Friday" })).await;
    step(&editor, &draft, "publish", schedule).await.expect(200);

    let page = reader
        .get(&format!("/changes?since={start}"))
        .await
        .expect(200);
    assert_eq!(page.body["data"], json!([]));
    assert_ne!(page.text_of("next_token"), start);
    assert!(!page.text.contains("friday") && !page.text.contains(&draft.text_of("id")));
    let stored = app.rows("select concat(action, kind, id, slug, cache_tags) from changes order by position desc limit 1");
    assert_eq!(stored.await, [""]);

    app.platform.clock.advance(TimeDelta::minutes(121));
    let (told, next) = told_soon(&reader, &start).await;
    assert_eq!(told, ["published article friday"]);
    reader.get("/articles/friday").await.expect(200);

    app.platform.clock.advance(TimeDelta::minutes(60));
    assert_eq!(
        told_soon(&reader, &next).await.0,
        ["withdrawn article friday"]
    );
    reader.get("/articles/friday").await.expect(404);
    let all = ["published article friday", "withdrawn article friday"];
    assert_eq!(since(&other.anonymous(), &start).await.0, all);
    assert_eq!(
        app.outbox().await,
        [
            "article.created",
            "article.scheduled",
            "article.went_live",
            "article.ended"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_cancelled_is_never_told() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let start = token(&reader).await;
    let at = app.platform.clock.now() + TimeDelta::hours(2);
    let draft = create(&editor, json!({ "title": "Friday" })).await;
    let schedule = json!({ "publish_at": at });
    step(&editor, &draft, "publish", schedule).await.expect(200);
    step(&editor, &draft, "unpublish", json!({}))
        .await
        .expect(200);

    app.platform.clock.advance(TimeDelta::hours(3));
    publish(&app.editor().await, "Saturday").await;

    assert_eq!(
        since(&reader, &start).await.0,
        ["published article saturday"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_republication_to_come_is_one_update_under_its_new_slug() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, "First").await;
    let start = token(&reader).await;
    let edit = json!({ "title": "Second", "slug": "second" });
    editor
        .with("if-match", "*")
        .patch(&path_of(&article), edit)
        .await
        .expect(200);
    // Put off once: what is there stays until the later instant.
    for hours in [1, 2] {
        let at = app.platform.clock.now() + TimeDelta::hours(hours);
        let schedule = json!({ "publish_at": at });
        step(&editor, &article, "publish", schedule)
            .await
            .expect(200);
    }

    app.platform.clock.advance(TimeDelta::minutes(90));
    reader.get("/articles/first").await.expect(200);
    assert!(since(&reader, &start).await.0.is_empty());
    app.platform.clock.advance(TimeDelta::minutes(31));

    let (told, next) = told_soon(&reader, &start).await;
    assert_eq!(told, ["updated article second"]);
    reader.get("/articles/second").await.expect(200);
    let editor = app.editor().await;
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    assert_eq!(since(&reader, &next).await.0, ["withdrawn article second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_while_nobody_was_there_to_tell_is_told_before_what_follows() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let until = json!({ "unpublish_at": app.platform.clock.now() + TimeDelta::hours(1) });
    let draft = create(&editor, json!({ "title": "Friday" })).await;
    step(&editor, &draft, "publish", until).await.expect(200);
    let start = token(&reader).await;
    // Whoever works on an article keeps the worker off it.
    let mut busy = app.platform.db.connect_alone().await.unwrap();
    execute(&mut busy, "begin").await;
    execute(&mut busy, "select from articles for update").await;
    app.platform.clock.advance(TimeDelta::hours(2));
    let editor = app.editor().await;
    let publishing = step(&editor, &draft, "publish", json!({}));
    let waiting = async {
        while app
            .rows("select pid from pg_locks where not granted")
            .await
            .is_empty()
        {}
        execute(&mut busy, "rollback").await;
    };

    let (published, ()) = tokio::join!(publishing, waiting);

    published.expect(200);
    assert_eq!(
        since(&reader, &start).await.0,
        ["withdrawn article friday", "published article friday"]
    );
}

async fn execute(conn: &mut diesel_async::AsyncPgConnection, sql: &str) {
    use diesel_async::RunQueryDsl;
    diesel::sql_query(sql).execute(conn).await.unwrap();
}
