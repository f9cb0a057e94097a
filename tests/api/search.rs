mod hostile;
mod ranking;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::articles::{create, path_of, step};
use crate::harness::{Client, Reply, TestApp};

pub async fn publish(editor: &Client, article: Value) -> Reply {
    let draft = create(editor, article).await;
    step(editor, &draft, "publish", json!({})).await.expect(200)
}

pub async fn tag(editor: &Client, name: &str) -> Reply {
    let made = editor.post("/editor/tags", json!({ "name": name })).await;
    made.expect(201)
}

/// Titles of what is found.
pub async fn found(reader: &Client, query: &str) -> Vec<String> {
    let reply = reader.get(&format!("/search?q={query}")).await.expect(200);
    texts(&reply, "title")
}

fn texts(reply: &Reply, member: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    reply.each(member).iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_is_the_article_with_marks_where_the_words_stand() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    tag(&editor, "Gardening").await;
    let long = "Nothing happens here. ".repeat(40);
    publish(
        &editor,
        json!({
            "title": "Frost & <b>fire</b>",
            "excerpt": "What gardeners should know.",
            "body": { "source": format!("{long}At dawn the \"frosts\" <script>return</script> to **every** bed. {long}") },
            "tags": ["gardening"],
        }),
    )
    .await;

    let reply = reader.get("/search?q=frost").await.expect(200);

    let hit = &reply.body["data"][0];
    assert_eq!(hit["slug"], "frost-and-b-fire-b");
    assert_eq!(hit["title"], "Frost & <b>fire</b>");
    assert_eq!(
        hit["highlight"]["title"],
        "<mark>Frost</mark> &amp; &lt;b&gt;fire&lt;/b&gt;"
    );
    let piece = hit["highlight"]["excerpt"].as_str().unwrap();
    assert!(piece.contains("&quot;<mark>frosts</mark>&quot;"), "{piece}");
    assert!(piece.starts_with("… ") && piece.ends_with(" …"), "{piece}");
    assert!(!piece.contains("<script"), "{piece}");
    assert_eq!(hit["tags"][0]["slug"], "gardening");
    assert_eq!(hit["authors"][0]["name"], "Robin Writer");
    assert!(hit["score"].as_f64().unwrap() > 0.0 && hit.get("body_html").is_none());
    assert_eq!(
        reply.body["pagination"],
        json!({ "limit": 20, "next_cursor": null, "prev_cursor": null, "page": 1, "pages": 1, "total": 1 })
    );
    assert_eq!(reply.body["corrected"], Value::Null);
    let facets = &reply.body["facets"];
    assert_eq!(
        (&facets["tags"][0]["slug"], &facets["tags"][0]["count"]),
        (&json!("gardening"), &json!(1))
    );
    assert_eq!(facets["authors"][0]["count"], 1);
    assert_eq!(facets["years"][0]["count"], 1);
    let cached = reader
        .with("if-none-match", &reply.etag())
        .get("/search?q=frost")
        .await;
    assert_eq!(cached.status, 304);
    assert!(reply.header("cache-tag").contains("articles,article:"));
    let few = reader
        .get("/search?q=frost&fields=slug,highlight.title")
        .await
        .expect(200);
    assert_eq!(few.body["data"][0].as_object().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn phrases_exclusions_and_alternatives_are_understood() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for (title, body) in [
        ("One", "A late frost came in May."),
        ("Two", "In May came a frost, and snow."),
        ("Three", "Snow alone."),
    ] {
        publish(
            &editor,
            json!({ "title": title, "body": { "source": body } }),
        )
        .await;
    }
    for (query, titles) in [
        ("frost", vec!["One", "Two"]),
        ("%22frost+came%22", vec!["One"]),
        ("%22came+frost%22", vec![]),
        ("frost+-snow", vec!["One"]),
        ("frost+-%22late+frost%22", vec!["Two"]),
        ("%22in+may%22+-%22frost+came%22", vec!["Two"]),
        ("late+or+alone", vec!["One", "Three"]),
        ("FROSTS", vec!["One", "Two"]),
    ] {
        let mut hits = found(&reader, query).await;
        hits.sort_by_key(|title| {
            ["One", "Two", "Three"]
                .iter()
                .position(|known| known == title)
        });
        assert_eq!(hits, titles, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_is_searched_in_its_own_language() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, json!({ "title": "Running in the gardens" })).await;
    publish(
        &editor,
        json!({ "title": "Die Gärten im Frühling", "locale": "de" }),
    )
    .await;
    publish(&editor, json!({ "title": "Trädgården", "locale": "sv" })).await;

    assert_eq!(
        found(&reader, "run+garden").await,
        ["Running in the gardens"]
    );
    assert_eq!(found(&reader, "garten").await, ["Die Gärten im Frühling"]);
    assert!(found(&reader, "garten&locale=en,sv").await.is_empty());
    assert_eq!(found(&reader, "garten&locale=de").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_search_and_its_facets() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    for name in ["Garden", "Weather"] {
        tag(&editor, name).await;
    }
    for (title, tags, kind) in [
        ("Frost one", json!(["garden"]), "article"),
        ("Frost two", json!(["garden", "weather"]), "article"),
        ("Frost page", json!([]), "page"),
    ] {
        publish(
            &editor,
            json!({ "title": title, "tags": tags, "kind": kind }),
        )
        .await;
    }
    let old = create(
        &editor,
        json!({ "title": "Frost of old", "tags": ["weather"] }),
    )
    .await;
    step(
        &editor,
        &old,
        "publish",
        json!({ "publish_at": "2019-02-03T00:00:00Z" }),
    )
    .await
    .expect(200);

    let all = reader.get("/search?q=frost").await.expect(200);
    assert_eq!(all.body["pagination"]["total"], 3);
    let counts: Vec<_> = all.body["facets"]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|facet| {
            (
                facet["name"].as_str().unwrap(),
                facet["count"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(counts, [("Garden", 2), ("Weather", 2)]);
    assert_eq!(
        all.body["facets"]["years"][1],
        json!({ "year": 2019, "count": 1 })
    );
    let author = all.body["facets"]["authors"][0]["slug"].as_str().unwrap();
    for (filter, total) in [
        ("tag=garden", 2),
        ("tag=garden,weather", 3),
        ("tag=unknown", 0),
        ("kind=page", 1),
        ("kind=page,article", 4),
        (&format!("author={author}"), 3),
        ("author=unknown", 0),
        ("published_after=2020-01-01T00:00:00Z", 2),
        ("published_before=2020-01-01T00:00:00Z", 1),
        (
            "published_after=2018-01-01T00:00:00Z&published_before=2020-01-01T00:00:00Z",
            1,
        ),
        ("locale=fr", 0),
    ] {
        let some = reader
            .get(&format!("/search?q=frost&{filter}"))
            .await
            .expect(200);
        assert_eq!(some.body["pagination"]["total"], total, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_ends_in_the_far_future_finds_what_there_is() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, json!({ "title": "Frost" })).await;
    for year in [2227, 3000, 9999] {
        let query = format!("frost&published_before={year}-01-01T00:00:00Z");
        assert_eq!(found(&reader, &query).await, ["Frost"], "{year}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_or_deleted_tag_is_found_by_its_present_name() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let made = tag(&editor, "Gardening").await;
    publish(&editor, json!({ "title": "Frost", "tags": ["gardening"] })).await;
    assert_eq!(found(&reader, "gardening").await, ["Frost"]);

    let path = format!("/editor/tags/{}", made.text_of("id"));
    editor
        .patch(&path, json!({ "name": "Horticulture" }))
        .await
        .expect(200);
    assert!(found(&reader, "gardening").await.is_empty());
    assert_eq!(found(&reader, "horticulture").await, ["Frost"]);

    editor.delete(&path).await.expect(204);
    assert!(found(&reader, "horticulture").await.is_empty());
    assert_eq!(found(&reader, "frost").await, ["Frost"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mistyped_is_searched_as_it_was_meant() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, json!({ "title": "Frost in the orchard" })).await;
    create(&editor, json!({ "title": "Secretive draft" })).await;
    let later = create(&editor, json!({ "title": "Clandestine plans" })).await;
    let at = app.platform.clock.now() + TimeDelta::hours(2);
    step(&editor, &later, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);

    for (typed, corrected) in [
        ("forst", "frost"),
        ("frosst", "frost"),
        ("orchrad+frost", "orchard frost"),
        ("Orchart", "orchard"),
    ] {
        let reply = reader.get(&format!("/search?q={typed}")).await.expect(200);
        assert_eq!(reply.body["corrected"], corrected, "{typed}");
        assert_eq!(texts(&reply, "title"), ["Frost in the orchard"], "{typed}");
    }
    // What readers don't see, or not any more, must not stand in the way: a word of it is as unknown as any.
    let hidden = json!({ "title": "Plans", "body": { "source": "frosst, orchart" } });
    let hidden = create(&editor, hidden).await;
    step(&editor, &hidden, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);
    let gone = publish(&editor, json!({ "title": "Forst" })).await;
    step(&editor, &gone, "unpublish", json!({}))
        .await
        .expect(200);
    for typed in ["forst", "frosst", "orchart"] {
        let reply = reader.get(&format!("/search?q={typed}")).await.expect(200);
        assert_eq!(texts(&reply, "title"), ["Frost in the orchard"], "{typed}");
    }
    for typed in [
        "xylophone",
        "%22forst%22",
        "forst+-snow",
        "secretve",
        "clandestin",
        "clandestinne",
    ] {
        let reply = reader.get(&format!("/search?q={typed}")).await.expect(200);
        assert_eq!(
            (&reply.body["corrected"], &reply.body["pagination"]["total"]),
            (&Value::Null, &json!(0)),
            "{typed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_readers_see_is_found_and_suggested() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    tag(&editor, "Canary tag").await;
    create(
        &editor,
        json!({ "title": "Canary draft", "tags": ["canary-tag"] }),
    )
    .await;
    let gone = publish(
        &editor,
        json!({ "title": "Canary gone", "tags": ["canary-tag"] }),
    )
    .await;
    step(&editor, &gone, "unpublish", json!({}))
        .await
        .expect(200);
    let later = create(
        &editor,
        json!({ "title": "Canary later", "tags": ["canary-tag"] }),
    )
    .await;
    let at = app.platform.clock.now() + TimeDelta::hours(1);
    step(&editor, &later, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);

    assert!(found(&reader, "canary").await.is_empty());
    let none = reader.get("/search/suggest?q=cana").await.expect(200);
    assert!(none.each("text").is_empty());

    app.platform.clock.advance(TimeDelta::minutes(61));
    assert_eq!(found(&reader, "canary").await, ["Canary later"]);
    let some = reader.get("/search/suggest?q=cana").await.expect(200);
    assert_eq!(some.each("text"), ["Canary tag", "Canary later"]);
    // A correction of the working copy changes nothing until it is published.
    app.editor()
        .await
        .with("if-match", "*")
        .patch(&path_of(&later), json!({ "title": "Sparrow" }))
        .await
        .expect(200);
    assert_eq!(found(&reader, "canary").await, ["Canary later"]);
    assert!(found(&reader, "sparrow").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_complete_the_last_word() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    tag(&editor, "Frosty days").await;
    for number in 1..=12 {
        let title = format!("Frost report {number}");
        publish(&editor, json!({ "title": title, "tags": ["frosty-days"] })).await;
    }
    publish(&editor, json!({ "title": "Report on gardens" })).await;

    let reply = reader.get("/search/suggest?q=fro").await.expect(200);
    let kinds = texts(&reply, "kind");
    assert_eq!(kinds.len(), 10);
    assert_eq!(kinds[..2], ["tag", "article"]);
    assert_eq!(
        texts(&reply, "slug")[..2],
        ["frosty-days", "frost-report-12"]
    );
    for (typed, texts_found) in [
        ("REPORT+gar", vec!["Report on gardens"]),
        ("gardens+rep", vec!["Report on gardens"]),
        ("report+11", vec!["Frost report 11"]),
        ("ardens", vec![]),
        ("fro+zzz", vec![]),
        ("%27%29+%7C+%21%3A%2A", vec![]),
    ] {
        let reply = reader
            .get(&format!("/search/suggest?q={typed}"))
            .await
            .expect(200);
        assert_eq!(texts(&reply, "text"), texts_found, "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_writes_a_publication_once_with_all_its_labels() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Garden", "Weather"] {
        tag(&editor, name).await;
    }
    publish(
        &editor,
        json!({ "title": "Frost", "tags": ["weather", "garden"] }),
    )
    .await;
    // The first place in the table: triggers that found something missing would have moved the row.
    let rows = app
        .rows("select ctid || ' ' || tag_names || ' ' || cardinality(author_ids) from publications")
        .await;
    assert_eq!(rows, ["(0,1) Weather · Garden 1"]);
}
