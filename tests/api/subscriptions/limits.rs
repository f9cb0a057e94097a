use chrono::TimeDelta;
use serde_json::json;

use super::sign_up;
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_three_mails_a_day_however_it_is_spelt() {
    let app = TestApp::start().await;
    for round in 0..5 {
        for email in [
            "robin@example.com",
            " Robin@example.com ",
            "ROBIN@EXAMPLE.COM",
        ] {
            sign_up(&app.anonymous(), json!({ "email": email }))
                .await
                .expect(202);
        }
        app.run_jobs().await;
        let expected = [1, 1, 2, 2, 3][round];
        assert_eq!(app.mails().len(), expected, "round {round}");
        app.platform
            .clock
            .advance(TimeDelta::minutes([1, 5, 10, 45, 0][round]));
    }
    app.platform.clock.advance(TimeDelta::hours(1));
    sign_up(&app.anonymous(), json!({ "email": "robin@example.com" }))
        .await
        .expect(202);
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 3);
    app.platform.clock.advance(TimeDelta::hours(24));
    sign_up(&app.anonymous(), json!({ "email": "robin@example.com" }))
        .await
        .expect(202);
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_be_deleted_gives_no_right_to_more_mail() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for _ in 0..3 {
        sign_up(&app.anonymous(), json!({ "email": "robin@example.com" }))
            .await
            .expect(202);
        app.run_jobs().await;
        let list = editor.get("/editor/subscribers").await.expect(200);
        let id = list.each("id")[0].as_str().unwrap().to_owned();
        editor
            .delete(&format!("/editor/subscribers/{id}"))
            .await
            .expect(204);
    }
    assert_eq!(app.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_is_not_filled_by_what_stands_behind_a_plus() {
    let app = TestApp::start_with(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    for number in 0..15 {
        let wish = json!({ "email": format!("robin+{number}@example.com") });
        sign_up(&app.anonymous(), wish).await.expect(202);
        app.run_jobs().await;
    }
    assert_eq!(app.mails().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_by_jobs_that_run_at_the_same_time() {
    let settings = [
        ("MASTHEAD_RATE_LIMITS", "on"),
        ("MASTHEAD_JOB_WORKERS", "16"),
    ];
    let app = TestApp::start_with(&settings).await;
    let anonymous = app.anonymous();
    // They wait until all are there, so that they are begun together.
    app.execute("alter table jobs disable trigger jobs_tell")
        .await;
    let racing = (0..24).map(|number| {
        let wish = json!({ "email": format!("robin+{number}@example.com") });
        sign_up(&anonymous, wish)
    });
    for reply in futures::future::join_all(racing).await {
        reply.expect(202);
    }
    app.execute("alter table jobs enable trigger jobs_tell")
        .await;
    app.execute("select pg_notify('masthead_jobs', '')").await;
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_for_minutes_and_of_offices_are_flagged_and_the_first_get_nothing() {
    let app = TestApp::start_with(&[(
        "MASTHEAD_DISPOSABLE_DOMAINS",
        "quick.example.com, other.example",
    )])
    .await;
    for email in [
        "robin@quick.example.com",
        "info@example.com",
        "sam@example.com",
    ] {
        let accepted = sign_up(&app.anonymous(), json!({ "email": email }))
            .await
            .expect(202);
        assert_eq!(accepted.text, r#"{"status":"accepted"}"#);
    }
    app.run_jobs().await;
    let mut to: Vec<String> = app
        .mails()
        .iter()
        .flat_map(|mail| mail.to.clone())
        .collect();
    to.sort();
    assert_eq!(to, ["info@example.com", "sam@example.com"]);
    let list = app
        .editor()
        .await
        .get("/editor/subscribers?sort=email")
        .await
        .expect(200);
    assert_eq!(
        list.each("is_role_address"),
        [json!(true), json!(false), json!(false)]
    );
    assert_eq!(
        list.each("is_disposable_address"),
        [json!(false), json!(true), json!(false)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fills_in_everything_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let wish = json!({ "email": "robin@example.com", "website": "https://example.com" });
    sign_up(&app.anonymous(), wish).await.expect(202);
    app.run_jobs().await;
    assert!(app.mails().is_empty());
    for table in [
        "subscribers",
        "subscription_wishes",
        "consent_ledger",
        "jobs",
    ] {
        let rows = app.rows(&format!("select 1 from {table}")).await;
        assert!(rows.is_empty(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn international_addresses_and_long_ones_get_their_mail_and_smuggled_ones_none() {
    let app = TestApp::start().await;
    let long = format!("{}@{}.example.com", "a".repeat(60), "b".repeat(60));
    for email in ["ü@exämple.com", "robin+news@example.com", long.as_str()] {
        sign_up(&app.anonymous(), json!({ "email": email }))
            .await
            .expect(202);
    }
    for email in [
        "robin@example.com\r\nBcc: sam@example.com",
        "robin@example.com\nsam@example.com",
        "robin@example.com,sam@example.com",
        "robin@example.com%0d%0aBcc:sam@example.com,x",
        "Robin <robin@example.com>",
        "<robin@example.com>",
        "robin@example.com;sam@example.com",
        "robin@example.com sam@example.com",
    ] {
        let refused = sign_up(&app.anonymous(), json!({ "email": email }))
            .await
            .expect(422);
        assert_eq!(refused.faults(), ["#/email invalid_email"], "{email}");
    }
    let name = json!({ "email": "sam@example.com", "name": "Sam\r\nBcc: robin@example.com" });
    let refused = sign_up(&app.anonymous(), name).await.expect(422);
    assert_eq!(refused.faults(), ["#/name control_character"]);
    app.run_jobs().await;
    let mut to: Vec<String> = app
        .mails()
        .iter()
        .flat_map(|mail| mail.to.clone())
        .collect();
    to.sort();
    assert_eq!(to.len(), 3, "{to:?}");
}
