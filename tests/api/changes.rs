mod clock;
mod order;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::articles::{create, path_of, step};
use crate::harness::{Client, Reply, TestApp};

/// Today's token.
pub async fn token(reader: &Client) -> String {
    let now = reader.get("/changes").await.expect(200);
    assert_eq!(
        (&now.body["data"], &now.body["more"]),
        (&json!([]), &json!(false))
    );
    now.text_of("next_token")
}

/// Everything since a token: action, kind and slug of each; and the token to go on from.
pub async fn since(reader: &Client, token: &str) -> (Vec<String>, String) {
    let (mut told, mut token) = (Vec::new(), token.to_owned());
    loop {
        let page = reader
            .get(&format!("/changes?since={token}"))
            .await
            .expect(200);
        told.extend(page.body["data"].as_array().unwrap().iter().map(line));
        token = page.text_of("next_token");
        if page.body["more"] == false {
            return (told, token);
        }
    }
}

/// One entry in one line.
pub fn line(entry: &Value) -> String {
    let text = |member: &str| entry[member].as_str().unwrap().to_owned();
    format!("{} {} {}", text("action"), text("kind"), text("slug"))
}

pub async fn publish(editor: &Client, title: &str) -> Reply {
    let draft = create(editor, json!({ "title": title })).await;
    step(editor, &draft, "publish", json!({})).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_told_what_they_can_notice_in_order_and_nothing_else() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Before").await;
    let start = token(&reader).await;

    let tag = editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201);
    create(&editor, json!({ "title": "Secret draft" })).await;
    let article = publish(&editor, "Frost").await;
    let rename = json!({ "slug": "late-frost" });
    let edit = editor.with("if-match", "*");
    edit.patch(&path_of(&article), rename).await.expect(200);
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    // The working copy has another slug than readers know.
    let rename = json!({ "slug": "secret-slug" });
    edit.patch(&path_of(&article), rename).await.expect(200);
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    edit.delete(&path_of(&article)).await.expect(204);
    let path = format!("/editor/tags/{}", tag.text_of("id"));
    editor
        .patch(&path, json!({ "name": "Gardens" }))
        .await
        .expect(200);
    editor.delete(&path).await.expect(204);

    let expected = [
        "published tag gardening",
        "published article frost",
        "updated article late-frost",
        "withdrawn article late-frost",
        "published article secret-slug",
        "withdrawn article secret-slug",
        "updated tag gardening",
        "withdrawn tag gardening",
    ];
    let (told, end) = since(&reader, &start).await;
    assert_eq!(told, expected);
    assert_eq!(since(&reader, &end).await, (vec![], end));

    let first = reader
        .get(&format!("/changes?limit=2&since={start}"))
        .await
        .expect(200);
    assert_eq!(first.body["more"], true);
    assert_eq!(
        (
            &first.body["data"][1]["id"],
            &first.body["data"][1]["cache_tags"]
        ),
        (
            &article.body["id"],
            &json!([
                format!("article:{}", article.text_of("id")),
                "articles",
                format!(
                    "author:{}",
                    article.body["authors"][0]["id"].as_str().unwrap()
                ),
                "authors",
                "tags"
            ])
        )
    );
    assert_eq!(
        since(&reader, &first.text_of("next_token")).await.0,
        expected[2..]
    );
    assert_eq!(first.header("cache-tag"), "articles,authors,tags");
    let again = reader.with("if-none-match", &first.etag());
    again
        .get(&format!("/changes?since={start}&limit=2"))
        .await
        .expect(304);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_of_an_author_reaches_readers_at_once_and_is_told_if_they_know_the_author() {
    let app = TestApp::start().await;
    let (editor, unknown, reader) = (app.editor().await, app.author().await, app.anonymous());
    publish(&editor, "Frost").await;
    let byline = async || {
        let article = reader.get("/articles/frost").await.expect(200);
        article.body["authors"][0]["name"].clone()
    };
    assert_eq!(byline().await, "Robin Writer");
    let start = token(&reader).await;

    for (client, name) in [(&editor, "Robin Author"), (&unknown, "Nobody Yet")] {
        client
            .patch("/auth/me", json!({ "name": name }))
            .await
            .expect(200);
    }

    assert_eq!(byline().await, "Robin Author");
    let (told, end) = since(&reader, &start).await;
    assert_eq!(told, ["updated author robin-writer"]);
    assert_ne!(start, end);
}

/// A token with other bytes in it.
fn forged(token: &str, forge: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    forge(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_this_feed_is_refused_by_name() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Frost").await;
    let token = token(&reader).await;
    let foreign = forged(&token, |bytes| bytes[0] ^= 1);

    for (query, fault) in [
        ("since=x", "since invalid_token"),
        ("since=", "since invalid_token"),
        ("since=%00", "since invalid_text"),
        (&format!("since={token}A"), "since invalid_token"),
        (
            &format!("since={}", "A".repeat(4000)),
            "since invalid_token",
        ),
        (&format!("since={foreign}"), "since foreign_token"),
        (&format!("since={token}&since={token}"), "since repeated"),
        ("limit=0", "limit out_of_range"),
        ("limit=101", "limit out_of_range"),
        ("limit=x", "limit out_of_range"),
        ("until=1", "until unknown_parameter"),
    ] {
        let refused = reader.get(&format!("/changes?{query}")).await.expect(400);
        assert!(
            refused.faults().contains(&fault.to_owned()),
            "{query}: {}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_go_on_is_told_to_start_over() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "First").await;
    let before = token(&reader).await;
    publish(&editor, "Second").await;
    let after = token(&reader).await;
    let gone = async |token: &str| {
        let gone = reader
            .get(&format!("/changes?since={token}"))
            .await
            .expect(410);
        assert_eq!(gone.text_of("type"), "/problems/gone");
        assert!(gone.text_of("detail").contains("/api/v1/articles.ndjson"));
    };

    // From the future: a backup came back.
    gone(&forged(&after, |bytes| bytes[15] += 100)).await;
    // Another history has come to the same position.
    gone(&forged(&after, |bytes| bytes[19] ^= 1)).await;

    // Just as old, but nothing came after it that is not kept.
    app.platform.clock.advance(TimeDelta::days(31));
    gone(&before).await;
    assert!(since(&reader, &after).await.0.is_empty());

    app.execute("delete from events").await;
    // Asked for anew, not answered from memory.
    gone(&format!("{after}&limit=99")).await;
}

#[tokio::test]
async fn a_change_names_the_answers_of_all_tags_that_count_the_article_or_did() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let mut tags = Vec::new();
    for name in ["Parent", "Before", "After"] {
        let tag = json!({ "name": name, "parent": tags.first() });
        let tag = editor.post("/editor/tags", tag).await.expect(201);
        tags.push(tag.text_of("id"));
    }
    let article = json!({ "title": "Frost", "tags": [tags[1]] });
    let article = create(&editor, article).await;
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    let edit = editor.with("if-match", "*");
    let retagged = json!({ "tags": [tags[2]] });
    edit.patch(&path_of(&article), retagged).await.expect(200);
    let start = reader.get("/changes").await.expect(200);
    step(&editor, &article, "publish", json!({}))
        .await
        .expect(200);
    editor
        .delete(&format!("/editor/tags/{}", tags[0]))
        .await
        .expect(204);

    let since = format!("/changes?since={}", start.text_of("next_token"));
    let told = reader.get(&since).await.expect(200).body;
    for (entry, tags) in [(0, [&tags[1], &tags[2]]), (1, [&tags[1], &tags[2]])] {
        let named = told["data"][entry]["cache_tags"].as_array().unwrap();
        for tag in tags {
            assert!(named.contains(&json!(format!("tag:{tag}"))), "{told}");
        }
    }
}
