use serde_json::json;

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_created_tag_can_be_read_back_and_is_listed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;

    let created = editor
        .post(
            "/editor/tags",
            json!({ "name": "Home & Garden", "description": "Beds and borders" }),
        )
        .await
        .expect(201);

    let location = created.header("location").to_owned();
    let read = editor
        .get(location.strip_prefix("/api/v1").unwrap())
        .await
        .expect(200);
    assert_eq!(read.body, created.body);
    assert_eq!(read.etag(), created.etag());
    assert_eq!(read.text_of("slug"), "home-and-garden");
    assert_eq!(
        editor.get("/editor/tags").await.expect(200).each("slug"),
        ["home-and-garden"]
    );
    assert_eq!(app.outbox().await, ["tag.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_member_is_pointed_at_at_once() {
    let app = TestApp::start().await;
    let tag = json!({ "name": " ", "slug": "Not A Slug", "description": 7, "parent": "" });

    let refused = app
        .editor()
        .await
        .post("/editor/tags", tag)
        .await
        .expect(422);

    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(
        refused.faults(),
        [
            "#/name required",
            "#/slug invalid_slug",
            "#/description wrong_type",
            "#/parent required"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_member_is_malformed_and_named() {
    let app = TestApp::start().await;
    let refused = app
        .editor()
        .await
        .post("/editor/tags", json!({ "name": "A", "colour": "red" }))
        .await
        .expect(400);
    assert_eq!(refused.faults(), ["#/colour unknown_member"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_slug_is_a_conflict() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);

    let refused = editor
        .post("/editor/tags", json!({ "name": "SCIENCE" }))
        .await
        .expect(409);

    assert_eq!(refused.text_of("code"), "slug_taken");
    assert_eq!(app.outbox().await, ["tag.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_slug_that_is_taken_gets_a_number_unless_the_names_are_equal() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let make = async |name: &str| editor.post("/editor/tags", json!({ "name": name })).await;
    for (name, slug) in [
        ("🎈", "tag"),
        ("♥♥", "tag-2"),
        ("!!!", "tag-3"),
        ("Garten", "garten"),
        ("Gärten", "garten-2"),
    ] {
        assert_eq!(make(name).await.expect(201).text_of("slug"), slug);
    }
    for name in ["🎈", "♥♥", "garten", "GÄRTEN"] {
        let refused = make(name).await.expect(409);
        assert_eq!(refused.text_of("code"), "slug_taken", "{name}");
    }
    for number in 4..=20 {
        let slug = make(&"?".repeat(number)).await.expect(201).text_of("slug");
        assert_eq!(slug, format!("tag-{number}"));
    }
    let drawn = make("¿").await.expect(201).text_of("slug");
    assert!(drawn.starts_with("tag-") && drawn != "tag-21", "{drawn}");
    editor
        .post("/editor/tags", json!({ "name": "Ø", "slug": "tag" }))
        .await
        .expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_creations_in_a_race_for_one_slug_one_wins() {
    let app = TestApp::start().await;
    let editor = app.editor().await;

    let racing = (0..8).map(|_| editor.post("/editor/tags", json!({ "name": "Weather" })));
    let mut statuses: Vec<u16> = futures::future::join_all(racing)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();

    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_changes_what_it_names_and_clears_what_is_null() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let tag = editor
        .post(
            "/editor/tags",
            json!({ "name": "Science", "description": "Old" }),
        )
        .await
        .expect(201);
    let path = format!("/editor/tags/{}", tag.text_of("id"));

    let changed = editor
        .patch(&path, json!({ "name": "Sciences", "description": null }))
        .await
        .expect(200);

    assert_eq!(changed.text_of("name"), "Sciences");
    assert!(changed.body["description"].is_null());
    assert_eq!(changed.text_of("slug"), "science");
    assert_ne!(changed.etag(), tag.etag());
    assert_eq!(app.outbox().await, ["tag.created", "tag.updated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_entity_tag_is_refused_and_the_current_one_told() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let old = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let path = format!("/editor/tags/{}", old.text_of("id"));
    let new = editor
        .patch(&path, json!({ "name": "Sciences" }))
        .await
        .expect(200);

    let refused = editor
        .with("if-match", &old.etag())
        .patch(&path, json!({ "name": "Lost" }))
        .await
        .expect(412);

    assert_eq!(refused.etag(), new.etag());
    assert_eq!(refused.text_of("etag"), new.etag());
    editor
        .with("if-match", &new.etag())
        .patch(&path, json!({ "name": "Kept" }))
        .await
        .expect(200);
    editor
        .with("if-match", &new.etag())
        .delete(&path)
        .await
        .expect(412);
    editor.with("if-match", "*").delete(&path).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_tag_is_not_sent_again() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let tag = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);

    let again = editor
        .with("if-none-match", &tag.etag())
        .get(&format!("/editor/tags/{}", tag.text_of("id")))
        .await
        .expect(304);

    assert_eq!(again.etag(), tag.etag());
    assert!(again.text.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tag_is_gone_and_its_children_move_up() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let parent = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201)
        .text_of("id");
    let child = editor
        .post(
            "/editor/tags",
            json!({ "name": "Botany", "parent": "science" }),
        )
        .await
        .expect(201);
    assert_eq!(child.body["parent"]["slug"], "science");

    editor
        .delete(&format!("/editor/tags/{parent}"))
        .await
        .expect(204);

    editor
        .delete(&format!("/editor/tags/{parent}"))
        .await
        .expect(404);
    editor
        .get(&format!("/editor/tags/{parent}"))
        .await
        .expect(404);
    let child = editor
        .get(&format!("/editor/tags/{}", child.text_of("id")))
        .await
        .expect(200);
    assert!(child.body["parent"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_can_not_stand_below_itself() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let top = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201)
        .text_of("id");
    editor
        .post(
            "/editor/tags",
            json!({ "name": "Botany", "parent": "science" }),
        )
        .await
        .expect(201);

    for parent in ["science", "botany"] {
        let refused = editor
            .patch(&format!("/editor/tags/{top}"), json!({ "parent": parent }))
            .await
            .expect(422);
        assert_eq!(refused.faults(), ["#/parent below_itself"]);
    }
    let refused = editor
        .patch(
            &format!("/editor/tags/{top}"),
            json!({ "parent": "nowhere" }),
        )
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["#/parent unknown_tag"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_creation_gives_the_first_answer_again() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("idempotency-key", "\"first-try\"");
    let first = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);

    let again = editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);

    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        (again.text, again.headers["location"].clone()),
        (first.text, first.headers["location"].clone())
    );
    let other = editor
        .post("/editor/tags", json!({ "name": "Other" }))
        .await
        .expect(422);
    assert_eq!(other.faults(), ["Idempotency-Key idempotency_key_reused"]);
    // The key belongs to its user.
    app.editor()
        .await
        .with("idempotency-key", "first-try")
        .post("/editor/tags", json!({ "name": "Other" }))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_forth_and_back_by_cursor_and_by_page() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Arts", "Botany", "Cooking", "Dance", "Energy"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }

    let first = editor.get("/editor/tags?limit=2").await.expect(200);
    assert_eq!(first.each("name"), ["Arts", "Botany"]);
    assert!(
        first.body["pagination"]["total"].is_null()
            && first.body["pagination"]["prev_cursor"].is_null()
    );
    let next = first.body["pagination"]["next_cursor"].as_str().unwrap();
    let second = editor
        .get(&format!("/editor/tags?limit=2&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(second.each("name"), ["Cooking", "Dance"]);
    let back = second.body["pagination"]["prev_cursor"].as_str().unwrap();
    let first_again = editor
        .get(&format!("/editor/tags?limit=2&cursor={back}"))
        .await
        .expect(200);
    assert_eq!(first_again.body["data"], first.body["data"]);

    let page = editor.get("/editor/tags?limit=2&page=3").await.expect(200);
    assert_eq!(page.each("name"), ["Energy"]);
    assert_eq!(
        (
            &page.body["pagination"]["pages"],
            &page.body["pagination"]["total"]
        ),
        (&json!(3), &json!(5))
    );
    assert!(
        page.header("link").contains("rel=\"last\"")
            && page.header("link").contains("page=2>; rel=\"prev\"")
    );
    let reversed = editor
        .get("/editor/tags?sort=-name&limit=1")
        .await
        .expect(200);
    assert_eq!(reversed.each("name"), ["Energy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_is_refused_with_all_its_faults() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let cursor = {
        editor
            .post("/editor/tags", json!({ "name": "A" }))
            .await
            .expect(201);
        editor
            .post("/editor/tags", json!({ "name": "B" }))
            .await
            .expect(201);
        editor.get("/editor/tags?limit=1").await.body["pagination"]["next_cursor"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for (query, faults) in [
        (
            "limit=101&page=0&colour=red",
            vec![
                "limit out_of_range",
                "page out_of_range",
                "colour unknown_parameter",
            ],
        ),
        ("limit=1&limit=2", vec!["limit repeated"]),
        ("limit=99999999999999999999", vec!["limit out_of_range"]),
        ("cursor=elsewhere", vec!["cursor broken_cursor"]),
        (
            &format!("sort=-name&cursor={cursor}"),
            vec!["cursor broken_cursor"],
        ),
        ("sort=password", vec!["sort unknown_value"]),
        ("q=%00", vec!["q invalid_text", "q control_character"]),
    ] {
        let refused = editor
            .get(&format!("/editor/tags?{query}"))
            .await
            .expect(400);
        assert_eq!(refused.faults(), faults, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_editors_keep_tags() {
    let app = TestApp::start().await;
    let tag = json!({ "name": "Science" });
    let unauthenticated = app
        .anonymous()
        .post("/editor/tags", tag.clone())
        .await
        .expect(401);
    assert!(
        unauthenticated
            .header("www-authenticate")
            .starts_with("Bearer")
    );
    app.author()
        .await
        .post("/editor/tags", tag.clone())
        .await
        .expect(403);
    app.author().await.get("/editor/tags").await.expect(403);
    app.admin()
        .await
        .post("/editor/tags", tag)
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found_and_a_bad_one_malformed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .get("/editor/tags/0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d")
        .await
        .expect(404);
    assert_eq!(
        editor.get("/editor/tags/7").await.expect(400).faults(),
        ["id invalid_id"]
    );
}
