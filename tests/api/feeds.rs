mod reading;

use chrono::{DateTime, TimeDelta, Utc};
use reading::parsed;
use serde_json::json;

use crate::articles::{create, path_of, step};
use crate::delivery::publish;
use crate::harness::{Client, Reply, TestApp};
use crate::sitemaps::publish_many;

const FORMATS: [&str; 3] = ["feed.xml", "atom.xml", "feed.json"];

fn titles(reply: &Reply) -> Vec<String> {
    parsed(reply)
        .entries
        .into_iter()
        .map(|entry| entry.title)
        .collect()
}

/// A server with an editor, whose name is Robin Writer, and the tags Gardening and Weather.
async fn newsroom(settings: &[(&str, &str)]) -> (TestApp, Client) {
    let app = TestApp::start_with(settings).await;
    let editor = app.editor().await;
    for name in ["Gardening", "Weather"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    (app, editor)
}

fn http_date(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc2822(text).unwrap().to_utc()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_tells_the_same_of_an_article() {
    let (app, editor) = newsroom(&[("MASTHEAD_PUBLIC_URL", "https://api.example.com")]).await;
    let reader = app.anonymous();
    let published = publish(
        &editor,
        json!({ "title": "Frost", "excerpt": "Cold & <clear>", "body": { "source": "Cold *night*." }, "tags": ["gardening", "weather"], "locale": "en-GB" }),
    )
    .await;
    let article = reader.get("/articles/frost").await.expect(200).body;

    for (file, media_type) in FORMATS.iter().zip(["rss", "atom", "feed"]) {
        let reply = reader.get(&format!("@/{file}")).await.expect(200);

        assert!(
            reply
                .header("content-type")
                .starts_with(&format!("application/{media_type}+"))
        );
        let feed = parsed(&reply);
        assert_eq!(feed.title, "Masthead", "{file}");
        assert_eq!(feed.own_address, format!("https://api.example.com/{file}"));
        let [entry] = feed.entries.as_slice() else {
            panic!("{}", reply.text)
        };
        assert_eq!(entry.title, "Frost");
        assert_eq!(entry.id, format!("urn:uuid:{}", published.text_of("id")));
        assert_eq!(entry.address, "https://news.example.com/frost");
        assert_eq!(entry.authors, ["Robin Writer"]);
        assert_eq!(entry.categories, ["Gardening", "Weather"]);
        assert_eq!(entry.language, "en-GB");
        let body = entry.body_html.as_deref();
        assert_eq!(body, Some("<p>Cold <em>night</em>.</p>\n"));
        let summary = entry.summary.as_deref();
        let is_html = *file == "feed.xml";
        let expected = if is_html {
            "Cold &amp; &lt;clear&gt;"
        } else {
            "Cold & <clear>"
        };
        assert_eq!(summary, Some(expected));
        let date: DateTime<Utc> = article["published_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(entry.published.timestamp(), date.timestamp(), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_show_what_readers_see_newest_first_for_the_site_a_tag_and_an_author() {
    let (app, editor) = newsroom(&[]).await;
    let reader = app.anonymous();
    create(&editor, json!({ "title": "Draft", "tags": ["weather"] })).await;
    publish(
        &editor,
        json!({ "title": "Imprint", "kind": "page", "tags": ["weather"] }),
    )
    .await;
    publish(&editor, json!({ "title": "Storm", "tags": ["weather"] })).await;
    let beds = publish(&editor, json!({ "title": "Beds", "tags": ["gardening"] })).await;
    let later = create(&editor, json!({ "title": "Friday", "tags": ["weather"] })).await;
    let at = app.platform.clock.now() + TimeDelta::hours(2);
    step(&editor, &later, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);

    for file in FORMATS {
        for (folder, expected) in [
            ("", vec!["Beds", "Storm"]),
            ("/tags/weather", vec!["Storm"]),
            ("/authors/robin-writer", vec!["Beds", "Storm"]),
        ] {
            let reply = reader.get(&format!("@{folder}/{file}")).await.expect(200);
            assert_eq!(titles(&reply), expected, "{folder}/{file}");
            let control = reply.header("cache-control");
            assert!(control.starts_with("public, max-age=0, s-maxage="));
        }
    }
    let weather = reader.get("@/tags/weather/feed.xml").await.expect(200);
    assert_eq!(parsed(&weather).title, "Weather – Masthead");
    // What is scheduled comes at its second, and what is withdrawn goes at once.
    app.platform.clock.advance(TimeDelta::minutes(121));
    assert_eq!(
        titles(&reader.get("@/tags/weather/feed.xml").await),
        ["Friday", "Storm"]
    );
    step(&app.editor().await, &beds, "unpublish", json!({}))
        .await
        .expect(200);
    assert_eq!(titles(&reader.get("@/atom.xml").await), ["Friday", "Storm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rare_tag_is_found_behind_thousands_of_articles_and_a_common_one_among_the_newest() {
    let (app, _) = newsroom(&[("MASTHEAD_FEED_ITEMS", "3")]).await;
    let reader = app.anonymous();
    publish_many(&app, 2500, "now() - n * interval '1 minute'").await;
    for (links, of, slugs) in [
        ("tag", "weather", "'story-10', 'story-2300', 'story-2400'"),
        (
            "tag",
            "gardening",
            "'story-2', 'story-4', 'story-6', 'story-8', 'story-2500'",
        ),
        (
            "author",
            "robin-writer",
            "'story-2200', 'story-2201', 'story-2100', 'story-2499'",
        ),
    ] {
        app.execute(&format!(
            "insert into publication_{links}s (publication_id, {links}_id, position, published_at)
             select publications.id, {links}s.id, 0, published_at from publications, {links}s
             where {links}s.slug = '{of}' and publications.slug in ({slugs})"
        ))
        .await;
    }
    app.execute("update publications set title = slug").await;

    for (folder, expected) in [
        ("", ["story-1", "story-2", "story-3"]),
        ("/tags/weather", ["story-10", "story-2300", "story-2400"]),
        ("/tags/gardening", ["story-2", "story-4", "story-6"]),
        (
            "/authors/robin-writer",
            ["story-2100", "story-2200", "story-2201"],
        ),
    ] {
        let reply = reader.get(&format!("@{folder}/feed.xml")).await.expect(200);
        assert_eq!(titles(&reply), expected, "{folder}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found_and_parameters_are_refused() {
    let (app, editor) = newsroom(&[]).await;
    let reader = app.anonymous();
    for file in FORMATS {
        for address in [
            "/tags/nowhere",
            "/tags/No%20Tag",
            "/tags/%F0%9F%8C%BB",
            "/authors/nobody",
        ] {
            let missing = reader.get(&format!("@{address}/{file}")).await.expect(404);
            assert_eq!(missing.header("content-type"), "application/problem+json");
            assert_eq!(missing.text_of("type"), "/problems/not-found");
        }
        // Somebody who has published nothing is nobody to readers; a tag may be empty.
        reader
            .get(&format!("@/authors/robin-writer/{file}"))
            .await
            .expect(404);
        let empty = reader.get(&format!("@/tags/weather/{file}")).await;
        assert!(titles(&empty.expect(200)).is_empty());
        assert!(titles(&reader.get(&format!("@/{file}")).await.expect(200)).is_empty());
        let refused = reader.get(&format!("@/{file}?limit=5&q=x")).await;
        assert_eq!(
            refused.expect(400).faults(),
            ["limit unknown_parameter", "q unknown_parameter"]
        );
    }
    let tag = reader.get("/tags/weather").await.expect(200);
    reader
        .get(&format!("@/tags/{}/feed.xml", tag.text_of("id")))
        .await
        .expect(200);
    editor
        .patch(
            &format!("/editor/tags/{}", tag.text_of("id")),
            json!({ "slug": "climate" }),
        )
        .await
        .expect(200);
    reader.get("@/tags/weather/feed.xml").await.expect(404);
    reader.get("@/tags/climate/feed.xml").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_feeds_are_not_sent_again_and_changed_ones_are() {
    let (app, editor) = newsroom(&[]).await;
    let reader = app.anonymous();
    let storm = publish(&editor, json!({ "title": "Storm", "tags": ["weather"] })).await;
    app.execute("update publications set updated_at = '2026-01-02T03:04:05.6Z'")
        .await;
    app.execute("alter table authors disable trigger user")
        .await;
    app.execute("update authors set updated_at = '2026-01-02T03:04:05.7Z'")
        .await;
    app.execute("alter table tags disable trigger user").await;
    app.execute("update tags set updated_at = '2026-01-02T03:04:04Z'")
        .await;

    for file in FORMATS {
        for folder in ["", "/tags/weather", "/authors/robin-writer"] {
            let address = format!("@{folder}/{file}");
            let first = reader.get(&address).await.expect(200);
            let modified = first.header("last-modified").to_owned();
            assert_eq!(modified, "Fri, 02 Jan 2026 03:04:05 GMT", "{address}");
            for (name, value) in [
                ("if-none-match", first.etag()),
                ("if-none-match", format!("\"other\", W/{}", first.etag())),
                ("if-modified-since", modified.clone()),
                (
                    "if-modified-since",
                    "Sat, 03 Jan 2026 00:00:00 GMT".to_owned(),
                ),
            ] {
                let unchanged = reader.with(name, &value).get(&address).await.expect(304);
                assert_eq!(unchanged.etag(), first.etag());
                assert_eq!(unchanged.header("last-modified"), modified);
                assert!(unchanged.text.is_empty());
            }
            for (name, value) in [
                ("if-none-match", "\"other\""),
                ("if-modified-since", "Fri, 02 Jan 2026 03:04:04 GMT"),
                ("if-modified-since", "yesterday"),
            ] {
                reader.with(name, value).get(&address).await.expect(200);
            }
        }
    }
    // A story less is a change too, although nothing that is still shown has changed.
    let before = reader.get("@/feed.xml").await;
    publish(&editor, json!({ "title": "Beds" })).await;
    let with_both = reader.get("@/feed.xml").await.expect(200);
    step(&editor, &storm, "unpublish", json!({}))
        .await
        .expect(200);
    let with_one = reader
        .with("if-none-match", &with_both.etag())
        .get("@/feed.xml")
        .await
        .expect(200);
    assert_eq!(titles(&with_one), ["Beds"]);
    assert!(
        http_date(with_one.header("last-modified")) >= http_date(with_both.header("last-modified"))
            && http_date(with_both.header("last-modified"))
                > http_date(before.header("last-modified"))
    );
    let ended = app.rows("select max(live_until) from publications").await;
    let ended: DateTime<Utc> = ended[0].parse().unwrap();
    assert_eq!(
        http_date(with_one.header("last-modified")).timestamp(),
        ended.timestamp()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_how_many_articles_and_how_much_of_them() {
    let (app, editor) = newsroom(&[
        ("MASTHEAD_FEED_ITEMS", "2"),
        ("MASTHEAD_FEED_CONTENT", "excerpt"),
    ])
    .await;
    let reader = app.anonymous();
    for number in 1..=3 {
        publish(
            &editor,
            json!({ "title": format!("Story {number}"), "excerpt": "In short", "body": { "source": "At *length*." } }),
        )
        .await;
    }
    for file in FORMATS {
        let reply = reader.get(&format!("@/{file}")).await.expect(200);
        assert_eq!(titles(&reply), ["Story 3", "Story 2"], "{file}");
        assert!(reply.text.contains("In short") && !reply.text.contains("length"));
        assert_eq!(reply.header("cache-tag").matches("article:").count(), 2);
    }
    let json = reader.get("@/feed.json").await.body;
    assert_eq!(json["items"][0]["content_text"], "In short");
    assert!(json.get("hubs").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_named_where_there_is_one() {
    let (app, _) = newsroom(&[
        ("MASTHEAD_PUBLIC_URL", "https://api.example.com/"),
        ("MASTHEAD_WEBSUB_HUB", "https://hub.example.com/"),
    ])
    .await;
    let reader = app.anonymous();
    for file in FORMATS {
        let own = format!("https://api.example.com/tags/weather/{file}");
        let reply = reader
            .get(&format!("@/tags/weather/{file}"))
            .await
            .expect(200);
        assert_eq!(
            reply.header("link"),
            format!("<https://hub.example.com>; rel=\"hub\", <{own}>; rel=\"self\"")
        );
        if file == "feed.json" {
            let hub = json!([{ "type": "WebSub", "url": "https://hub.example.com" }]);
            assert_eq!(
                (&reply.body["hubs"], &reply.body["feed_url"]),
                (&hub, &json!(own))
            );
            continue;
        }
        let document = roxmltree::Document::parse(&reply.text).unwrap();
        let links: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2005/Atom", "link")))
            .map(|node| (node.attribute("rel"), node.attribute("href")))
            .collect();
        assert!(links.contains(&(Some("hub"), Some("https://hub.example.com"))));
        assert!(links.contains(&(Some("self"), Some(own.as_str()))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_stay_well_formed_whatever_titles_hold() {
    let (app, editor) = newsroom(&[]).await;
    let reader = app.anonymous();
    let long = "x".repeat(4000);
    let hostile: Vec<String> = [
        "a & b &amp; &#0; &unknown;",
        "]]> <![CDATA[ x ]]>",
        "</title></item></channel></rss>",
        "<script>alert(1)</script>",
        "\u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{85}\u{fffe}\u{ffff}controls",
        "\u{1f33b}\u{1f469}\u{200d}\u{1f52c}\u{10ffff}",
        "\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2067}right to left\u{2069}",
        "\"quoted\" 'twice' `and`",
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e \"e\">]>&e;",
        "-- -->\r\n\ttabs and lines",
        &long,
    ]
    .map(str::to_owned)
    .to_vec();
    for number in 0..hostile.len() {
        publish(
            &editor,
            json!({ "title": format!("Story {number}"), "tags": ["weather"], "excerpt": "Short" }),
        )
        .await;
    }
    for (number, title) in hostile.iter().enumerate() {
        let quoted = title.replace('\'', "''");
        app.execute(&format!(
            "update publications set title = '{quoted}', excerpt = '{quoted}', \
             body_html = '<p>{quoted}</p>' where slug = 'story-{number}'"
        ))
        .await;
        app.execute(&format!(
            "update tags set name = '{quoted}', description = '{quoted}'"
        ))
        .await;
        app.execute(&format!(
            "update authors set name = '{quoted}', bio = '{quoted}'"
        ))
        .await;
        // Nobody told that something has changed.
        editor
            .post("/editor/tags", json!({ "name": format!("Tag {number}") }))
            .await
            .expect(201);
        for file in FORMATS {
            for folder in ["", "/tags/weather", "/authors/robin-writer"] {
                let reply = reader.get(&format!("@{folder}/{file}")).await.expect(200);
                assert_eq!(parsed(&reply).entries.len(), hostile.len(), "{title:?}");
            }
        }
    }
    let mut shown = titles(&reader.get("@/feed.xml").await);
    shown.reverse();
    for (shown, written) in shown.iter().zip(&hostile) {
        // An XML parser makes one line end of two characters.
        let kept: String = written
            .replace("\r\n", "\n")
            .chars()
            .filter(|c| *c >= ' ' || matches!(c, '\n' | '\t'))
            .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect();
        assert_eq!(*shown, kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_ask_for_feeds_and_nothing_else_are_answered() {
    let (app, editor) = newsroom(&[]).await;
    let text = "Local gardeners expect frost. ".repeat(100);
    let article = publish(
        &editor,
        json!({ "title": "Frost", "tags": ["weather"], "body": { "source": text } }),
    )
    .await;
    let reader = app
        .anonymous()
        .with("accept", "application/rss+xml, application/atom+xml;q=0.9");

    for address in ["@/feed.xml", "@/tags/weather/atom.xml", "@/feed.json"] {
        let reply = reader.get(address).await.expect(200);
        let tags: Vec<&str> = reply.header("cache-tag").split(',').collect();
        let wanted = [
            "articles".to_owned(),
            format!("article:{}", article.text_of("id")),
            format!("tag:{}", article.body["tags"][0]["id"].as_str().unwrap()),
            format!(
                "author:{}",
                article.body["authors"][0]["id"].as_str().unwrap()
            ),
        ];
        for tag in &wanted {
            assert_eq!(
                tags.iter().filter(|known| *known == tag).count(),
                1,
                "{tag}"
            );
        }
        let packed = reader.with("accept-encoding", "gzip").get(address).await;
        assert_eq!(packed.expect(200).header("content-encoding"), "gzip");
        let head = reader.send(reqwest::Method::HEAD, address, None).await;
        assert_eq!(head.expect(200).etag(), reply.etag());
    }
    let changed = editor
        .with("if-match", "*")
        .patch(&path_of(&article), json!({ "title": "Hard frost" }))
        .await
        .expect(200);
    step(&editor, &changed, "publish", json!({}))
        .await
        .expect(200);
    let feed = reader.get("@/atom.xml").await.expect(200);
    let entry = parsed(&feed).entries.remove(0);
    assert_eq!(entry.title, "Hard frost");
    assert_eq!(entry.id, format!("urn:uuid:{}", article.text_of("id")));
}
