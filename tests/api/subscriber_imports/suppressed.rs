use serde_json::json;

use super::{confirmed, counts, enter, import_as, statuses, verdicts};
use crate::harness::TestApp;

const CONSENT: &str =
    "status=confirmed&on_conflict=update&consent=%7B%22asked_at%22:%222026-01-01T00:00:00Z%22%7D";

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_left_comes_back_by_any_file() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["unsubscribed", "bounced", "complained", "deleted", "erased"] {
        let made = enter(&editor, confirmed(&format!("{name}@example.com"))).await;
        let path = format!("/editor/subscribers/{}", made.text_of("id"));
        let status = if name == "deleted" {
            "unsubscribed"
        } else {
            name
        };
        if name != "erased" {
            editor
                .patch(&path, json!({ "status": status }))
                .await
                .expect(200);
        }
        match name {
            "deleted" => drop(editor.delete(&path).await.expect(204)),
            "erased" => drop(
                editor
                    .post(&format!("{path}/erase"), json!({}))
                    .await
                    .expect(204),
            ),
            _ => {}
        }
    }
    let before = statuses(&app).await;
    let state =
        "select string_agg(row_to_json(subscribers)::text, '' order by id) from subscribers";
    let rows = app.rows(state).await;
    let addresses = ["unsubscribed", "BOUNCED", "complained", "deleted", "erased"]
        .map(|name| format!("{name}@Example.com"));
    let csv = |head: &str, tail: &str| {
        let lines = addresses
            .iter()
            .map(|address| format!("{address},{tail}\n"));
        format!("{head}\n{}", lines.collect::<String>())
    };
    let ours = "email,status,attributes,confirmed_at,consent_asked_at,consent_method,is_role_address,paused_until";
    let objects = addresses.each_ref().map(|address| {
        json!({ "email": address, "status": "confirmed", "name": "Back" }).to_string()
    });
    for (media_type, file) in [
        ("text/csv", csv("email,name", "Back")),
        ("text/csv", csv("email,status", "confirmed")),
        ("text/csv", csv("email,status", "pending")),
        ("text/csv", csv("Email Address,First Name,LEID", "Back,7")),
        (
            "text/csv",
            csv("email,name,attributes", "Back,\"{\"\"a\"\": 1}\""),
        ),
        ("text/csv", csv("email,subscribed_to_emails", "true")),
        (
            "text/csv",
            csv("email,active_subscription,email_disabled", "true,false"),
        ),
        (
            "text/csv",
            csv("email,status,tier,unsubscribed_at", "active,free,"),
        ),
        (
            "text/csv",
            csv(
                ours,
                "confirmed,{},2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,form,false,",
            ),
        ),
        ("application/x-ndjson", objects.join("\n")),
        ("application/json", format!("[{}]", objects.join(","))),
    ] {
        for query in [CONSENT, "on_conflict=update", "", "dry_run=true"] {
            let done = import_as(&app, &editor, media_type, query, &file).await;
            assert_eq!(
                counts(&done),
                [0, 0, 0, 5, 0],
                "{query} {file} {:?}",
                verdicts(&editor, &done).await
            );
        }
    }
    assert_eq!(app.rows(state).await, rows);
    assert_eq!(statuses(&app).await, before);
    assert_eq!(app.rows("select count(*) from suppressions").await, ["5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_signed_up_again_is_not_confirmed_by_a_file() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let made = enter(&editor, confirmed("robin@example.com")).await;
    let path = format!("/editor/subscribers/{}", made.text_of("id"));
    editor
        .post(&format!("{path}/erase"), json!({}))
        .await
        .expect(204);
    let asked = json!({ "email": "robin@example.com" });
    app.anonymous()
        .post("/subscriptions", asked)
        .await
        .expect(202);
    app.run_jobs().await;

    let done = import_as(
        &app,
        &editor,
        "text/csv",
        CONSENT,
        "email,name\nrobin@example.com,Robin\n",
    )
    .await;

    assert_eq!(verdicts(&editor, &done).await, ["2 suppressed erased"]);
    assert_eq!(statuses(&app).await, ["robin@example.com pending"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_row_says_has_left_leaves_whatever_the_request_says() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["a", "b", "c"] {
        enter(&editor, confirmed(&format!("{name}@example.com"))).await;
    }
    let file = "email,status\na@example.com,unsubscribed\nb@example.com,cleaned\nc@example.com,spam\n\
                d@example.com,active\nd@example.com,unsubscribed\nd@example.com,active\n";

    let done = import_as(&app, &editor, "text/csv", CONSENT, file).await;

    assert_eq!(
        verdicts(&editor, &done).await,
        [
            "2 update",
            "3 update",
            "4 update",
            "5 create",
            "6 update",
            "7 suppressed unsubscribed"
        ]
    );
    assert_eq!(
        statuses(&app).await,
        [
            "a@example.com unsubscribed",
            "b@example.com bounced",
            "c@example.com complained",
            "d@example.com unsubscribed"
        ]
    );
    assert_eq!(app.rows("select count(*) from suppressions").await, ["4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_keeps_holds_no_address_of_the_erased() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    enter(
        &editor,
        json!({ "email": "robin@example.com", "name": "Robin Unmistakable" }),
    )
    .await;
    let file = "email,name\nrobin@example.com,Robin Other\nnew@example.com,Nina Unmistakable\nbroken@,Bea Unmistakable\n";
    import_as(&app, &editor, "text/csv", "on_conflict=update", file).await;

    for path in app
        .rows("select '/editor/subscribers/' || id || '/erase' from subscribers")
        .await
    {
        editor.post(&path, json!({})).await.expect(204);
    }

    let kept = "select row_to_json(r)::text || coalesce((select string_agg(row_to_json(i)::text, '') from subscriber_imports i), '') from subscriber_import_rows r";
    for row in app.rows(kept).await {
        for word in ["Unmistakable", "robin@", "new@", "broken@"] {
            assert!(!row.contains(word), "{word} in {row}");
        }
    }
    assert_eq!(
        app.rows("select count(*) from subscriber_import_pieces")
            .await,
        ["0"]
    );
}
