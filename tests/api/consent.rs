//! The consent ledger as somebody who doubts it would look at it.

use serde_json::json;

use crate::command_line::Place;
use crate::harness::TestApp;

/// A ledger with some entries, some of them with evidence.
async fn app_with_entries() -> TestApp {
    let app = TestApp::start_with(&[("MASTHEAD_CONSENT_EVIDENCE", "address_and_agent")]).await;
    for number in 0..3 {
        let wish = json!({ "email": format!("reader-{number}@example.com"), "topics": [] });
        let reader = app.anonymous().with("user-agent", "Browser \"1.0e3\" \\ 5");
        reader.post("/subscriptions", wish).await.expect(202);
    }
    app.run_jobs().await;
    let editor = app.editor().await;
    let consent = json!({ "asked_at": "2026-05-01T08:00:00+02:00", "method": "paper", "wording": "Yes, pléase" });
    let robin = json!({ "email": "robin@example.com", "status": "confirmed", "consent": consent });
    editor.post("/editor/subscribers", robin).await.expect(201);
    app
}

/// What the program says of a ledger.
async fn verify(app: &TestApp) -> (bool, String) {
    let said = Place::on(app.database_url()).run("consent verify").await;
    (said.is_success, format!("{}{}", said.out, said.err))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_nobody_touched_is_whole() {
    let app = app_with_entries().await;
    let (ok, said) = verify(&app).await;
    assert!(ok && said.contains("7 entries"), "{said}");
    let head = app
        .rows("select encode(hash, 'hex') from consent_ledger order by number desc limit 1")
        .await;
    assert!(said.contains(&head[0]), "{said}");
    let list = app
        .editor()
        .await
        .get("/editor/subscribers")
        .await
        .expect(200);
    for id in list.each("id") {
        let path = format!("/editor/subscribers/{}/erase", id.as_str().unwrap());
        app.editor().await.post(&path, json!({})).await.expect(204);
    }
    let (ok, said) = verify(&app).await;
    assert!(ok && said.contains("11 entries"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_changes_or_deletes_an_entry() {
    let app = app_with_entries().await;
    for statement in [
        "update consent_ledger set details = '{}' where number = 1",
        "update consent_ledger set action = 'confirmed', private = null where number = 1",
        "update consent_ledger set private = '{}' where number = 1",
        "delete from consent_ledger where number = 1",
        "truncate consent_ledger",
    ] {
        let refused = app.try_execute(statement).await;
        let refused = refused.expect_err(statement).to_string();
        assert!(
            refused.contains("never changed or deleted"),
            "{statement}: {refused}"
        );
    }
    assert!(verify(&app).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_round_that_is_found_out_and_where() {
    let app = app_with_entries().await;
    app.execute("alter table consent_ledger disable trigger user")
        .await;
    app.execute("create table kept as table consent_ledger")
        .await;
    for (tampering, number) in [
        (
            "update consent_ledger set at = at - interval '1 day' where number = 3",
            3,
        ),
        (
            "update consent_ledger set action = 'confirmed' where number = 2",
            2,
        ),
        (
            "update consent_ledger set details = details || '{\"opt_in\": \"single\"}' where number = 5",
            5,
        ),
        (
            "update consent_ledger set private = private || '{\"address\": \"192.0.2.1\"}' where number = 1",
            1,
        ),
        (
            "update consent_ledger set subscriber_id = gen_random_uuid() where number = 7",
            7,
        ),
        ("delete from consent_ledger where number = 4", 4),
        ("delete from consent_ledger where number = 1", 1),
    ] {
        app.execute(tampering).await;
        let (ok, said) = verify(&app).await;
        assert!(
            !ok && said.contains(&format!("entry {number} ")),
            "{tampering}: {said}"
        );
        app.execute("delete from consent_ledger").await;
        app.execute("insert into consent_ledger select * from kept")
            .await;
    }
    assert!(verify(&app).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_many_at_once_have_no_gap() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let racing = (0..24).map(|number| {
        let wish = json!({ "email": format!("reader-{number}@example.com") });
        anonymous.post("/subscriptions", wish)
    });
    for reply in futures::future::join_all(racing).await {
        reply.expect(202);
    }
    app.run_jobs().await;
    let (ok, said) = verify(&app).await;
    assert!(ok && said.contains("48 entries"), "{said}");
}
