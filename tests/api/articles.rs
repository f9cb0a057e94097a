mod lifecycle;

use serde_json::{Value, json};

use crate::harness::{Client, Reply, TestApp};

/// Makes an article and gives the answer.
pub async fn create(client: &Client, article: Value) -> Reply {
    client.post("/editor/articles", article).await.expect(201)
}

/// The address of an article on the editors' side.
pub fn path_of(article: &Reply) -> String {
    format!("/editor/articles/{}", article.text_of("id"))
}

/// Takes a step with the newest entity tag.
pub async fn step(client: &Client, article: &Reply, step: &str, body: Value) -> Reply {
    client
        .with("if-match", "*")
        .post(&format!("{}/{step}", path_of(article)), body)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_article_is_a_draft_with_everything_derived() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201);

    let source = "## Beds\n\nDig *deep*.\n\n<script>alert(1)</script>\n\n## Borders\n\nPlant.";
    let created = create(
        &editor,
        json!({
            "title": "Frost in May",
            "body": { "format": "markdown", "source": source },
            "tags": ["gardening"],
            "custom": { "photographer": "R. Writer" },
            "seo": { "noindex": true },
        }),
    )
    .await;

    let article = &created.body;
    assert_eq!(article["slug"], "frost-in-may");
    assert_eq!(article["url"], "https://news.example.com/frost-in-may");
    assert_eq!(article["status"], "draft");
    assert_eq!(article["revision"], 1);
    assert_eq!(article["body"]["source"], source);
    assert_eq!(article["tags"][0]["name"], "Gardening");
    assert_eq!(article["authors"][0]["name"], "Robin Writer");
    assert_eq!(article["created_by"]["name"], "Robin Writer");
    assert_eq!(article["toc"][1]["text"], "Borders");
    assert_eq!(
        (&article["word_count"], &article["reading_time_minutes"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(
        (&article["seo"]["noindex"], &article["seo"]["title"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(article["custom"], json!({ "photographer": "R. Writer" }));
    assert!(!article["body_html"].as_str().unwrap().contains("script"));
    for absent in [
        "excerpt",
        "published_at",
        "published_revision",
        "publish_at",
        "unpublish_at",
        "trashed_at",
        "cover",
    ] {
        assert_eq!(article[absent], Value::Null, "{absent}");
    }
    let read = editor.get(&path_of(&created)).await.expect(200);
    assert_eq!((read.etag(), &read.body), (created.etag(), article));
    assert_eq!(app.outbox().await, ["tag.created", "article.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_member_of_an_article_is_pointed_at_at_once() {
    let app = TestApp::start().await;
    let refused = app
        .editor()
        .await
        .post(
            "/editor/articles",
            json!({
                "title": "", "slug": "😀", "kind": "story", "locale": "english", "featured": "yes",
                "body": { "format": "docx", "source": 7 }, "seo": { "canonical_url": "javascript:alert(1)" },
                "custom": [], "cover_id": "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
            }),
        )
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        [
            "#/title required",
            "#/slug invalid_slug",
            "#/body/format unknown_value",
            "#/body/source wrong_type",
            "#/kind unknown_value",
            "#/locale invalid_locale",
            "#/featured wrong_type",
            "#/cover_id unknown_media",
            "#/seo/canonical_url invalid_url",
            "#/custom wrong_type",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_tags_and_authors_are_pointed_at() {
    let app = TestApp::start().await;
    let article = json!({ "title": "A", "tags": ["nowhere"], "authors": ["nobody"] });
    let refused = app
        .editor()
        .await
        .post("/editor/articles", article)
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        ["#/tags/0 unknown_tag", "#/authors/0 unknown_author"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_made_from_titles_are_unique_and_slugs_that_are_given_conflict() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let racing = (0..6).map(|_| editor.post("/editor/articles", json!({ "title": "Погода" })));
    let mut slugs: Vec<String> = futures::future::join_all(racing)
        .await
        .into_iter()
        .map(|made| made.expect(201).text_of("slug"))
        .collect();
    slugs.sort_unstable();
    assert_eq!(
        slugs,
        [
            "pogoda", "pogoda-2", "pogoda-3", "pogoda-4", "pogoda-5", "pogoda-6"
        ]
    );

    let refused = editor
        .post(
            "/editor/articles",
            json!({ "title": "A", "slug": "pogoda" }),
        )
        .await
        .expect(409);
    assert_eq!(refused.text_of("code"), "slug_taken");
    assert_eq!(
        create(&editor, json!({ "title": "😀🎉" }))
            .await
            .text_of("slug"),
        "article"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_needs_the_entity_tag_and_makes_a_revision() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let article = create(
        &editor,
        json!({ "title": "A", "custom": { "a": 1, "b": { "c": 2 } } }),
    )
    .await;
    let path = path_of(&article);
    editor
        .patch(&path, json!({ "title": "B" }))
        .await
        .expect(428);

    let changed = editor
        .with("if-match", &article.etag())
        .patch(&path, json!({ "title": "B", "body": { "source": "New" }, "custom": { "a": null, "b": { "d": 3 } } }))
        .await
        .expect(200);

    assert_eq!(
        (&changed.body["title"], &changed.body["revision"]),
        (&json!("B"), &json!(2))
    );
    assert_eq!(changed.text_of("slug"), "a");
    assert_eq!(changed.body["custom"], json!({ "b": { "c": 2, "d": 3 } }));
    assert_eq!(
        changed.body["body"],
        json!({ "format": "markdown", "source": "New" })
    );
    let same = editor
        .with("if-match", &changed.etag())
        .patch(&path, json!({ "title": "B" }))
        .await
        .expect(200);
    assert_eq!(
        (same.etag(), &same.body["revision"]),
        (changed.etag(), &json!(2))
    );
    assert_eq!(app.outbox().await, ["article.created", "article.updated"]);
    assert_eq!(
        app.rows("select count(*) from article_revisions").await,
        ["2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_patch_is_told_who_changed_what_and_can_be_merged() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let base = create(
        &editor,
        json!({ "title": "Base", "excerpt": "Base", "locale": "en" }),
    )
    .await;
    let path = path_of(&base);
    let theirs = json!({ "title": "Theirs", "locale": "fr" });
    editor
        .with("if-match", &base.etag())
        .patch(&path, theirs)
        .await
        .expect(200);

    let stale = editor.with("if-match", &base.etag());
    let mine = json!({ "title": "Mine", "excerpt": "Mine" });
    let refused = stale.patch(&path, mine.clone()).await.expect(412);

    let changes = &refused.body["changes"];
    assert_eq!(
        changes["only_yours"],
        json!({ "excerpt": { "base": "Base", "yours": "Mine" } })
    );
    assert_eq!(
        changes["only_theirs"],
        json!({ "locale": { "base": "en", "current": "fr" } })
    );
    assert_eq!(
        changes["both"],
        json!({ "title": { "base": "Base", "current": "Theirs", "yours": "Mine" } })
    );
    assert_eq!(changes["changed_by"]["name"], "Robin Writer");
    let merged = stale
        .patch(&format!("{path}?merge=non_conflicting"), mine)
        .await
        .expect(200);
    assert_eq!(merged.header("masthead-merge-conflicts"), "title");
    assert_eq!(
        (
            &merged.body["title"],
            &merged.body["excerpt"],
            &merged.body["locale"]
        ),
        (&json!("Theirs"), &json!("Mine"), &json!("fr"))
    );
    stale
        .patch(
            &format!("{path}?merge=non_conflicting"),
            json!({ "title": "Mine" }),
        )
        .await
        .expect(412);
    stale.delete(&path).await.expect(412);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_saves_with_one_entity_tag_exactly_one_wins() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let article = create(&editor, json!({ "title": "A" })).await;
    let client = editor.with("if-match", &article.etag());
    let path = path_of(&article);

    let racing = (0..12).map(|n| client.patch(&path, json!({ "title": format!("Try {n}") })));
    let mut statuses: Vec<u16> = futures::future::join_all(racing)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();

    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [200, 412, 412, 412, 412, 412, 412, 412, 412, 412, 412, 412]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_retries_with_one_idempotency_key_one_article_is_made() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let client = editor.with("idempotency-key", "one");

    let racing = (0..12).map(|_| client.post("/editor/articles", json!({ "title": "Once" })));
    let statuses: Vec<u16> = futures::future::join_all(racing)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();

    assert!(
        statuses.iter().all(|status| [201, 409].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(editor.get("/editor/articles").await.each("title"), ["Once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn authors_work_on_their_own_articles_and_know_of_no_others() {
    let app = TestApp::start().await;
    let (author, other, editor) = (app.author().await, app.author().await, app.editor().await);
    let mine = create(&author, json!({ "title": "Mine" })).await;
    let theirs = create(&other, json!({ "title": "Theirs" })).await;
    let path = path_of(&theirs);

    let author_any = author.with("if-match", "*");
    author.get(&path).await.expect(404);
    author_any
        .patch(&path, json!({ "title": "Stolen" }))
        .await
        .expect(404);
    author_any.delete(&path).await.expect(404);
    step(&author, &theirs, "submit", json!({}))
        .await
        .expect(404);
    step(&author, &mine, "publish", json!({})).await.expect(403);
    assert_eq!(author.get("/editor/articles").await.each("title"), ["Mine"]);
    assert_eq!(
        editor.get("/editor/articles").await.each("title"),
        ["Theirs", "Mine"]
    );
    step(&author, &mine, "submit", json!({})).await.expect(200);
    step(&editor, &mine, "publish", json!({})).await.expect(200);
    author_any
        .patch(&path_of(&mine), json!({ "title": "Mine, better" }))
        .await
        .expect(200);
    author_any.delete(&path_of(&mine)).await.expect(403);
    let draft = create(&author, json!({ "title": "Draft" })).await;
    author_any.delete(&path_of(&draft)).await.expect(204);
    // A name in the byline makes an article somebody's own.
    let me = author.get("/auth/me").await.body["author"]["id"].clone();
    let shared = create(&editor, json!({ "title": "Shared", "authors": [me] })).await;
    author.get(&path_of(&shared)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_trimmed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let one = create(
        &editor,
        json!({ "title": "100% rain", "tags": ["science"], "featured": true }),
    )
    .await;
    create(
        &editor,
        json!({ "title": "Imprint", "kind": "page", "locale": "de" }),
    )
    .await;
    let three = create(&editor, json!({ "title": "Sun" })).await;
    step(&editor, &one, "publish", json!({})).await.expect(200);
    step(
        &editor,
        &three,
        "publish",
        json!({ "publish_at": "2101-01-01T00:00:00Z" }),
    )
    .await
    .expect(200);

    for (query, titles) in [
        ("status=published", vec!["100% rain"]),
        ("status=scheduled,draft&sort=title", vec!["Imprint", "Sun"]),
        ("tag=science", vec!["100% rain"]),
        (
            "author=robin-writer&sort=title",
            vec!["100% rain", "Imprint", "Sun"],
        ),
        ("author=nobody", vec![]),
        ("q=0%25", vec!["100% rain"]),
        ("kind=page", vec!["Imprint"]),
        ("locale=de", vec!["Imprint"]),
        ("featured=true", vec!["100% rain"]),
        ("has_unpublished_changes=true", vec![]),
        ("updated_after=2101-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(
            editor
                .get(&format!("/editor/articles?{query}"))
                .await
                .expect(200)
                .each("title"),
            titles,
            "{query}"
        );
    }
    let trimmed = editor
        .get("/editor/articles?fields=title,tags.slug&status=published")
        .await
        .expect(200);
    assert_eq!(
        trimmed.body["data"],
        json!([{ "title": "100% rain", "tags": [{ "slug": "science" }] }])
    );
    let list = editor.get("/editor/articles?limit=1").await.expect(200);
    assert!(
        list.body["data"][0].get("body").is_none()
            && list.body["data"][0].get("body_html").is_none()
    );
    let with_body = editor
        .get("/editor/articles?limit=1&include=body")
        .await
        .expect(200);
    assert!(with_body.body["data"][0]["body"].is_object());
    assert_eq!(
        editor
            .get("/editor/articles?fields=password")
            .await
            .expect(400)
            .faults(),
        ["fields unknown_value"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_can_not_be_read_are_malformed_and_never_a_500() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let deep = format!(
        "{{\"title\":{}1{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let cases: [(&[u8], u16); 9] = [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\"title\"", 400),
        (b"{\"title\": \"\xff\"}", 400),
        (b"{\"title\": \"\\ud800\"}", 400),
        (b"{\"title\": \"a\\u0000b\"}", 422),
        (
            b"{\"title\": \"a\", \"custom\": {\"x\": [\"\\u0000\"]}}",
            422,
        ),
        (deep.as_bytes(), 400),
    ];
    for (body, status) in cases {
        let refused = editor
            .send(
                reqwest::Method::POST,
                "/editor/articles",
                Some(body.to_vec()),
            )
            .await
            .expect(status);
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let huge = json!({ "title": "A", "body": { "source": "x".repeat(5 * 1024 * 1024) } });
    editor.post("/editor/articles", huge).await.expect(413);
    let text = editor.with("content-type", "text/plain");
    text.send(
        reqwest::Method::POST,
        "/editor/articles",
        Some(b"{}".to_vec()),
    )
    .await
    .expect(415);
}
