use serde_json::{Value, json};

use super::{confirmed, enter, import, person, statuses};
use crate::harness::{Client, Reply, TestApp};

async fn revert(app: &TestApp, editor: &Client, import: &Reply) -> Reply {
    let path = format!("/editor/imports/{}", import.text_of("id"));
    let accepted = editor
        .post(&format!("{path}/revert"), json!({}))
        .await
        .expect(202);
    assert_eq!(accepted.text_of("state"), "reverting");
    app.run_jobs().await;
    let reverted = editor.get(&path).await.expect(200);
    assert_eq!(reverted.text_of("state"), "reverted");
    reverted
}

async fn undone(editor: &Client, import: &Reply) -> Vec<Value> {
    let path = format!("/editor/imports/{}/rows?limit=100", import.text_of("id"));
    editor.get(&path).await.expect(200).each("undone")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reverted_import_leaves_the_list_as_it_was_but_for_those_who_left() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Science", "Sport"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    enter(&editor, json!({ "email": "old@example.com", "name": "Old", "topics": ["sport"], "attributes": { "a": 1 } })).await;
    enter(&editor, confirmed("leaver@example.com")).await;
    let before = person(&editor, "old@example.com").await;
    let file = "email,name,city,topics,status\nold@example.com,New,Ulm,science,active\nnew@example.com,N,Ulm,,active\n\
                leaver@example.com,L,,,unsubscribed\ngone@example.com,G,,,bounced\nold@example.com,Newer,,,active\nbroken,,,,\n";

    let done = import(&app, &editor, "on_conflict=update", file).await;
    assert_eq!(person(&editor, "old@example.com").await["name"], "Newer");
    let reverted = revert(&app, &editor, &done).await;

    assert_eq!(
        reverted.body["reverted"],
        json!({ "removed": 2, "restored": 2, "kept": 0 })
    );
    assert_eq!(
        undone(&editor, &done).await,
        [
            json!("restored"),
            json!("removed"),
            json!("restored"),
            json!("removed"),
            Value::Null,
            Value::Null
        ]
    );
    let mut after = person(&editor, "old@example.com").await;
    after["updated_at"] = before["updated_at"].clone();
    assert_eq!(after, before);
    assert_eq!(
        statuses(&app).await,
        ["leaver@example.com unsubscribed", "old@example.com pending"]
    );
    assert_eq!(app.rows("select count(*) from suppressions").await, ["2"]);
    assert_eq!(
        app.rows("select count(*) from subscriber_import_rows where prior is not null")
            .await,
        ["0"]
    );
    super::assert_chain_is_whole(&app).await;
    let again = format!("/editor/imports/{}/revert", done.text_of("id"));
    let refused = editor.post(&again, json!({})).await.expect(409);
    assert_eq!(refused.text_of("code"), "already_reverted");
    let told = "select string_agg(action, ' ' order by id) from events where resource_kind = 'subscriber_import'";
    assert_eq!(
        app.rows(told).await,
        ["subscriber_import.finished subscriber_import.reverted"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_changed_since_stays_as_they_are() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    enter(
        &editor,
        json!({ "email": "edited@example.com", "name": "Before" }),
    )
    .await;
    let file = "email,name\nedited@example.com,Imported\nnew@example.com,Imported\nasker@example.com,Imported\nplain@example.com,Imported\nerased@example.com,Imported\n";
    let done = import(&app, &editor, "on_conflict=update", file).await;
    for email in ["edited@example.com", "new@example.com"] {
        let id = person(&editor, email).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        editor
            .patch(
                &format!("/editor/subscribers/{id}"),
                json!({ "name": "By hand" }),
            )
            .await
            .expect(200);
    }
    let id = person(&editor, "erased@example.com").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    editor
        .post(&format!("/editor/subscribers/{id}/erase"), json!({}))
        .await
        .expect(204);
    app.anonymous()
        .post("/subscriptions", json!({ "email": "asker@example.com" }))
        .await
        .expect(202);
    app.run_jobs().await;

    let reverted = revert(&app, &editor, &done).await;

    assert_eq!(
        reverted.body["reverted"],
        json!({ "removed": 1, "restored": 0, "kept": 4 })
    );
    assert_eq!(
        undone(&editor, &done).await,
        ["kept", "kept", "kept", "removed", "kept"].map(Value::from)
    );
    assert_eq!(
        person(&editor, "edited@example.com").await["name"],
        "By hand"
    );
    assert_eq!(
        statuses(&app).await,
        [
            "asker@example.com pending",
            "edited@example.com pending",
            "new@example.com pending"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_in_a_later_part_of_the_file_is_taken_back_first() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let mut file = "email,name\ntwice@example.com,First\n".to_owned();
    for row in 0..10_000 {
        file.push_str(&format!("r{row}@example.com,x\n"));
    }
    file.push_str("twice@example.com,Second\n");
    let done = import(&app, &editor, "on_conflict=update", &file).await;

    let reverted = revert(&app, &editor, &done).await;

    assert_eq!(
        reverted.body["reverted"],
        json!({ "removed": 10_001, "restored": 1, "kept": 0 })
    );
    assert_eq!(app.rows("select count(*) from subscribers").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_written_nothing_or_is_too_old_can_not_be_taken_back() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let file = "email\na@example.com\n";
    let dry = import(&app, &editor, "dry_run=true", file).await;
    let done = import(&app, &editor, "", file).await;
    let refused = async |import: &Reply| {
        let path = format!("/editor/imports/{}/revert", import.text_of("id"));
        editor
            .post(&path, json!({}))
            .await
            .expect(409)
            .text_of("code")
    };
    assert_eq!(refused(&dry).await, "nothing_to_revert");
    app.execute("update subscriber_imports set created_at = created_at - interval '31 days'")
        .await;
    assert_eq!(refused(&done).await, "too_late");
    app.execute("update subscriber_imports set state = 'running'")
        .await;
    assert_eq!(refused(&done).await, "still_running");
}
