use std::collections::BTreeMap;

use masthead::platform::Platform;
use masthead::platform::jobs::{Job, Kind, Kinds, Outcome, Runner};
use masthead::platform::mail::{Mail, MailFault};

use super::mail;
use crate::harness::smtp::{Sink, Trouble};
use crate::harness::{TestApp, eventually};

fn kinds() -> Kinds {
    [Kind::new("test.mail", |platform, job| {
        Box::pin(send(platform, job))
    })]
    .into_iter()
    .collect()
}

async fn send(platform: Platform, job: Job) -> Outcome {
    let sent = Mail {
        message_id: job.id.as_uuid(),
        ..mail()
    };
    match platform.mailer.send(&sent).await {
        Ok(()) => Outcome::Done,
        Err(fault) => fault.into(),
    }
}

async fn enqueue(app: &TestApp, count: u32) {
    app.execute(&format!(
        "insert into jobs (id, kind, payload, run_at, created_at)
            select gen_random_uuid(), 'test.mail', '{{}}', now(), now() from generate_series(1, {count})"
    ))
    .await;
}

/// How often each message came.
fn counts(sink: &Sink) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in sink.messages() {
        *counts
            .entry(message.header("message-id").unwrap())
            .or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_the_mails_and_none_goes_out_twice() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &sink.url)]).await;
    let other = app.beside();
    enqueue(&app, 300).await;

    let _runners = [&app, &other].map(|app| Runner::start(&app.platform, kinds()));
    app.run_jobs().await;

    let counts = counts(&sink);
    assert_eq!(counts.len(), 300);
    assert!(counts.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_an_instance_dies_in_the_middle_no_mail_is_forgotten_and_few_come_twice() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &sink.url)]).await;
    enqueue(&app, 300).await;
    for half in [100, 200] {
        let runner = Runner::start(&app.platform, kinds());
        eventually("it is in the middle", async || {
            sink.messages().len() >= half
        })
        .await;
        drop(runner);
        app.execute(
            "update jobs set locked_until = now() - interval '1 s' where locked_by is not null",
        )
        .await;
    }

    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;

    let counts = counts(&sink);
    assert_eq!(counts.len(), 300);
    assert!(counts.values().all(|count| *count <= 2), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_put_off_comes_later_and_one_that_is_refused_never() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[
        ("MASTHEAD_SMTP_URL", &sink.url),
        ("MASTHEAD_JOB_WORKERS", "1"),
    ])
    .await;
    sink.trouble(Trouble::At(
        "RCPT",
        "450 4.2.0 <reader@example.com> is grey",
    ));
    sink.trouble(Trouble::At("RCPT", "550 5.1.1 no reader@example.com here"));
    enqueue(&app, 2).await;
    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;

    let words = app.rows("select concat_ws(' ', dead_at is not null, last_error) from jobs order by dead_at nulls first").await;
    assert_eq!(
        words,
        [
            "f RCPT was answered 450 4.2.0",
            "t RCPT was answered 550 5.1.1"
        ]
    );

    app.platform.clock.advance(chrono::TimeDelta::seconds(10));
    app.run_jobs().await;
    assert_eq!(sink.messages().len(), 1);
    assert_eq!(app.rows("select count(*) from jobs").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_a_server_says_once_it_knows_the_recipient_codes_alone_are_kept() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[
        ("MASTHEAD_SMTP_URL", &sink.url),
        ("MASTHEAD_JOB_WORKERS", "1"),
    ])
    .await;
    for (at, said) in [
        ("DATA", "554 5.7.1 not for reader"),
        (
            "BODY",
            "550 5.7.1 message to <reader@example.com> rejected; reader",
        ),
    ] {
        sink.trouble(Trouble::At(at, said));
        enqueue(&app, 1).await;
    }
    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;
    assert_eq!(
        app.rows("select last_error from jobs order by last_error")
            .await,
        [
            "DATA was answered 554 5.7.1",
            "the mail was answered 550 5.7.1"
        ]
    );
}

#[test]
fn whose_fault_it_is_decides_what_becomes_of_the_job() {
    use std::time::Duration;
    let temporary = |retry_after| MailFault::Temporary {
        words: "later".to_owned(),
        retry_after,
    };
    let minute = Duration::from_secs(60);
    for (fault, outcome) in [
        (temporary(None), Outcome::Retry("later".to_owned())),
        (
            temporary(Some(minute)),
            Outcome::RetryIn(minute, "later".to_owned()),
        ),
        (
            MailFault::Refused("no".to_owned()),
            Outcome::GiveUp("no".to_owned()),
        ),
        (
            MailFault::Unacceptable("no".to_owned()),
            Outcome::GiveUp("no".to_owned()),
        ),
    ] {
        assert_eq!(Outcome::from(fault), outcome);
    }
}
