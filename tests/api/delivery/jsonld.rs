use serde_json::{Value, json};

use super::publish;
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn search_engines_are_told_in_the_words_of_schema_org() {
    let app = TestApp::start_with(&[("MASTHEAD_SITE_NAME", "The Example")]).await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for name in ["Gardening", "Weather"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    let seo = json!({ "description": "Told apart", "image": "https://example.com/frost.jpg" });
    publish(
        &editor,
        json!({ "title": "Frost", "body": { "source": "Cold night." }, "tags": ["gardening", "weather"], "seo": seo, "locale": "en-GB" }),
    )
    .await;

    let article = reader
        .get("/articles/frost?include=jsonld")
        .await
        .expect(200)
        .body;

    assert_eq!(
        article["jsonld"],
        json!({
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": "Frost",
            "description": "Told apart",
            "datePublished": article["published_at"],
            "dateModified": article["updated_at"],
            "author": [{ "@type": "Person", "name": "Robin Writer" }],
            "publisher": { "@type": "Organization", "name": "The Example", "url": "https://news.example.com" },
            "mainEntityOfPage": { "@type": "WebPage", "@id": "https://news.example.com/frost" },
            "url": "https://news.example.com/frost",
            "articleSection": "Gardening",
            "keywords": ["Gardening", "Weather"],
            "wordCount": 2,
            "inLanguage": "en-GB",
            "image": ["https://example.com/frost.jpg"],
        })
    );
    let usual = reader.get("/articles/frost").await.expect(200);
    assert!(usual.body.get("jsonld").is_none());
    let only = reader
        .get("/articles/frost?fields=jsonld")
        .await
        .expect(200);
    assert_eq!(only.body, json!({ "jsonld": article["jsonld"] }));
    let list = reader.get("/articles?include=jsonld").await.expect(200);
    assert_eq!(list.each("jsonld"), [article["jsonld"].clone()]);
    let faults = editor.get("/editor/articles?include=jsonld").await;
    assert_eq!(faults.expect(400).faults(), ["include unknown_value"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_left_out_and_a_page_is_no_news() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, json!({ "title": "Imprint", "kind": "page" })).await;

    let page = reader
        .get("/articles/imprint?fields=jsonld")
        .await
        .expect(200)
        .body;

    assert_eq!(page["jsonld"]["@type"], "Article");
    for absent in ["description", "articleSection", "image"] {
        assert!(page["jsonld"].get(absent).is_none(), "{absent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_title_can_end_the_script_that_it_is_pasted_into() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let title = "</script><!--<script>alert(1)</script> & \"quoted\" \\ \u{2028}";
    publish(
        &editor,
        json!({ "title": title, "slug": "hostile", "body": { "source": "Some *text*." }, "seo": { "description": title } }),
    )
    .await;

    for address in [
        "/articles/hostile?include=jsonld",
        "/articles/hostile?fields=jsonld",
        "/articles?include=jsonld",
        "/articles?fields=jsonld,title",
    ] {
        let reply = reader.get(address).await.expect(200);
        assert!(!reply.text.contains('<'), "{address}: {}", reply.text);
        let article: &Value = reply.body.pointer("/data/0").unwrap_or(&reply.body);
        assert_eq!(
            article["jsonld"]["headline"].as_str().unwrap().trim(),
            title.trim(),
            "{address}"
        );
    }
}
