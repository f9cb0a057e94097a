//! Whoever leaves has left: no link that was mailed before brings them back.

use serde_json::{Value, json};

use super::{only_subscriber, path_of, sign_up, token_of, welcomed};
use crate::harness::{Client, Reply, TestApp};

const ROBIN: &str = "robin@example.com";

async fn press(client: &Client, page: &str, fields: &str) -> Reply {
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    let body = Some(fields.as_bytes().to_vec());
    client.send(reqwest::Method::POST, page, body).await
}

/// Somebody on the list who has asked for more, and not confirmed that: their manage token, and the link that waits.
async fn waiting(app: &TestApp, editor: &Client) -> (String, String) {
    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let token = welcomed(app, editor, json!({ "email": ROBIN, "topics": [] })).await;
    (token, ask_again(app).await)
}

async fn ask_again(app: &TestApp) -> String {
    let wish = json!({ "email": ROBIN, "topics": ["science"] });
    sign_up(&app.anonymous(), wish).await.expect(202);
    app.run_jobs().await;
    app.mails().last().unwrap().link("/subscriptions/c_")
}

async fn assert_is_void(app: &TestApp, link: &str, status: &str) {
    let page = app.anonymous().get(&path_of(link)).await.expect(404);
    assert!(page.text.contains("does not work"), "{}", page.text);
    press(&app.anonymous(), &path_of(link), "action=confirm")
        .await
        .expect(404);
    let api = format!("/subscriptions/{}/confirm", token_of(link));
    app.anonymous().post(&api, json!({})).await.expect(404);
    assert_eq!(app.rows("select status from subscribers").await, [status]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_link_does_not_undo_that_somebody_left() {
    for way in ["page", "click", "api"] {
        let app = TestApp::start().await;
        let editor = app.editor().await;
        let (token, link) = waiting(&app, &editor).await;
        let page = format!("@/subscriptions/{token}");
        let left = match way {
            "page" => press(&app.anonymous(), &page, "action=unsubscribe_all").await,
            "click" => press(&app.anonymous(), &format!("{page}/unsubscribe"), "").await,
            _ => {
                let api = format!("/subscriptions/{token}/unsubscribe");
                app.anonymous().post(&api, json!({})).await
            }
        };
        left.expect(200);
        assert_is_void(&app, &link, "unsubscribed").await;

        // Asked for anew, it is a new decision; and to leave twice takes that back as well.
        app.platform.clock.advance(chrono::TimeDelta::minutes(45));
        let link = ask_again(&app).await;
        press(&app.anonymous(), &format!("{page}/unsubscribe"), "")
            .await
            .expect(200);
        assert_is_void(&app, &link, "unsubscribed").await;
        app.platform.clock.advance(chrono::TimeDelta::hours(25));
        let link = ask_again(&app).await;
        press(&app.anonymous(), &path_of(&link), "action=confirm")
            .await
            .expect(200);
        let status = app.rows("select status from subscribers").await;
        assert_eq!(status, ["confirmed"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_that_an_editor_or_a_file_says_so() {
    for status in ["unsubscribed", "bounced", "complained", "file"] {
        let app = TestApp::start().await;
        let editor = app.editor().await;
        let (_, link) = waiting(&app, &editor).await;
        let subscriber = only_subscriber(&editor).await;
        let path = format!("/editor/subscribers/{}", subscriber["id"].as_str().unwrap());
        if status == "file" {
            let client = editor.with("content-type", "text/csv");
            let file = format!("email,status\n{ROBIN},unsubscribed\n");
            let path = "/editor/subscribers/import";
            let body = Some(file.into_bytes());
            client
                .send(reqwest::Method::POST, path, body)
                .await
                .expect(202);
            app.run_jobs().await;
            assert_is_void(&app, &link, "unsubscribed").await;
            continue;
        }
        // A change of something else is none of its business.
        editor
            .patch(&path, json!({ "name": "Robin" }))
            .await
            .expect(200);
        app.anonymous().get(&path_of(&link)).await.expect(200);
        let patch: Value = json!({ "status": status });
        editor.patch(&path, patch).await.expect(200);
        assert_is_void(&app, &link, status).await;
    }
}
