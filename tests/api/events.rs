use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::articles::{create, step};
use crate::changes::{line, publish, since, token};
use crate::harness::{Client, TestApp};

/// Somebody who listens.
struct Listening {
    response: reqwest::Response,
    text: String,
    /// The id of the last event, as a browser would keep it.
    last: String,
}

impl Listening {
    async fn to(client: &Client, path: &str) -> Self {
        let response = client.open(path).await;
        assert_eq!(response.status(), 200);
        let mut listening = Self {
            response,
            text: String::new(),
            last: String::new(),
        };
        // The opening: no event, but an id.
        assert!(listening.block().await.unwrap().starts_with("retry: "));
        listening
    }

    /// The next event's data in one line.
    async fn next(&mut self) -> String {
        loop {
            let block = self.block().await.unwrap();
            let data = block.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                assert!(block.contains("event: change\n"), "{block}");
                return line(&serde_json::from_str::<Value>(data).unwrap());
            }
        }
    }

    /// What comes until the next empty line; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (format!("{block}\n"), rest.to_owned());
                self.text = rest;
                if let Some(id) = block.lines().find_map(|line| line.strip_prefix("id: ")) {
                    self.last = id.to_owned();
                }
                return Some(block);
            }
            let chunk = timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.unwrap().ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_heard_as_they_happen_and_none_twice_by_who_comes_back() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Before").await;
    let browser = reader.with("accept", "text/event-stream");
    let now = token(&reader).await;
    // A stream begins where its instance stands, which may be a moment earlier.
    let mut first = loop {
        let listening = Listening::to(&browser, "/events").await;
        if listening.last == now {
            break listening;
        }
    };
    let headers = first.response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
    let begin = first.last.clone();

    publish(&editor, "One").await;
    publish(&editor, "Two").await;
    assert_eq!(first.next().await, "published article one");
    let after_one = first.last.clone();
    assert_eq!(first.next().await, "published article two");
    drop(first);
    publish(&editor, "Three").await;

    let mut again = Listening::to(&reader.with("last-event-id", &after_one), "/events").await;
    assert_eq!(again.next().await, "published article two");
    assert_eq!(again.next().await, "published article three");
    publish(&editor, "Four").await;
    assert_eq!(again.next().await, "published article four");
    assert_eq!(again.last, token(&reader).await);

    // The tokens are those of `/changes`; a header goes before the parameter, an empty one is none.
    assert_eq!(since(&reader, &after_one).await.0.len(), 3);
    let path = format!("/events?since={begin}");
    let mut by_parameter = Listening::to(&reader.with("last-event-id", ""), &path).await;
    assert_eq!(by_parameter.next().await, "published article one");
    let mut by_both = Listening::to(&reader.with("last-event-id", &again.last), &path).await;
    publish(&editor, "Five").await;
    assert_eq!(by_both.next().await, "published article five");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_for_long_reads_up_from_the_database_and_goes_on_live() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "First").await;
    let start = token(&reader).await;
    app.execute(
        "insert into events (action, resource_kind, resource_id, visible_to_readers, shown_action, shown_slug)
         select 'tag.updated', 'tag', gen_random_uuid(), true, 'updated', 'tag-' || n from generate_series(1, 1500) n",
    )
    .await;

    let mut listening = Listening::to(&reader, &format!("/events?since={start}")).await;
    for number in 1..=1500 {
        assert_eq!(listening.next().await, format!("updated tag tag-{number}"));
        if number == 750 {
            publish(&editor, "Last").await;
        }
    }
    assert_eq!(listening.next().await, "published article last");
    publish(&editor, "Live").await;
    assert_eq!(listening.next().await, "published article live");
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_of_every_instance_hear_eight_writers_without_gap_or_double() {
    let app = TestApp::start().await;
    let other = app.beside();
    let (editor, reader) = (app.editor().await, app.anonymous());
    let start = token(&reader).await;
    let listening = [&reader, &other.anonymous(), &reader].map(|client| {
        let (client, path) = (client.clone(), format!("/events?since={start}"));
        tokio::spawn(async move {
            let mut listening = Listening::to(&client, &path).await;
            let mut heard = Vec::new();
            while heard.len() < 40 {
                heard.push(listening.next().await);
                // Some lines break.
                if heard.len() % 10 == 0 {
                    let client = client.with("last-event-id", &listening.last);
                    listening = Listening::to(&client, "/events").await;
                }
            }
            heard
        })
    });
    let writers = (0..8).map(|writer| {
        let editor = editor.clone();
        async move {
            for number in 0..5 {
                publish(&editor, &format!("Story {writer} {number}")).await;
            }
        }
    });
    futures::future::join_all(writers).await;

    let told = since(&reader, &start).await.0;
    assert_eq!(told.len(), 40);
    for heard in futures::future::join_all(listening).await {
        assert_eq!(heard.unwrap(), told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_heard_at_its_instant() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let mut listening = Listening::to(&reader, "/events").await;
    let at = app.platform.clock.now() + TimeDelta::hours(2);
    let draft = create(&editor, json!({ "title": "Friday" })).await;
    let schedule = json!({ "publish_at": at });
    step(&editor, &draft, "publish", schedule).await.expect(200);
    publish(&editor, "Thursday").await;
    assert_eq!(listening.next().await, "published article thursday");

    app.platform.clock.advance(TimeDelta::minutes(121));

    assert_eq!(listening.next().await, "published article friday");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_told_all_is_refused_before_the_stream_begins() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "First").await;
    let foreign = token(&reader).await;
    app.execute("update change_feed set installation = gen_random_uuid()")
        .await;
    let lost = token(&app.beside().anonymous()).await;
    app.execute("delete from events").await;
    let instance = app.beside();
    let other = &instance.anonymous();

    for (name, bad, status) in [
        ("last-event-id", "x", 400),
        ("last-event-id", &foreign, 400),
        ("last-event-id", &lost, 410),
    ] {
        let refused = other.with(name, bad).get("/events").await.expect(status);
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let refused = other.with("last-event-id", &foreign).get("/events").await;
    assert_eq!(refused.faults(), ["Last-Event-ID foreign_token"]);
    let refused = other.get(&format!("/events?since={foreign}")).await;
    assert_eq!(refused.faults(), ["since foreign_token"]);
    for (query, fault) in [
        ("since=x", "since invalid_token"),
        ("limit=1", "limit unknown_parameter"),
    ] {
        let refused = other.get(&format!("/events?{query}")).await.expect(400);
        assert_eq!(refused.faults(), [fault]);
    }
    other
        .with("accept", "text/html")
        .get("/events")
        .await
        .expect(406);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_may_listen_as_the_setting_says() {
    let app = TestApp::start_with(&[("MASTHEAD_EVENT_LISTENERS", "2")]).await;
    let reader = app.anonymous();
    // Asking for the head alone takes no place.
    for _ in 0..5 {
        let head = reader.send(reqwest::Method::HEAD, "/events", None).await;
        let head = head.expect(200);
        assert_eq!(head.header("content-type"), "text/event-stream");
    }
    let _first = Listening::to(&reader, "/events").await;
    let second = Listening::to(&reader, "/events").await;

    let refused = reader.get("/events").await.expect(503);

    assert_eq!(refused.text_of("type"), "/problems/busy");
    assert_eq!(refused.header("retry-after"), "30");
    reader.get("/articles").await.expect(200);
    drop(second);
    let deadline = Instant::now() + Duration::from_secs(20);
    while reader.open("/events").await.status() == 503 {
        assert!(Instant::now() < deadline, "the place was not given back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start().await;
    let mut other = app.beside();
    let stop = other.stop.take().unwrap();
    let mut listening = Listening::to(&other.anonymous(), "/events").await;

    timeout(Duration::from_secs(10), stop.gracefully())
        .await
        .unwrap();

    assert_eq!(listening.block().await, None);
}
