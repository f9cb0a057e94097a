use serde_json::json;

use super::{SUBSCRIBERS, consent, enter, make_tags};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    make_tags(&editor, &["Science", "Arts"]).await;
    let ann = json!({ "email": "ann@example.com", "name": "Zoë 100%", "topics": ["science"] });
    let ann = enter(&editor, ann).await;
    let bob = json!({ "email": "bob_1@bücher.example", "topics": ["arts", "science"] });
    let bob = enter(&editor, bob).await;
    let cat = json!({ "email": "cat@example.com", "status": "confirmed", "consent": consent() });
    enter(&editor, cat).await;
    let form = json!({ "key": "7", "name": "A form", "display": "inline" });
    editor.post("/editor/forms", form).await.expect(201);
    let form = json!({ "email": "dan@example.org", "form_id": "7" });
    app.anonymous()
        .post("/subscriptions", form)
        .await
        .expect(202);
    let science = ann.body["topics"][0]["id"].as_str().unwrap();
    let moment = bob.text_of("created_at");

    for (query, found) in [
        ("q=EXAMPLE.com", vec!["ann", "cat"]),
        ("q=zo%C3%AB", vec!["ann"]),
        ("q=100%25", vec!["ann"]),
        ("q=%25", vec!["ann"]),
        ("q=_", vec!["bob"]),
        ("q=Bob_1@B%C3%BCcher.example", vec!["bob"]),
        ("q='%20or%20true--", vec![]),
        ("status=confirmed", vec!["cat"]),
        ("status=confirmed,pending", vec!["ann", "bob", "cat", "dan"]),
        ("topic=science", vec!["ann", "bob"]),
        (&format!("topic=arts&topic={science}"), vec!["ann", "bob"]),
        ("topic=arts,nowhere", vec!["bob"]),
        ("topic=nowhere", vec![]),
        ("source=form", vec!["dan"]),
        ("source=form,editor&q=example.org", vec!["dan"]),
        (&format!("created_after={moment}"), vec!["cat", "dan"]),
        (&format!("created_before={moment}"), vec!["ann"]),
    ] {
        let path = format!("{SUBSCRIBERS}?sort=email&count=true&{query}");
        let list = editor.get(&path).await.expect(200);
        let names: Vec<String> = list
            .each("email")
            .iter()
            .map(|email| email.as_str().unwrap()[..3].to_owned())
            .collect();
        assert_eq!(names, found, "{query}");
        assert_eq!(list.body["pagination"]["total"], found.len(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_and_go_forth_by_cursor_and_by_page() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["b", "c", "a"] {
        enter(&editor, json!({ "email": format!("{name}@example.com") })).await;
    }
    let (a, b, c) = ("a@example.com", "b@example.com", "c@example.com");
    let first = editor.get(&format!("{SUBSCRIBERS}?sort=email")).await;
    let path = format!("{SUBSCRIBERS}/{}", first.each("id")[2].as_str().unwrap());
    editor
        .patch(&path, json!({ "name": "C" }))
        .await
        .expect(200);

    for (query, order) in [
        ("", [a, c, b]),
        ("sort=created_at", [b, c, a]),
        ("sort=email", [a, b, c]),
        ("sort=-email", [c, b, a]),
        ("sort=-updated_at", [c, a, b]),
    ] {
        let whole = editor.get(&format!("{SUBSCRIBERS}?{query}")).await;
        assert_eq!(whole.expect(200).each("email"), order, "{query}");
        let start = editor.get(&format!("{SUBSCRIBERS}?limit=2&{query}")).await;
        let cursor = start.body["pagination"]["next_cursor"].as_str().unwrap();
        let rest = format!("{SUBSCRIBERS}?limit=2&{query}&cursor={cursor}");
        assert_eq!(
            editor.get(&rest).await.expect(200).each("email"),
            [order[2]]
        );
        let page = format!("{SUBSCRIBERS}?limit=2&{query}&page=2");
        assert_eq!(
            editor.get(&page).await.expect(200).each("email"),
            [order[2]]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_is_refused_with_all_its_faults() {
    let app = TestApp::start().await;
    let query = "q=%00&status=gone&topic=Not%20A%20Slug&source=mail&created_after=yesterday&sort=name&email=a";
    let refused = app
        .editor()
        .await
        .get(&format!("{SUBSCRIBERS}?{query}"))
        .await;
    assert_eq!(
        refused.expect(400).faults(),
        [
            "q invalid_text",
            "q control_character",
            "status unknown_value",
            "topic invalid_slug",
            "source unknown_value",
            "created_after invalid_time",
            "sort unknown_value",
            "email unknown_parameter",
        ]
    );
}
