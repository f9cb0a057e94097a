use std::time::{Duration, Instant};

use masthead::platform::mail::{Mail, MailFault};
use masthead::types::Parse;

use super::{mail, sending_by};
use crate::harness::TestApp;
use crate::harness::smtp::{Sink, Trouble};

/// What a fault says about whose it is.
fn kind_of(fault: &MailFault) -> &'static str {
    match fault {
        MailFault::Temporary { .. } => "temporary",
        MailFault::Refused(_) => "refused",
        MailFault::Unacceptable(_) => "unacceptable",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_is_told_apart_and_the_next_mail_goes_out() {
    let sink = Sink::start().await;
    let url = format!("{}?timeout=1", sink.url);
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &url)]).await;
    let troubles = [
        (Trouble::At("CONNECT", "421 4.3.2 too busy"), "temporary"),
        (Trouble::At("CONNECT", "554 5.3.2 go away"), "temporary"),
        (Trouble::At("EHLO", "421 4.3.2 too busy"), "temporary"),
        (Trouble::At("MAIL", "450 4.7.1 slowly"), "temporary"),
        (Trouble::At("MAIL", "550 5.7.1 not you"), "temporary"),
        (
            Trouble::At("RCPT", "450 4.2.1 <reader@example.com> later"),
            "temporary",
        ),
        (Trouble::At("RCPT", "421 4.7.0 enough"), "temporary"),
        (
            Trouble::At("RCPT", "550 5.1.1 <reader@example.com> who?"),
            "refused",
        ),
        (Trouble::At("RCPT", "550 who?"), "refused"),
        (
            Trouble::At("RCPT", "550 5.7.1 your kind is not wanted"),
            "temporary",
        ),
        (
            Trouble::At("RCPT", "552 5.2.2 reader@example.com is full"),
            "temporary",
        ),
        (Trouble::At("DATA", "451 4.3.0 later"), "temporary"),
        (
            Trouble::At("BODY", "554 5.6.0 reader@example.com wants no spam"),
            "unacceptable",
        ),
        (Trouble::At("BODY", "452 4.3.1 full"), "temporary"),
        (Trouble::DropAfter(100), "temporary"),
        (Trouble::HangAt("CONNECT"), "temporary"),
        (Trouble::HangAt("EHLO"), "temporary"),
        (Trouble::HangAt("RCPT"), "temporary"),
        (Trouble::HangAt("DATA"), "temporary"),
    ];
    for (index, (trouble, expected)) in troubles.into_iter().enumerate() {
        // A connection that lies ready would not be greeted again.
        let fresh = TestApp::beside(&app);
        let mailer = match trouble {
            Trouble::At("CONNECT" | "EHLO", _) | Trouble::HangAt("CONNECT" | "EHLO") => {
                mailer_of(&app)
            }
            _ => fresh.platform.mailer.clone(),
        };
        sink.trouble(trouble);
        let fault = mailer.send(&mail()).await.unwrap_err();
        assert_eq!(kind_of(&fault), expected, "{trouble:?}: {fault}");
        assert!(!fault.to_string().contains('@'), "{fault}");
        mailer.send(&mail()).await.unwrap();
        assert_eq!(sink.messages().len(), index + 1, "after {trouble:?}");
    }
}

/// Another way to the same servers, without connections.
fn mailer_of(app: &TestApp) -> masthead::platform::mail::Mailer {
    masthead::platform::mail::Mailer::new(&app.platform.config, app.platform.clock.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_arrival_nobody_confirmed_is_tried_again_under_the_same_name() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    sink.trouble(Trouble::DropBeforeReply);

    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "temporary");
    app.platform.mailer.send(&mail()).await.unwrap();

    let ids: Vec<_> = sink
        .messages()
        .iter()
        .map(|one| one.header("message-id").unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "receivers can tell that it is one");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again_and_replaced_when_they_ended() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    let mailer = &app.platform.mailer;

    mailer.send(&mail()).await.unwrap();
    sink.trouble(Trouble::At("RCPT", "550 5.1.1 who?"));
    mailer.send(&mail()).await.unwrap_err();
    mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.connections(), 1);
    let commands = sink.commands();
    assert!(commands.contains(&"RSET".to_owned()), "{commands:?}");

    sink.trouble(Trouble::CloseIdle);
    mailer.send(&mail()).await.unwrap();
    sink.trouble(Trouble::At("MAIL", "421 4.4.2 you were silent for long"));
    mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.connections(), 3);
    assert_eq!(sink.messages().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_commands_together_gets_them_together_and_no_other() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    app.platform.mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.pipelined(), 2, "RCPT and DATA came with MAIL");

    for _ in 0..2 {
        sink.trouble(Trouble::At("EHLO", "250 sink.example.com"));
    }
    mailer_of(&app).send(&mail()).await.unwrap();
    assert_eq!(sink.pipelined(), 2);
    assert_eq!(sink.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_waits_for_a_mail_to_nobody_gets_none_and_can_be_used_again() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    sink.trouble(Trouble::At("RCPT", "550 5.1.1 who?"));
    sink.trouble(Trouble::At("DATA", "354 go on"));
    sink.trouble(Trouble::At("BODY", "554 5.5.1 for whom?"));

    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "refused");
    app.platform.mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.connections(), 1);
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_a_recipient_without_a_sender_gets_no_mail_for_it() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    sink.trouble(Trouble::At("MAIL", "450 4.7.1 slowly"));
    sink.trouble(Trouble::At("RCPT", "250 2.1.5 ok"));
    sink.trouble(Trouble::At("DATA", "354 go on"));

    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "temporary");
    app.platform.mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.connections(), 2, "nothing more went by the first");
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_logged_in_to_and_a_wrong_password_is_nobodys_bounce() {
    let sink = Sink::start().await;
    let with = |user: &str| sink.url.replace("smtp://", &format!("smtp://{user}@"));
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &with("me:secret%3Aword"))]).await;
    app.platform.mailer.send(&mail()).await.unwrap();
    assert!(sink.commands().contains(&"AUTH".to_owned()));

    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &with("me:hunter2"))]).await;
    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "temporary");
    assert!(fault.to_string().contains("535"), "{fault}");
    assert!(!fault.to_string().contains("hunter2"), "{fault}");
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tls_is_required_nothing_is_said_without_it() {
    let sink = Sink::start().await;
    let url = format!("{}?tls=required", sink.url);
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &url)]).await;

    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "temporary");
    assert!(fault.to_string().contains("STARTTLS"), "{fault}");
    assert_eq!(sink.commands().len(), 1, "{:?}", sink.commands());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_share_the_mails_and_stand_in_for_each_other() {
    let (one, other) = (Sink::start().await, Sink::start().await);
    let urls = format!("{} {}", one.url, other.url);
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &urls)]).await;
    for _ in 0..10 {
        app.platform.mailer.send(&mail()).await.unwrap();
    }
    assert_eq!(one.messages().len(), 5);
    assert_eq!(other.messages().len(), 5);

    one.stop().await;
    for _ in 0..4 {
        app.platform.mailer.send(&mail()).await.unwrap();
    }
    assert_eq!(other.messages().len(), 9);

    other.stop().await;
    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert_eq!(kind_of(&fault), "temporary");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gets_no_more_than_its_rate_and_its_connections() {
    let sink = Sink::start().await;
    let url = format!("{}?rate=20&connections=2", sink.url);
    let app = TestApp::start_with(&[("MASTHEAD_SMTP_URL", &url)]).await;
    let started = Instant::now();

    let one = mail();
    let sent = futures::future::join_all((0..9).map(|_| app.platform.mailer.send(&one))).await;

    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert_eq!(sink.messages().len(), 9);
    assert!(
        sink.connections() <= 2,
        "{} connections",
        sink.connections()
    );

    let most = futures::future::join_all((0..420).map(|_| async {
        let waiting = app.platform.mailer.send(&one);
        tokio::time::timeout(Duration::ZERO, waiting).await
    }))
    .await;
    let refused = most.into_iter().find_map(|outcome| outcome.ok()?.err());
    let Some(MailFault::Temporary { retry_after, .. }) = refused else {
        panic!("no mail was told to come back later");
    };
    assert!(
        retry_after.unwrap() > Duration::from_secs(19),
        "{retry_after:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_beyond_ascii_are_for_servers_that_know_them() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    let international = Mail {
        to: Parse::parse("ü@exämple.com").unwrap(),
        ..mail()
    };

    app.platform.mailer.send(&international).await.unwrap();
    let received = sink.next().await;
    assert_eq!(received.to, ["ü@xn--exmple-cua.com"]);
    assert!(
        received.parameters.contains("SMTPUTF8"),
        "{}",
        received.parameters
    );

    let fresh = mailer_of(&app);
    sink.trouble(Trouble::At("EHLO", "250 sink.example.com"));
    let fault = fresh.send(&international).await.unwrap_err();
    assert_eq!(kind_of(&fault), "unacceptable");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_can_be_asked_whether_they_would_let_us_in() {
    let sink = Sink::start().await;
    let nowhere = "smtp://127.0.0.1:1";
    let app =
        TestApp::start_with(&[("MASTHEAD_SMTP_URL", &format!("{},{nowhere}", sink.url))]).await;

    let found = app.platform.mailer.check().await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].1, Ok(()));
    assert!(found[1].1.is_err());
    assert!(sink.messages().is_empty());
}
