mod instances;
mod race;

use masthead::platform::pool::MOST_PREPARED;
use serde_json::{Value, json};

use crate::articles::{create, path_of, step};
use crate::harness::{Client, Reply, TestApp, eventually};

/// Makes an article and publishes it.
pub async fn publish(editor: &Client, title: &str) -> Reply {
    let draft = create(editor, json!({ "title": title })).await;
    step(editor, &draft, "publish", json!({})).await.expect(200)
}

/// Changes the title of a published article, and publishes it again.
async fn retitle(editor: &Client, article: &Reply, title: &str) {
    let editor = editor.with("if-match", "*");
    editor
        .patch(&path_of(article), json!({ "title": title }))
        .await
        .expect(200);
    editor
        .post(&format!("{}/publish", path_of(article)), json!({}))
        .await
        .expect(200);
}

async fn titles(reader: &Client, path: &str) -> Vec<Value> {
    reader.get(path).await.expect(200).each("title")
}

/// Makes what is kept tell itself from what is in the database.
async fn change_behind_the_back(app: &TestApp) {
    app.execute("update publications set title = 'Behind the back'")
        .await;
}

/// Asks until the answer comes from memory: the first questions may come before the instance has heard of the last change.
async fn warm(app: &TestApp, path: &str) {
    let reader = app.anonymous();
    eventually("the instance keeps answers", async || {
        app.platform.epoch.current().is_some()
    })
    .await;
    reader.get(path).await.expect(200);
    reader.get(path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_until_readers_could_notice_a_change() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, "Frost").await;
    warm(&app, "/articles").await;
    change_behind_the_back(&app).await;

    assert_eq!(titles(&reader, "/articles").await, ["Frost"]);
    // A save that readers can't notice changes nothing about it.
    create(&editor, json!({ "title": "Another draft" })).await;
    assert_eq!(titles(&reader, "/articles").await, ["Frost"]);
    retitle(&editor, &article, "Thaw").await;
    assert_eq!(titles(&reader, "/articles").await, ["Thaw"]);
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    assert!(titles(&reader, "/articles").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_list_share_its_total_until_readers_could_notice_a_change() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let article = publish(&editor, "Frost").await;
    publish(&editor, "Thaw").await;
    warm(&app, "/articles?page=1&limit=1").await;
    // Nothing is told of it, so what was counted before still holds.
    app.execute("delete from publications where title = 'Thaw'")
        .await;

    let total = async |path: &str| {
        let page = reader.get(path).await.expect(200);
        page.body["pagination"]["total"].clone()
    };
    assert_eq!(total("/articles?page=2&limit=1").await, 2);
    assert_eq!(total("/articles?count=true&sort=title").await, 2);
    assert_eq!(total("/articles?page=2&limit=1&locale=en").await, 1);
    publish(&editor, "Flood").await;
    assert_eq!(total("/articles?page=2&limit=1").await, 2);
    step(&editor, &article, "unpublish", json!({}))
        .await
        .expect(200);
    assert_eq!(total("/articles?page=1&limit=1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_has_one_answer_however_it_is_written() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Frost").await;
    let written = [
        "/articles?limit=5&locale=en,fr&kind=article",
        "/articles?kind=article&locale=fr,en&limit=5",
        "/articles?kind=article&locale=fr&limit=5&locale=en",
    ];
    warm(&app, written[0]).await;
    change_behind_the_back(&app).await;

    for path in written {
        let answer = reader.get(path).await.expect(200);
        assert_eq!(answer.each("title"), ["Frost"], "{path} is another entry");
        assert_eq!(
            answer.header("link"),
            "</api/v1/articles?kind=article&limit=5&locale=en%2Cfr>; rel=\"first\""
        );
    }
    // The order of a sort means something.
    let sorted = reader.get("/articles?sort=title,-published_at").await;
    assert_eq!(sorted.expect(200).each("title"), ["Behind the back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_has_the_headers_of_what_is_made() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for number in 0..12 {
        publish(&editor, &format!("Story {number}")).await;
    }
    warm(&app, "/articles?limit=3").await;
    let reader = app
        .anonymous()
        .with("origin", "https://news.example.com")
        .with("x-request-id", "mine-1");
    let kept = reader.get("/articles?limit=3").await.expect(200);
    app.platform.epoch.distrust();
    let made = reader.get("/articles?limit=3").await.expect(200);

    let all = |reply: &Reply| {
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| {
                // The order of a list of names means nothing.
                let mut words: Vec<&str> = value.to_str().unwrap().split(", ").collect();
                words.sort_unstable();
                format!("{name}: {}", words.join(", "))
            })
            .collect();
        headers.sort();
        headers
    };
    assert_eq!(all(&kept), all(&made));
    assert_eq!(kept.text, made.text);
    assert_eq!(kept.header("x-request-id"), "mine-1");
    let conditional = reader.with("if-none-match", &kept.etag());
    warm(&app, "/articles?limit=3").await;
    let unchanged = conditional.get("/articles?limit=3").await.expect(304);
    assert_eq!(
        (unchanged.etag(), unchanged.text.as_str()),
        (kept.etag(), "")
    );
    assert_eq!(unchanged.header("cache-tag"), kept.header("cache-tag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_coding_is_kept_and_has_a_tag_of_its_own() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for number in 0..12 {
        publish(&editor, &format!("Story {number}")).await;
    }
    warm(&app, "/articles").await;
    let mut tags = Vec::new();
    for (accepted, coding) in [
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip", "gzip"),
        ("br;q=0", ""),
    ] {
        let reader = app.anonymous().with("accept-encoding", accepted);
        let answer = reader.get("/articles").await.expect(200);
        assert_eq!(answer.header("content-encoding"), coding);
        assert_eq!(answer.header("vary"), "Accept-Encoding, Masthead-Preview");
        tags.push(answer.etag());
    }
    let many = (0..1000).map(|number| format!("\"{number}\""));
    let list = many.chain([tags[0].clone()]).collect::<Vec<_>>().join(", ");
    let reader = app.anonymous().with("if-none-match", &list);
    // The list names the bytes in one coding, and those alone.
    let brotli = reader.with("accept-encoding", "br");
    brotli.get("/articles").await.expect(304);
    let gzip = reader.with("accept-encoding", "gzip");
    gzip.get("/articles").await.expect(200);
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_ends_when_something_scheduled_begins() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Now").await;
    let later = create(&editor, json!({ "title": "Later" })).await;
    let at = app.platform.clock.now() + chrono::TimeDelta::hours(2);
    step(&editor, &later, "publish", json!({ "publish_at": at }))
        .await
        .expect(200);
    warm(&app, "/articles").await;
    app.platform.clock.advance(chrono::TimeDelta::minutes(119));
    let before = reader.get("/articles").await.expect(200);
    assert_eq!(before.each("title"), ["Now"]);
    let shared: u64 = before
        .header("cache-control")
        .split(&['=', ','])
        .filter_map(|part| part.trim().parse().ok())
        .nth(1)
        .unwrap();
    assert!(shared <= 60, "{}", before.header("cache-control"));

    app.platform.clock.advance(chrono::TimeDelta::minutes(2));
    assert_eq!(titles(&reader, "/articles").await, ["Later", "Now"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_parameters_and_previews_never_meet_what_is_kept() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Frost").await;
    warm(&app, "/articles").await;

    reader.get("/articles?tagg=a").await.expect(400);
    reader
        .with("accept", "text/html")
        .get("/articles")
        .await
        .expect(406);
    app.anonymous()
        .send(reqwest::Method::POST, "/articles", None)
        .await
        .expect(405);
    let guessing = reader.with("masthead-preview", "mhp_guess");
    guessing.get("/articles").await.expect(401);
    let head = reader
        .send(reqwest::Method::HEAD, "/articles", None)
        .await
        .expect(200);
    assert_eq!(head.text, "");
    assert_eq!(head.etag(), reader.get("/articles").await.etag());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_memory_every_answer_is_made_anew() {
    let app = TestApp::start_with(&[("MASTHEAD_CACHE_MB", "0")]).await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    publish(&editor, "Frost").await;
    reader.get("/articles").await.expect(200);
    reader.get("/articles").await.expect(200);
    change_behind_the_back(&app).await;

    assert_eq!(titles(&reader, "/articles").await, ["Behind the back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_the_same_is_answered_by_one_reading() {
    let app = TestApp::start().await;
    publish(&app.editor().await, "Frost").await;
    let other = app.beside();
    eventually("the instance keeps answers", async || {
        other.platform.epoch.current().is_some()
    })
    .await;
    // Readers have to wait until nobody holds the table any more.
    let mut holding = app.platform.db.connect_alone().await.unwrap();
    for sql in ["begin", "lock table publications in access exclusive mode"] {
        diesel_async::SimpleAsyncConnection::batch_execute(&mut holding, sql)
            .await
            .unwrap();
    }
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let reader = other.anonymous();
            tokio::spawn(async move { reader.get("/articles").await.expect(200).each("title") })
        })
        .collect();
    let waiting = "select count(*) as n from pg_stat_activity where datname = current_database() \
        and wait_event_type = 'Lock' and query ilike '%publications%title%limit 21%'";
    eventually("somebody reads", async || app.rows(waiting).await != ["0"]).await;
    assert_eq!(app.rows(waiting).await, ["1"]);
    diesel_async::SimpleAsyncConnection::batch_execute(&mut holding, "commit")
        .await
        .unwrap();
    for one in crowd {
        assert_eq!(one.await.unwrap(), ["Frost"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_distinct_questions_fills_no_memory() {
    let app = TestApp::start_with(&[("MASTHEAD_CACHE_MB", "1")]).await;
    let reader = app.anonymous();
    publish(&app.editor().await, "Frost").await;
    for sort in ["title", "-title", "updated_at"] {
        for limit in 1..=100 {
            let path = format!("/articles?limit={limit}&sort={sort}");
            assert_eq!(titles(&reader, &path).await, ["Frost"]);
        }
    }
    // Each question needed statements of its own; connections that had prepared too many were replaced.
    let mut connections = Vec::new();
    for _ in 0..8 {
        connections.push(app.platform.db.get().await.unwrap());
    }
    for connection in connections {
        assert!(
            connection.prepared() <= MOST_PREPARED,
            "{}",
            connection.prepared()
        );
    }
}
