mod dkim;
mod queue;
mod sending;
mod templates;

use masthead::platform::mail::{AutoSubmitted, ListHeaders, Mail};
use masthead::types::{Locale, Parse};
use uuid::Uuid;

use crate::harness::TestApp;
use crate::harness::smtp::Sink;

/// A mail such as a feature sends, to a reader of the list.
fn mail() -> Mail {
    Mail {
        name: "confirm",
        message_id: Uuid::from_u128(7),
        to: Parse::parse("reader@example.com").unwrap(),
        subject: "Please confirm".to_owned(),
        text: "Hello,\n\nplease confirm: https://news.example.com/c/1\n".to_owned(),
        html: "<p>Hello, please <a href=\"https://news.example.com/c/1\">confirm</a></p>\n"
            .to_owned(),
        locale: Locale::default(),
        list: None,
        auto_submitted: AutoSubmitted::Generated,
    }
}

/// The same, to everybody on the list.
fn list_mail() -> Mail {
    Mail {
        list: Some(ListHeaders {
            list_id: "news.example.com".to_owned(),
            unsubscribe_url: "https://cms.example.com/subscriptions/abc/unsubscribe".to_owned(),
            unsubscribe_mailto: Some("mailto:leave@example.com?subject=abc".to_owned()),
        }),
        auto_submitted: AutoSubmitted::No,
        ..mail()
    }
}

/// An app that sends by this server.
async fn sending_by(sink: &Sink) -> TestApp {
    TestApp::start_with(&[("MASTHEAD_SMTP_URL", &sink.url)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_with_both_parts_and_its_headers() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&[
        ("MASTHEAD_SMTP_URL", &sink.url),
        ("MASTHEAD_SITE_NAME", "Ünser Blatt"),
        ("MASTHEAD_MAIL_REPLY_TO", "\"Desk, The\" <desk@example.com>"),
    ])
    .await;

    app.platform.mailer.send(&list_mail()).await.unwrap();

    let received = sink.next().await;
    assert_eq!(received.from, "news@news.example.com");
    assert_eq!(received.to, ["reader@example.com"]);
    let (head, _) = received.raw.split_once("\r\n\r\n").unwrap();
    let shown: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with("Date: ") && !line.contains("boundary="))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    From: =?utf-8?b?w5xuc2VyIEJsYXR0?= <news@news.example.com>
    To: reader@example.com
    Subject: Please confirm
    Message-ID: <00000000-0000-0000-0000-000000000007@news.example.com>
    Reply-To: =?utf-8?b?RGVzaywgVGhl?= <desk@example.com>
    Content-Language: en
    List-Id: <news.example.com>
    List-Unsubscribe: <https://cms.example.com/subscriptions/abc/unsubscribe>,
     <mailto:leave@example.com?subject=abc>
    List-Unsubscribe-Post: List-Unsubscribe=One-Click
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
    ");
    let date = received.header("date").unwrap();
    chrono::DateTime::parse_from_rfc2822(&date).unwrap();
    assert_eq!(
        received.part("text/plain"),
        list_mail().text.replace('\n', "\r\n")
    );
    assert_eq!(
        received.part("text/html"),
        list_mail().html.replace('\n', "\r\n")
    );
    assert!(received.link("/c/").ends_with("/c/1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_text_holds_it_arrives_as_it_was_in_lines_that_servers_take() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    let long = "a".repeat(5000);
    let text = format!(".\n..dots\n.\n\n{long}\nÄpfel, 苹果 🍎\nFrom here\n=3D\ttab \n");
    let sent = Mail {
        subject: "Grüße an 苹果 🍎 ".repeat(20),
        html: format!("<p>{long} ü</p>"),
        text: text.clone(),
        ..mail()
    };

    app.platform.mailer.send(&sent).await.unwrap();

    let received = sink.next().await;
    for line in received.raw.split("\r\n") {
        assert!(line.len() <= 998, "a line of {} bytes", line.len());
        assert!(!line.contains(['\r', '\n']), "a line end by half: {line:?}");
    }
    assert!(received.raw.is_ascii());
    assert_eq!(received.part("text/plain"), text.replace('\n', "\r\n"));
    assert_eq!(received.part("text/html"), sent.html);
    assert!(received.header("subject").unwrap().starts_with("=?utf-8?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_can_be_smuggled_in() {
    let sink = Sink::start().await;
    let app = sending_by(&sink).await;
    for smuggled in [
        "Hi\r\nBcc: other@example.com",
        "Hi\nBcc: other@example.com\r\n\r\nbody",
        "Hi\rBcc: x\0",
    ] {
        let sent = Mail {
            subject: smuggled.to_owned(),
            ..mail()
        };
        app.platform.mailer.send(&sent).await.unwrap();
        let received = sink.next().await;
        assert_eq!(received.to, ["reader@example.com"]);
        assert_eq!(received.header("bcc"), None, "{}", received.raw);
        assert!(received.header("subject").unwrap().starts_with("Hi"));
    }
    for hostile in [
        "https://e.org/\r\nBcc: other@example.com",
        "https://e.org/> , <https://evil.example.com/",
        "https://e.org/ü",
        &format!("https://e.org/{}", "a".repeat(1000)),
    ] {
        let mut sent = list_mail();
        sent.list.as_mut().unwrap().unsubscribe_url = hostile.to_owned();
        let fault = app.platform.mailer.send(&sent).await.unwrap_err();
        assert!(fault.to_string().contains("unsubscribing"), "{fault}");
        let mut sent = list_mail();
        sent.list.as_mut().unwrap().list_id = hostile.to_owned();
        app.platform.mailer.send(&sent).await.unwrap_err();
    }
    assert_eq!(sink.messages().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mails_lie_in_a_folder_that_nobody_else_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let app = TestApp::start().await;

    app.platform.mailer.send(&mail()).await.unwrap();
    app.platform.mailer.send(&list_mail()).await.unwrap();

    let names = app.folder.mail_names();
    assert_eq!(names.len(), 2);
    for (name, number) in names.iter().zip(["000001", "000002"]) {
        let rest = &name["20261125T101500Z".len()..];
        assert_eq!(
            rest,
            format!("-{number}-confirm-{}.eml", Uuid::from_u128(7))
        );
    }
    let mails = app.mails();
    assert_eq!(mails[0].to, ["reader@example.com"]);
    assert!(mails[0].link("/c/").ends_with("/c/1"));
    assert!(mails[1].header("list-unsubscribe").is_some());
    let outbox = app.platform.mailer.folder().unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(outbox), 0o700);
    assert_eq!(mode(&outbox.join(&names[0])), 0o600);
    assert_eq!(
        std::fs::read_dir(outbox).unwrap().count(),
        2,
        "no drafts are left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_can_not_be_written_to_is_a_fault_that_passes() {
    let app = TestApp::start().await;
    app.folder.write("outbox", "a file in its place");

    let fault = app.platform.mailer.send(&mail()).await.unwrap_err();
    assert!(
        fault
            .to_string()
            .starts_with("the folder for mails can't be written to"),
        "{fault}"
    );
    assert!(!fault.to_string().contains('@'));
}
