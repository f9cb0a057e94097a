use serde_json::json;

use super::{confirmed, counts, enter, import_as, verdicts};
use crate::harness::{Client, TestApp};

const EXPORT: &str = "/editor/subscribers/export";

/// People with all that can make a file difficult.
async fn fill(app: &TestApp, editor: &Client) {
    for name in ["Science", "Local News"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    for (number, name) in [
        "=1+1",
        "@cmd",
        "'=already",
        "-7",
        "+49",
        "Plain, \"quoted\"",
        "'apostrophe",
        "Zoë",
    ]
    .iter()
    .enumerate()
    {
        enter(
            editor,
            json!({
                "email": format!("+{number}=x@example.com"), "name": name, "topics": ["science", "local-news"],
                "attributes": { "text": "=2\n\"x\"", "null": null, "deep": { "a": [1, 2.5] } }, "locale": "de",
                "time_zone": "Europe/Berlin", "paused_until": "2030-01-01T00:00:00Z",
            }),
        )
        .await;
    }
    let mut sure = confirmed("sure@example.com");
    sure["consent"]["wording"] = json!("- yes\n- please");
    enter(editor, sure).await;
    for status in ["unsubscribed", "bounced", "complained"] {
        let made = enter(editor, confirmed(&format!("{status}@example.com"))).await;
        let path = format!("/editor/subscribers/{}", made.text_of("id"));
        editor
            .patch(&path, json!({ "status": status }))
            .await
            .expect(200);
    }
    app.anonymous()
        .post("/subscriptions", json!({ "email": "asker@example.com" }))
        .await
        .expect(202);
    app.run_jobs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_imported_again_changes_nothing() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    fill(&app, &editor).await;
    let state = "select row_to_json(subscribers) from subscribers order by id";
    let before = app.rows(state).await;
    let consent =
        "status=confirmed&on_conflict=update&consent=%7B%22asked_at%22:%22from_file%22%7D";
    for (format, media_type) in [("csv", "text/csv"), ("ndjson", "application/x-ndjson")] {
        let file = editor
            .get(&format!("{EXPORT}?format={format}"))
            .await
            .expect(200);
        for query in ["", "on_conflict=update", consent] {
            let done = import_as(&app, &editor, media_type, query, &file.text).await;
            assert_eq!(done.body["file"]["format"], "masthead");
            let rows = verdicts(&editor, &done).await;
            assert!(
                counts(&done) == [0, 0, 13, 0, 0],
                "{format} {query}: {rows:?}"
            );
        }
    }
    assert_eq!(app.rows(state).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_moves_to_another_installation_with_those_who_left() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    let (editor, there) = (app.editor().await, other.editor().await);
    fill(&app, &editor).await;
    for name in ["Science", "Local News"] {
        there
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    let file = editor.get(EXPORT).await.expect(200);
    let consent = "status=confirmed&consent=%7B%22asked_at%22:%22from_file%22%7D";

    let moved = import_as(&other, &there, "text/csv", consent, &file.text).await;

    assert_eq!(
        counts(&moved),
        [13, 0, 0, 0, 0],
        "{:?}",
        verdicts(&there, &moved).await
    );
    let profile = "select email || coalesce(name, '') || status || attributes || coalesce(consent::text, '') || coalesce(paused_until::text, '') from subscribers order by email";
    assert_eq!(other.rows(profile).await, app.rows(profile).await);
    assert_eq!(other.rows("select count(*) from suppressions").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_plain_csv_in_which_nothing_computes() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    fill(&app, &editor).await;

    let file = editor
        .get(&format!("{EXPORT}?q=example&status=pending&topic=science"))
        .await
        .expect(200);

    assert_eq!(
        file.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert!(
        file.header("content-disposition")
            .contains("subscribers.csv")
    );
    assert_eq!(file.text.matches("\r\n").count(), 9);
    assert!(file.text.starts_with("id,email,name,status,topics,"));
    for cell in [
        ",'=1+1,",
        ",'@cmd,",
        ",''=already,",
        ",'-7,",
        ",'+49,",
        ",\"Plain, \"\"quoted\"\"\",",
        ",'apostrophe,",
        ",'+0=x@example.com,",
    ] {
        assert!(file.text.contains(cell), "{cell} in {}", file.text);
    }
    let lines = editor
        .get(&format!("{EXPORT}?format=ndjson&status=confirmed"))
        .await
        .expect(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let list = editor
        .get("/editor/subscribers?status=confirmed")
        .await
        .expect(200);
    let line: serde_json::Value = serde_json::from_str(lines.text.trim()).unwrap();
    assert_eq!(json!([line]), list.body["data"]);
    editor
        .with("accept", "text/csv")
        .get(EXPORT)
        .await
        .expect(200);
    for query in ["format=xlsx", "limit=5", "status=gone", "sort=email"] {
        editor.get(&format!("{EXPORT}?{query}")).await.expect(400);
    }
    app.author().await.get(EXPORT).await.expect(403);
}
