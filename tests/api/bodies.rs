//! What careless and hostile clients send as a body.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Client, Reply, TestApp};

async fn post(client: &Client, path: &str, body: &str) -> Reply {
    let body = Some(body.as_bytes().to_vec());
    client.send(Method::POST, path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_type_is_the_same_in_any_case_and_its_text_is_utf_8() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (place, form) in [
        "Application/JSON",
        "application/json; charset=UTF-8",
        "application/merge-patch+json",
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(r#"{{"name":"Tag {place}"}}"#);
        post(&editor.with("content-type", form), "/editor/tags", &body)
            .await
            .expect(201);
    }
    for form in [
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "text/json",
        "application/x-www-form-urlencoded",
    ] {
        let refused = post(&editor.with("content-type", form), "/editor/tags", "{}")
            .await
            .expect(415);
        assert_eq!(refused.text_of("type"), "/problems/unsupported-media-type");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_given_twice_makes_a_body_malformed() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for body in [
        r#"{"title":"a","title":"b"}"#,
        r#"{"title":"a","custom":{"b":[{"c":1,"c":1}]}}"#,
        r#"{"title":"a","seo":{"noindex":true,"noindex":false}}"#,
    ] {
        let refused = post(&editor, "/editor/articles", body).await.expect(400);
        assert!(
            refused.text_of("detail").contains("is given twice"),
            "{}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_could_not_be_read_back_as_they_came_are_refused() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (custom, fault) in [
        ("123456789012345678901234567890", "out_of_range"),
        ("-9223372036854775809", "out_of_range"),
        ("1e300", "out_of_range"),
        (r#""a\u0000b""#, "nul"),
        (r#"{"$serde_json::private::RawValue":"{"}"#, "reserved"),
    ] {
        let body = format!(r#"{{"title":"a","custom":{{"b":[{custom}]}}}}"#);
        let refused = post(&editor, "/editor/articles", &body).await.expect(422);
        assert_eq!(refused.faults(), [format!("#/custom/b/0 {fault}")]);
    }
    let kept = r#"{"a":18446744073709551615,"b":-9223372036854775808,"c":0.1,"d":1e-5,"e":12345678901234567000.5}"#;
    let body = format!(r#"{{"title":"a","custom":{kept}}}"#);
    let made = post(&editor, "/editor/articles", &body).await.expect(201);
    let read = editor
        .get(&format!("/editor/articles/{}", made.text_of("id")))
        .await;
    for (name, value) in [
        ("a", json!(u64::MAX)),
        ("b", json!(i64::MIN)),
        ("c", json!(0.1)),
        ("d", json!(1e-5)),
    ] {
        assert_eq!(read.body["custom"][name], value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_needs_no_body_takes_none_or_an_empty_object() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("if-match", "*");
    let made = editor
        .post("/editor/articles", json!({ "title": "Story" }))
        .await;
    let article = format!("/editor/articles/{}", made.text_of("id"));
    let tag = editor.post("/editor/tags", json!({ "name": "Tag" })).await;
    let tag = format!("/editor/tags/{}", tag.text_of("id"));
    let steps = [
        (Method::POST, format!("{article}/submit")),
        (Method::POST, format!("{article}/unpublish")),
        (Method::POST, format!("{article}/restore")),
        (Method::DELETE, article.clone()),
        (Method::DELETE, tag.clone()),
        (Method::POST, "/auth/logout".to_owned()),
    ];
    for (method, path) in &steps {
        for (body, status) in [
            (r#"{"publish_at":null}"#, 400),
            ("{broken", 400),
            ("[]", 400),
            ("null", 400),
        ] {
            let refused = editor
                .send(method.clone(), path, Some(body.into()))
                .await
                .expect(status);
            assert_eq!(refused.text_of("type"), "/problems/malformed", "{path}");
        }
        editor
            .with("content-type", "text/plain")
            .send(method.clone(), path, Some("{}".into()))
            .await
            .expect(415);
    }
    let unknown = post(&editor, &steps[0].1, r#"{"note":"please"}"#).await;
    assert_eq!(unknown.faults(), ["#/note unknown_member"]);
    post(&editor, &steps[0].1, "{}").await.expect(200);
    post(&editor, "/auth/logout?all=false", " \n")
        .await
        .expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_names_of_nothing_are_told_together() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("if-match", "*");
    let article = json!({
        "title": "", "locale": "!", "tags": ["no-such", "!", "nor-this"], "authors": ["nobody"],
    });
    let faults = [
        "#/authors/0 unknown_author",
        "#/locale invalid_locale",
        "#/tags/0 unknown_tag",
        "#/tags/1 invalid_slug",
        "#/tags/2 unknown_tag",
        "#/title required",
    ];
    let sorted = |reply: Reply| {
        let mut faults = reply.expect(422).faults();
        faults.sort_unstable();
        faults
    };
    let refused = editor.post("/editor/articles", article.clone()).await;
    assert_eq!(sorted(refused), faults);
    let made = editor
        .post("/editor/articles", json!({ "title": "Story" }))
        .await;
    let path = format!("/editor/articles/{}", made.text_of("id"));
    assert_eq!(sorted(editor.patch(&path, article).await), faults);

    let tag = json!({ "name": "", "parent": "no-such" });
    let refused = editor.post("/editor/tags", tag.clone()).await;
    assert_eq!(sorted(refused), ["#/name required", "#/parent unknown_tag"]);
    let made = editor.post("/editor/tags", json!({ "name": "Tag" })).await;
    let path = format!("/editor/tags/{}", made.text_of("id"));
    assert_eq!(
        sorted(editor.patch(&path, tag).await),
        ["#/name required", "#/parent unknown_tag"]
    );

    let person = json!({ "email": "x", "topics": ["tag", "no-such"] });
    for path in ["/editor/subscribers", "/subscriptions"] {
        assert_eq!(
            sorted(editor.post(path, person.clone()).await),
            ["#/email invalid_email", "#/topics/1 unknown_tag"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_can_not_be_rendered_is_refused_with_all_other_faults() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let crowd = json!({
        "title": "Story", "tags": ["no-such"], "body": { "source": "\"<http://a".repeat(8_000) },
    });
    let refused = editor.post("/editor/articles", crowd).await.expect(422);
    assert_eq!(
        refused.faults(),
        ["#/body/source too_crowded", "#/tags/0 unknown_tag"]
    );
}
