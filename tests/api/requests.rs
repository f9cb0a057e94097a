//! What careless and hostile clients ask for: paths, queries, methods, other origins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_a_nul_names_nothing() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for path in [
        "/articles/%00",
        "/articles/a%00b",
        "/tags/%00",
        "/authors/a%00",
        "/editor/tags/%00",
        "/editor/articles/a%00b",
        "@/problems/%00",
        "@/docs/%00",
    ] {
        let missing = editor.get(path).await.expect(404);
        assert_eq!(missing.text_of("type"), "/problems/not-found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_would_do_elsewhere_makes_no_address() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    for path in ["@/docs/%C3%AA", "@/docs/*", "@/docs/a%20b"] {
        anonymous.get(path).await.expect(404);
        anonymous.send(Method::HEAD, path, None).await.expect(404);
        let refused = anonymous.send(Method::PUT, path, None).await.expect(405);
        assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS");
    }
    anonymous.get("@/docs/index.html").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_somebody_wrote_by_hand_is_broken() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Art", "Birds"] {
        editor.post("/editor/tags", json!({ "name": name })).await;
    }
    let forged = |cursor: &str, place: &str, value: Value| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
        let mut cursor: Value = serde_json::from_slice(&bytes).unwrap();
        cursor["values"][0][place] = value;
        URL_SAFE_NO_PAD.encode(cursor.to_string())
    };
    for (list, place, value) in [
        ("/tags?limit=1", "text", json!("a\0b")),
        ("/editor/tags?limit=1", "text", json!("\0")),
        (
            "/editor/tags?limit=1&sort=created_at",
            "time",
            json!("-200000-01-01T00:00:00Z"),
        ),
        (
            "/editor/tags?limit=1&sort=created_at",
            "time",
            json!("+200000-01-01T00:00:00Z"),
        ),
    ] {
        let page = editor.get(list).await.expect(200);
        let cursor = page.body["pagination"]["next_cursor"].as_str().unwrap();
        let forged = forged(cursor, place, value);
        let refused = editor.get(&format!("{list}&cursor={forged}")).await;
        assert_eq!(refused.expect(400).faults(), ["cursor broken_cursor"]);
        editor
            .get(&format!("{list}&cursor={cursor}"))
            .await
            .expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_sorted_by_a_key_one_way_only() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for query in [
        "sort=title&sort=-title",
        "sort=title,title",
        "sort=-title,updated_at,title",
    ] {
        for list in ["/articles", "/editor/articles"] {
            let refused = editor.get(&format!("{list}?{query}")).await.expect(400);
            assert_eq!(refused.faults(), ["sort conflicting"], "{list}?{query}");
        }
    }
    editor
        .get("/articles?sort=title&sort=-updated_at")
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins_are_told_what_they_may_do() {
    let app = TestApp::start().await;
    let script = app.anonymous().with("origin", "https://desk.example.com");
    let asked = script
        .with("access-control-request-method", "PATCH")
        .with("access-control-request-headers", "authorization,if-match");
    for path in ["/editor/tags", "/articles", "@/nowhere"] {
        let allowed = asked.send(Method::OPTIONS, path, None).await.expect(204);
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            (
                "access-control-allow-methods",
                "GET, HEAD, POST, PATCH, DELETE",
            ),
            ("access-control-allow-headers", "authorization,if-match"),
            ("access-control-max-age", "3600"),
        ] {
            assert_eq!(allowed.header(name), value, "{name}");
        }
    }
    let picky = script.with("accept", "text/html");
    for answer in [
        script.get("/articles").await.expect(200),
        script.get("/articles").await.expect(200),
        script.get("/editor/tags").await.expect(401),
        script.get("@/nowhere").await.expect(404),
        picky.get("/articles?limit=2").await.expect(406),
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.starts_with("etag, link, location"), "{exposed}");
    }
    let plain = app.anonymous().get("/articles").await;
    assert_eq!(plain.header("access-control-allow-origin"), "");
}
