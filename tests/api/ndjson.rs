use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::articles::{create, step};
use crate::changes::{publish, since};
use crate::harness::{Client, TestApp};

/// Lines by slug.
fn by_slug(text: &str) -> BTreeMap<String, Value> {
    assert!(text.is_empty() || text.ends_with('\n'));
    let articles = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    articles
        .map(|article| (article["slug"].as_str().unwrap().to_owned(), article))
        .collect()
}

/// Articles with so much text that no buffer on the way holds an export of them.
async fn publish_heavy(app: &TestApp, editor: &Client) {
    for number in 1..=12 {
        publish(editor, &format!("Heavy {number}")).await;
    }
    app.execute("update publications set body_html = repeat('x', 4000000)")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_published_is_there_as_it_is_delivered() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    assert_eq!(reader.get("/articles.ndjson").await.expect(200).text, "");
    editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201);
    for number in 0..300 {
        let article = json!({
            "title": format!("Story {number}"),
            "kind": if number % 100 == 0 { "page" } else { "article" },
            "tags": ["gardening"],
            "body": { "source": "Line\n\n\u{2028}*two*" },
        });
        let draft = create(&editor, article).await;
        step(&editor, &draft, "publish", json!({}))
            .await
            .expect(200);
    }
    create(&editor, json!({ "title": "Secret draft" })).await;
    let scheduled = create(&editor, json!({ "title": "Friday" })).await;
    let at = app.platform.clock.now() + TimeDelta::hours(2);
    step(&editor, &scheduled, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);
    let gone = publish(&editor, "Withdrawn").await;
    step(&editor, &gone, "unpublish", json!({}))
        .await
        .expect(200);

    let client = reader.with("accept", "application/x-ndjson");
    let export = client.get("/articles.ndjson").await.expect(200);

    assert_eq!(export.header("content-type"), "application/x-ndjson");
    assert_eq!(export.header("cache-control"), "no-store");
    let articles = by_slug(&export.text);
    assert_eq!((articles.len(), export.text.lines().count()), (300, 300));
    for slug in ["story-0", "story-17", "story-299"] {
        let delivered = reader.get(&format!("/articles/{slug}")).await.expect(200);
        assert_eq!(articles[slug], delivered.body);
        assert!(export.text.contains(&delivered.text));
    }
    publish(&editor, "Afterwards").await;
    let token = export.header("x-change-token");
    assert_eq!(
        since(&reader, token).await.0,
        ["published article afterwards"]
    );

    app.platform.clock.advance(TimeDelta::minutes(121));
    let later = reader.get("/articles.ndjson").await.expect(200);
    assert!(by_slug(&later.text).contains_key("friday"));
    for (query, count) in [("kind=page", 3), ("kind=article,page", 302)] {
        let some = reader
            .get(&format!("/articles.ndjson?{query}"))
            .await
            .expect(200);
        assert_eq!(by_slug(&some.text).len(), count, "{query}");
    }
    for (query, fault) in [
        ("kind=x", "kind unknown_value"),
        ("kind=", "kind required"),
        ("limit=1", "limit unknown_parameter"),
    ] {
        let refused = reader.get(&format!("/articles.ndjson?{query}")).await;
        assert_eq!(refused.expect(400).faults(), [fault]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_starts_cold_while_others_write_misses_nothing() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let writers = (0..8).map(|writer| {
        let editor = editor.clone();
        tokio::spawn(async move {
            for number in 0..6 {
                let article = publish(&editor, &format!("Story {writer} {number}")).await;
                if number % 2 == 0 {
                    step(&editor, &article, "unpublish", json!({}))
                        .await
                        .expect(200);
                }
            }
        })
    });
    let writing = writers.collect::<Vec<_>>();
    let mut mirrors = Vec::new();
    while mirrors.len() < 5 {
        mirrors.push(reader.get("/articles.ndjson").await.expect(200));
    }
    for writer in writing {
        writer.await.unwrap();
    }

    let end = reader.get("/articles.ndjson").await.expect(200);
    let expected: Vec<String> = by_slug(&end.text).into_keys().collect();
    assert_eq!(expected.len(), 24);
    for mirror in mirrors {
        let mut slugs = by_slug(&mirror.text);
        for change in since(&reader, mirror.header("x-change-token")).await.0 {
            match change.split(' ').collect::<Vec<_>>()[..] {
                ["withdrawn", _, slug] => drop(slugs.remove(slug)),
                [_, _, slug] => drop(slugs.insert(slug.to_owned(), Value::Null)),
                _ => unreachable!(),
            }
        }
        assert_eq!(slugs.into_keys().collect::<Vec<_>>(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_shows_one_snapshot_however_slowly_it_is_read() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish_heavy(&app, &editor).await;

    let slow = reader.open("/articles.ndjson").await;
    let token = slow.headers()["x-change-token"]
        .to_str()
        .unwrap()
        .to_owned();
    publish(&editor, "Afterwards").await;
    app.execute("update publications set title = 'Changed'")
        .await;
    let text = slow.text().await.unwrap();

    let articles = by_slug(&text);
    assert_eq!(articles.len(), 12);
    assert_eq!(articles["heavy-12"]["title"], "Heavy 12");
    assert_eq!(
        since(&reader, &token).await.0,
        ["published article afterwards"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_midway_does_not_look_whole() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish_heavy(&app, &editor).await;
    let mut export = reader.open("/articles.ndjson").await;
    export.chunk().await.unwrap().unwrap();

    app.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'active' and query like '%body_html%' and pid <> pg_backend_pid()",
    )
    .await;

    let outcome = loop {
        match export.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        }
    };
    assert!(outcome.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exports_at_once_are_made_and_the_third_is_told_to_wait() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish_heavy(&app, &editor).await;
    for _ in 0..2 {
        let head = reader.send(reqwest::Method::HEAD, "/articles.ndjson", None);
        assert!(!head.await.expect(200).header("x-change-token").is_empty());
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    let open = async || loop {
        let export = reader.open("/articles.ndjson").await;
        if export.status() == 200 {
            return export;
        }
        assert!(Instant::now() < deadline, "no place was given back");
    };
    let (first, second) = (open().await, open().await);

    let refused = reader.get("/articles.ndjson").await.expect(503);

    assert_eq!(refused.text_of("type"), "/problems/busy");
    assert!(!refused.header("retry-after").is_empty());
    drop((first, second));
    open().await;
}
