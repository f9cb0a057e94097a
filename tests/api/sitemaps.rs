use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::json;

use crate::articles::{create, path_of, step};
use crate::delivery::publish;
use crate::harness::{Client, TestApp};

/// A sitemap's addresses, each with what else is said of it.
async fn entries(client: &Client, address: &str) -> Vec<(String, String)> {
    let reply = client.get(&format!("@{address}")).await.expect(200);
    assert_eq!(
        reply.header("content-type"),
        "application/xml; charset=utf-8"
    );
    let document = roxmltree::Document::parse(&reply.text).unwrap();
    let namespace = "http://www.sitemaps.org/schemas/sitemap/0.9";
    assert_eq!(
        document.root_element().tag_name().namespace(),
        Some(namespace)
    );
    let text = |node: roxmltree::Node<'_, '_>, name: &str| {
        let found = node
            .descendants()
            .find(|inner| inner.tag_name().name() == name);
        found
            .and_then(|inner| inner.text())
            .unwrap_or_default()
            .to_owned()
    };
    document
        .root_element()
        .children()
        .map(|entry| (text(entry, "loc"), text(entry, "lastmod")))
        .collect()
}

/// Publishes many articles behind the API's back, each at the date that SQL makes of its number `n`.
pub async fn publish_many(app: &TestApp, count: usize, date: &str) {
    app.execute(&format!(
        "with made as (select n, md5(n::text)::uuid as id, 'story-' || n as slug, {date} as at
            from generate_series(1, {count}) n),
        slugs as (insert into article_slugs (slug, article_id) select slug, id from made),
        written as (insert into articles (id, kind, slug, title, body_format, body_source, body_html, body_text, toc,
            word_count, reading_time_minutes, locale, featured, seo, custom, revision)
            select id, 'article', slug, 'Story', 'html', '', '', '', '[]', 0, 0, 'en', false, '{{}}', '{{}}', 1 from made),
        revised as (insert into article_revisions (article_id, number, version, snapshot) select id, 1, 1, '{{}}' from made)
        insert into publications (id, article_id, revision, kind, slug, title, body_html, body_text, toc, word_count,
            reading_time_minutes, locale, featured, seo, custom, published_at, updated_at, live_from)
        select id, id, 1, 'article', slug, 'Story', '', '', '[]', 0, 0, 'en', false, '{{}}', '{{}}', at, at, at from made"
    ))
    .await;
}

fn slugs(entries: &[(String, String)]) -> Vec<&str> {
    entries
        .iter()
        .map(|(address, _)| address.rsplit('/').next().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sitemap_lists_what_search_engines_may_know_of_month_by_month() {
    let app = TestApp::start_with(&[
        ("MASTHEAD_PUBLIC_URL", "https://api.example.com"),
        (
            "MASTHEAD_ARTICLE_URL",
            "https://news.example.com/{locale}/{slug}",
        ),
    ])
    .await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    assert!(entries(&reader, "/sitemap.xml").await.is_empty());
    reader.get("@/sitemaps/2025-12.xml").await.expect(404);
    create(&editor, json!({ "title": "Draft" })).await;
    let secret = json!({ "title": "Secret", "seo": { "noindex": true } });
    publish(&editor, secret).await;
    let gone = publish(&editor, json!({ "title": "Gone" })).await;
    step(&editor, &gone, "unpublish", json!({}))
        .await
        .expect(200);
    let later = create(&editor, json!({ "title": "Later" })).await;
    let at = app.platform.clock.now() + TimeDelta::days(40);
    step(&editor, &later, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);
    for (title, kind, locale, date) in [
        ("Storm", "article", "en", "2025-12-01T00:00:00Z"),
        ("Orage", "article", "fr", "2025-12-31T23:59:59.999999Z"),
        ("Imprint", "page", "en", "2026-01-01T00:00:00Z"),
    ] {
        let draft = create(
            &editor,
            json!({ "title": title, "kind": kind, "locale": locale }),
        )
        .await;
        step(&editor, &draft, "publish", json!({ "publish_at": date }))
            .await
            .expect(200);
    }

    let index = entries(&reader, "/sitemap.xml").await;

    let addresses: Vec<&str> = index.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(
        addresses,
        [
            "https://api.example.com/sitemaps/2025-12.xml",
            "https://api.example.com/sitemaps/2026-01.xml"
        ]
    );
    let december = entries(&reader, "/sitemaps/2025-12.xml").await;
    let addresses: Vec<&str> = december
        .iter()
        .map(|(address, _)| address.as_str())
        .collect();
    assert_eq!(
        addresses,
        [
            "https://news.example.com/en/storm",
            "https://news.example.com/fr/orage"
        ]
    );
    assert_eq!(
        slugs(&entries(&reader, "/sitemaps/2026-01.xml").await),
        ["imprint"]
    );
    // A part changed when the newest in it did.
    assert_eq!(index[0].1, december[1].1);
    let orage = reader
        .get("/articles/orage")
        .await
        .expect(200)
        .text_of("updated_at");
    assert_eq!(december[1].1[..19], orage[..19]);
    // What is scheduled comes by itself.
    app.platform.clock.advance(TimeDelta::days(41));
    let now = app.platform.clock.now();
    let at: DateTime<Utc> = at;
    let month = format!("/sitemaps/{}-{:02}.xml", at.year(), at.month());
    assert_eq!(entries(&reader, "/sitemap.xml").await.len(), 3, "{now}");
    assert_eq!(slugs(&entries(&reader, &month).await), ["later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_with_too_much_goes_on_in_further_parts_without_gap_or_double() {
    let app = TestApp::start().await;
    let reader = app.anonymous();
    // All at the same instant, the worst case, and some in the month after it.
    let date = "case when n % 1000 = 999 then timestamptz '2026-03-01 00:00Z' else '2026-02-14 12:00Z' end";
    publish_many(&app, 20_050, date).await;

    let index = entries(&reader, "/sitemap.xml").await;

    assert_eq!(index.len(), 4);
    let mut all = BTreeSet::new();
    for ((address, changed_at), size) in index.iter().zip([10_000, 10_000, 30, 20]) {
        let part = entries(&reader, address).await;
        assert_eq!(part.len(), size, "{address}");
        assert_eq!(part.iter().map(|(_, at)| at).max(), Some(changed_at));
        all.extend(part.into_iter().map(|(address, _)| address));
    }
    assert_eq!(all.len(), 20_050);
    assert!(index[0].0.ends_with("/2026-02.xml") && index[3].0.ends_with("/2026-03.xml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_what_two_days_saw_and_end_by_themselves() {
    let app = TestApp::start_with(&[("MASTHEAD_SITE_NAME", "The <Example> & Co")]).await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let now = app.platform.clock.now();
    publish(
        &editor,
        json!({ "title": "Secret", "seo": { "noindex": true } }),
    )
    .await;
    publish(&editor, json!({ "title": "Imprint", "kind": "page" })).await;
    for (title, locale, age) in [
        ("Old", "en", TimeDelta::hours(49)),
        (
            "Ageing",
            "pt-BR",
            TimeDelta::hours(48) - TimeDelta::seconds(40),
        ),
        ("Fresh & <b>bold</b>", "en", TimeDelta::hours(1)),
    ] {
        let draft = create(&editor, json!({ "title": title, "locale": locale })).await;
        step(
            &editor,
            &draft,
            "publish",
            json!({ "publish_at": now - age }),
        )
        .await
        .expect(200);
    }

    let reply = reader.get("@/news-sitemap.xml").await.expect(200);

    let document = roxmltree::Document::parse(&reply.text).unwrap();
    let news = "http://www.google.com/schemas/sitemap-news/0.9";
    let texts = |name: &str| -> Vec<String> {
        let named = document
            .descendants()
            .filter(|node| node.has_tag_name((news, name)));
        named
            .map(|node| node.text().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(texts("title"), ["Fresh & <b>bold</b>", "Ageing"]);
    assert_eq!(texts("language"), ["en", "pt"]);
    assert_eq!(texts("name"), ["The <Example> & Co", "The <Example> & Co"]);
    assert_eq!(texts("publication_date").len(), 2);
    // No cache may keep it past the moment at which the older one is no news any more.
    let shared = reply
        .header("cache-control")
        .split("s-maxage=")
        .nth(1)
        .unwrap();
    let shared: u64 = shared.split(',').next().unwrap().parse().unwrap();
    assert!(shared < 40, "{shared}");
    app.platform.clock.advance(TimeDelta::seconds(41));
    assert_eq!(
        slugs(&entries(&reader, "/news-sitemap.xml").await),
        ["fresh-and-b-bold-b"]
    );
    app.platform.clock.advance(TimeDelta::hours(48));
    assert!(entries(&reader, "/news-sitemap.xml").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_articles_are_news_and_no_more() {
    let app = TestApp::start().await;
    let reader = app.anonymous();
    publish_many(&app, 1200, "now() - interval '1 hour'").await;

    assert_eq!(entries(&reader, "/news-sitemap.xml").await.len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_part_is_named_is_not_found_and_parameters_are_refused() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, json!({ "title": "Frost" })).await;
    for part in [
        "1",
        "articles-1",
        "2026-13",
        "1999-01",
        "2026-11-0-0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
        "%27%20or%201=1",
        "2026-11%00",
    ] {
        let missing = reader
            .get(&format!("@/sitemaps/{part}.xml"))
            .await
            .expect(404);
        assert_eq!(missing.header("content-type"), "application/problem+json");
    }
    for address in ["/sitemap.xml", "/news-sitemap.xml", "/sitemaps/2026-11.xml"] {
        let refused = reader.get(&format!("@{address}?page=2")).await.expect(400);
        assert_eq!(refused.faults(), ["page unknown_parameter"]);
    }
    // Withdrawn, the month is empty, and no part of the sitemap any more.
    let index = entries(&reader, "/sitemap.xml").await;
    assert_eq!(index.len(), 1);
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    reader.get(&format!("@{}", index[0].0)).await.expect(404);
    assert!(entries(&reader, "/sitemap.xml").await.is_empty());
    editor
        .with("if-match", "*")
        .delete(&path_of(&article))
        .await
        .expect(204);
}
