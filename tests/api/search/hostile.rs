use std::time::{Duration, Instant};

use serde_json::json;

use super::{found, publish};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_searches_are_refused_or_find_nothing() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, json!({ "title": "Frost in May" })).await;
    for (query, faults) in [
        ("", vec!["q required"]),
        ("q=", vec!["q required"]),
        ("q=%20%20", vec!["q required"]),
        (&format!("q={}", "a".repeat(4000)), vec!["q too_long"]),
        (&format!("q={}", "%2a".repeat(201)), vec!["q too_long"]),
        ("q=a%00b", vec!["q invalid_text"]),
        ("q=%ff", vec!["q invalid_text"]),
        ("q=a&q=b", vec!["q repeated"]),
        ("q=a&cursor=x", vec!["cursor unknown_parameter"]),
        ("q=a&where[body]=x", vec!["where[body] unknown_parameter"]),
        (
            "q=a&page=0&limit=101",
            vec!["limit out_of_range", "page out_of_range"],
        ),
        ("q=a&page=11", vec!["page out_of_range"]),
        ("q=a&fields=body_html", vec!["fields unknown_value"]),
    ] {
        let refused = reader.get(&format!("/search?{query}")).await.expect(400);
        let mut told = refused.faults();
        told.retain(|fault| !fault.starts_with("q control_character"));
        assert_eq!(told, faults, "{query:.60}");
    }
    for query in [
        "%2a".repeat(200),
        "%26%7C%21%28%29%3C-%3E%3A%2A".to_owned(),
        "-frost".to_owned(),
        "frost+or+-may".to_owned(),
        "-".repeat(200),
        "-+".repeat(100),
        "%21-(-".repeat(40),
        "-%22".repeat(100),
        "%22".repeat(200),
        "or+or+or".to_owned(),
        "the".to_owned(),
        "%27+or+1%3D1+--".to_owned(),
        "%40tfrost+%40e9.0+%40none".to_owned(),
        "%F0%9F%8C%B1".to_owned(),
        "frost%5C%27%3A%2A".to_owned() + "+zzz",
    ] {
        let list = reader.get(&format!("/articles?q={query}")).await;
        assert_eq!(list.status, 200, "{query}: {}", list.text);
        let reply = reader.get(&format!("/search?q={query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        assert!(reply.each("title").is_empty(), "{query:.60}");
    }
    assert_eq!(found(&reader, "frost+%26+may").await, ["Frost in May"]);
    reader
        .get(&format!("/search/suggest?q={}", "a".repeat(201)))
        .await
        .expect(400);
    reader.get("/search/suggest").await.expect(400);
    for typed in ["%27", "%5C", "a%5C%27", "%3A%2A", "a+%26+%21b", "%00"] {
        let reply = reader.get(&format!("/search/suggest?q={typed}")).await;
        assert!(
            [200, 400].contains(&reply.status),
            "{typed}: {}",
            reply.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_common_words_costs_a_bounded_amount() {
    let app = TestApp::start().await;
    app.execute(&crate::plans::many_publications(20_000)).await;
    app.execute("analyze").await;
    let reader = app.anonymous();
    let words = (1..=40).map(|n| format!("common{n}"));
    for query in [
        "common".to_owned(),
        "common+story".to_owned(),
        // Words that all articles have, but never side by side.
        "%22story+common%22".to_owned(),
        "%22story+common%22+-%22common+story%22".to_owned(),
        words
            .collect::<Vec<_>>()
            .join("+or+")
            .chars()
            .take(190)
            .collect(),
        "common&tag=tag-1&published_before=2001-01-01T00:00:00Z".to_owned(),
    ] {
        let began = Instant::now();
        let reply = reader.get(&format!("/search?q={query}")).await.expect(200);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{query}: {took:?}");
        assert!(reply.body["pagination"]["total"].as_i64().unwrap() <= 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_too_many_different_words_is_found_by_its_beginning() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let letters: Vec<char> = ('а'..='я').collect();
    let word = |number: usize| -> String {
        (0..6)
            .map(|place| letters[(number >> (5 * place)) % 32])
            .chain([' '])
            .collect()
    };
    let text: String = (0..65_000).map(word).collect();
    publish(
        &editor,
        json!({ "title": "Words", "body": { "source": format!("Frost. {text}") } }),
    )
    .await;

    assert_eq!(found(&reader, "frost").await, ["Words"]);
}
