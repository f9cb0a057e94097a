use std::collections::BTreeMap;
use std::process::Child;

use serde_json::json;

use super::sign_up;
use crate::command_line::Place;
use crate::harness::TestApp;
use crate::harness::smtp::Sink;

const PEOPLE: usize = 400;

/// A worker of its own, to be killed.
fn worker(place: &Place) -> Child {
    place.command("serve").spawn().unwrap()
}

/// Kills it as the kernel would, when so many more mails have arrived, and lets the time of its leases pass.
async fn kill_after(mails: usize, sink: &Sink, mut worker: Child, app: &TestApp) {
    for _ in 0..mails {
        sink.next().await;
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    app.execute(
        "update jobs set locked_until = now() - interval '1 second' where locked_by is not null",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_twice_forgets_no_mail_and_sends_none_three_times() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[("MASTHEAD_JOB_WORKERS", "0")]).await;
    for number in 0..PEOPLE {
        let wish = json!({ "email": format!("reader{number}@example.com") });
        sign_up(&app.anonymous(), wish).await.expect(202);
    }
    let place = Place::on(app.database_url())
        .with("MASTHEAD_LISTEN", "127.0.0.1:0")
        .with("MASTHEAD_RATE_LIMITS", "off")
        .with("MASTHEAD_SMTP_URL", &sink.url)
        .with("MASTHEAD_MAIL_FROM", "news@example.com");

    for _ in 0..2 {
        kill_after(PEOPLE / 4, &sink, worker(&place), &app).await;
    }
    let mut last = worker(&place);
    app.run_jobs().await;
    last.kill().unwrap();
    last.wait().unwrap();

    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for message in sink.messages() {
        *copies.entry(message.to.concat()).or_default() += 1;
    }
    assert_eq!(copies.len(), PEOPLE, "none is forgotten");
    let most = copies.values().max();
    assert!(most <= Some(&2), "{copies:?}");
    let dead = app
        .rows("select last_error from jobs where dead_at is not null")
        .await;
    assert!(dead.is_empty(), "{dead:?}");
}
