mod jsonld;
mod tags_and_authors;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::articles::{create, path_of, step};
use crate::harness::{Client, Reply, TestApp};

/// Makes an article and publishes it.
pub async fn publish(editor: &Client, article: Value) -> Reply {
    let draft = create(editor, article).await;
    step(editor, &draft, "publish", json!({})).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_what_is_published_and_nothing_else() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    create(&editor, json!({ "title": "Secret draft" })).await;
    let article = publish(
        &editor,
        json!({ "title": "Frost", "body": { "source": "Cold *night*." } }),
    )
    .await;

    let read = reader.get("/articles/frost").await.expect(200);

    assert_eq!(read.body["body_html"], "<p>Cold <em>night</em>.</p>\n");
    assert_eq!(read.body["excerpt"], "Cold night.");
    assert_eq!(read.body["id"], article.body["id"]);
    assert!(read.body.get("status").is_none() && read.body.get("body").is_none());
    assert_eq!(
        reader
            .get(&format!("/articles/{}", article.text_of("id")))
            .await
            .expect(200)
            .body,
        read.body
    );
    assert_eq!(
        reader.get("/articles").await.expect(200).each("title"),
        ["Frost"]
    );
    reader.get("/articles/secret-draft").await.expect(404);
    // The token of an editor changes nothing.
    assert_eq!(
        editor.get("/articles").await.expect(200).each("title"),
        ["Frost"]
    );
    // Neither do changes of the working copy.
    editor
        .with("if-match", "*")
        .patch(
            &path_of(&article),
            json!({ "title": "Changed", "slug": "changed" }),
        )
        .await
        .expect(200);
    assert_eq!(
        reader.get("/articles").await.expect(200).each("title"),
        ["Frost"]
    );
    reader.get("/articles/changed").await.expect(404);
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    reader.get("/articles/frost").await.expect(404);
    assert!(
        reader
            .get("/articles")
            .await
            .expect(200)
            .each("title")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_story_is_live_at_its_second_and_ends_at_its_second() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let draft = create(&editor, json!({ "title": "Friday" })).await;
    let (from, until) = (
        app.platform.clock.now() + TimeDelta::hours(2),
        app.platform.clock.now() + TimeDelta::hours(3),
    );
    let scheduled = step(
        &editor,
        &draft,
        "publish",
        json!({ "publish_at": from, "unpublish_at": until }),
    )
    .await
    .expect(200);
    assert_eq!(scheduled.text_of("status"), "scheduled");
    assert_eq!(
        scheduled
            .text_of("publish_at")
            .parse::<DateTime<Utc>>()
            .unwrap()
            .timestamp(),
        from.timestamp()
    );
    assert_eq!(scheduled.body["published_at"], Value::Null);
    reader.get("/articles/friday").await.expect(404);
    let list = reader.get("/articles").await.expect(200);
    let control = list.header("cache-control").to_owned();

    app.platform.clock.advance(TimeDelta::minutes(121));

    let live = reader.get("/articles/friday").await.expect(200);
    assert_eq!(live.body["published_at"], scheduled.body["publish_at"]);
    // The token is older than two hours by now.
    let editor = app.editor().await;
    assert_eq!(
        editor
            .get(&path_of(&draft))
            .await
            .expect(200)
            .text_of("status"),
        "published"
    );
    app.platform.clock.advance(TimeDelta::minutes(58));
    let shared: u64 = reader
        .get("/articles/friday")
        .await
        .expect(200)
        .header("cache-control")
        .split("s-maxage=")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        shared <= 60 && control.contains("s-maxage=60"),
        "{shared} {control}"
    );
    app.platform.clock.advance(TimeDelta::minutes(2));
    reader.get("/articles/friday").await.expect(404);
    assert_eq!(
        app.editor()
            .await
            .get(&path_of(&draft))
            .await
            .expect(200)
            .text_of("status"),
        "unpublished"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_republication_to_come_leaves_what_is_there_until_then() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, json!({ "title": "First" })).await;
    editor
        .with("if-match", "*")
        .patch(&path_of(&article), json!({ "title": "Second" }))
        .await
        .expect(200);
    let from = app.platform.clock.now() + TimeDelta::hours(1);

    let again = step(&editor, &article, "publish", json!({ "publish_at": from }))
        .await
        .expect(200);

    assert_eq!(again.text_of("status"), "published");
    assert_eq!(
        (
            &again.body["published_revision"],
            &again.body["has_unpublished_changes"]
        ),
        (&json!(1), &json!(false))
    );
    assert_eq!(
        reader
            .get("/articles/first")
            .await
            .expect(200)
            .text_of("title"),
        "First"
    );
    app.platform.clock.advance(TimeDelta::minutes(61));
    let now = reader.get("/articles/first").await.expect(200);
    assert_eq!(now.text_of("title"), "Second");
    assert_eq!(now.body["published_at"], article.body["published_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_slug_leads_to_the_new_one_and_is_never_given_away() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, json!({ "title": "Old name" })).await;
    editor
        .with("if-match", "*")
        .patch(&path_of(&article), json!({ "slug": "new-name" }))
        .await
        .expect(200);
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);

    let moved = reader
        .get("/articles/old-name?fields=title")
        .await
        .expect(301);

    assert_eq!(
        moved.header("location"),
        "/api/v1/articles/new-name?fields=title"
    );
    reader.get("/articles/new-name").await.expect(200);
    assert_eq!(
        create(&editor, json!({ "title": "Old name" }))
            .await
            .text_of("slug"),
        "old-name-2"
    );
    editor
        .post(
            "/editor/articles",
            json!({ "title": "A", "slug": "old-name" }),
        )
        .await
        .expect(409);
    // A slug that readers never saw is free again.
    let draft = create(&editor, json!({ "title": "Never seen" })).await;
    editor
        .with("if-match", "*")
        .patch(&path_of(&draft), json!({ "slug": "other" }))
        .await
        .expect(200);
    assert_eq!(
        create(&editor, json!({ "title": "Never seen" }))
            .await
            .text_of("slug"),
        "never-seen"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_sorted_and_trimmed_for_readers() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for name in ["Science", "Weather", "Sport"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    publish(&editor, json!({ "title": "A storm", "tags": ["weather", "science"], "body": { "source": "Gardens were flooded." } })).await;
    publish(
        &editor,
        json!({ "title": "Un orage", "tags": ["weather"], "locale": "fr", "featured": true }),
    )
    .await;
    publish(&editor, json!({ "title": "Cup final", "tags": ["sport"] })).await;
    publish(&editor, json!({ "title": "Imprint", "kind": "page" })).await;

    for (query, titles) in [
        ("", vec!["Cup final", "Un orage", "A storm"]),
        ("?sort=title", vec!["A storm", "Cup final", "Un orage"]),
        ("?tag=weather", vec!["Un orage", "A storm"]),
        ("?tag=science,sport", vec!["Cup final", "A storm"]),
        ("?tag=science&tag=sport", vec!["Cup final", "A storm"]),
        ("?tag_all=science,weather", vec!["A storm"]),
        ("?tag_not=weather", vec!["Cup final"]),
        ("?tag=nowhere", vec![]),
        ("?author=robin-writer&limit=1", vec!["Cup final"]),
        ("?author=nobody", vec![]),
        ("?locale=fr", vec!["Un orage"]),
        ("?featured=true", vec!["Un orage"]),
        ("?q=flooding+garden", vec!["A storm"]),
        ("?q=storm+-garden", vec![]),
        ("?kind=page", vec!["Imprint"]),
        ("?kind=page,article&limit=1", vec!["Imprint"]),
        ("?published_after=2101-01-01T00:00:00Z", vec![]),
        ("?published_before=2001-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(
            reader
                .get(&format!("/articles{query}"))
                .await
                .expect(200)
                .each("title"),
            titles,
            "{query}"
        );
    }
    let trimmed = reader
        .get("/articles?fields=slug,tags.name&tag=sport")
        .await
        .expect(200);
    assert_eq!(
        trimmed.body["data"],
        json!([{ "slug": "cup-final", "tags": [{ "name": "Sport" }] }])
    );
    assert!(
        reader.get("/articles?limit=1").await.body["data"][0]
            .get("body_html")
            .is_none()
    );
    assert!(
        reader.get("/articles?limit=1&include=body").await.body["data"][0]["body_html"].is_string()
    );
    let faults = reader
        .get("/articles?tags=x&status=draft&where[a]=b")
        .await
        .expect(400)
        .faults();
    assert_eq!(
        faults,
        [
            "status unknown_parameter",
            "tags unknown_parameter",
            "where[a] unknown_parameter"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_walked_by_cursor_without_gap_or_double() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for number in 0..7 {
        publish(
            &editor,
            json!({ "title": format!("Story {number}"), "featured": number % 2 == 0 }),
        )
        .await;
    }
    for sort in [
        "-published_at",
        "title",
        "-title,published_at",
        "updated_at,-title",
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = reader
                .get(&format!("/articles?limit=3&sort={sort}{cursor}"))
                .await
                .expect(200);
            seen.extend(page.each("title"));
            match page.body["pagination"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let whole = reader
            .get(&format!("/articles?limit=100&sort={sort}"))
            .await
            .expect(200);
        assert_eq!(seen, whole.each("title"), "{sort}");
        assert_eq!(seen.len(), 7);
    }
    let counted = reader.get("/articles?limit=2&count=true").await.expect(200);
    assert_eq!(
        (
            &counted.body["pagination"]["total"],
            &counted.body["pagination"]["pages"]
        ),
        (&json!(7), &json!(4))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_cacheable_and_not_sent_twice() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let text = "Local gardeners expect frost. ".repeat(200);
    let article = publish(
        &editor,
        json!({ "title": "Frost", "tags": ["science"], "body": { "source": text } }),
    )
    .await;

    let first = reader.get("/articles/frost").await.expect(200);

    assert!(
        first
            .header("cache-control")
            .starts_with("public, max-age=0, s-maxage=60")
    );
    assert!(
        first
            .header("cache-tag")
            .contains(&format!("article:{}", article.text_of("id")))
    );
    assert!(first.header("cache-tag").contains(&format!(
        "tag:{}",
        article.body["tags"][0]["id"].as_str().unwrap()
    )));
    assert_eq!(first.header("vary"), "Accept-Encoding, Masthead-Preview");
    let unchanged = reader
        .with("if-none-match", &first.etag())
        .get("/articles/frost")
        .await
        .expect(304);
    assert_eq!(
        (unchanged.etag(), unchanged.text.as_str()),
        (first.etag(), "")
    );
    let head = reader
        .send(reqwest::Method::HEAD, "/articles/frost", None)
        .await
        .expect(200);
    assert_eq!(
        (head.etag(), head.header("content-length")),
        (first.etag(), first.text.len().to_string().as_str())
    );
    for (accepted, coding) in [
        ("br", "br"),
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("br;q=0", ""),
    ] {
        let packed = reader
            .with("accept-encoding", accepted)
            .get("/articles/frost")
            .await
            .expect(200);
        assert_eq!(packed.header("content-encoding"), coding);
        assert_eq!(packed.etag() == first.etag(), coding.is_empty());
    }
    editor
        .with("if-match", "*")
        .patch(&path_of(&article), json!({ "title": "Hard frost" }))
        .await
        .expect(200);
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    reader
        .with("if-none-match", &first.etag())
        .get("/articles/frost")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_article_in_the_trash_is_gone_for_readers() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, json!({ "title": "Frost" })).await;
    editor
        .with("if-match", "*")
        .delete(&path_of(&article))
        .await
        .expect(204);
    reader.get("/articles/frost").await.expect(404);
    step(&editor, &article, "restore", json!({}))
        .await
        .expect(200);
    reader.get("/articles/frost").await.expect(404);
}
