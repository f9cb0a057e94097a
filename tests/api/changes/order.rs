//! No token passes a transaction that is still open.

use std::collections::BTreeMap;

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::{publish, since, token};
use crate::harness::TestApp;

const CHANGE: &str = "insert into events (action, resource_kind, resource_id, visible_to_readers, shown_action, shown_slug)
    values ('tag.updated', 'tag', gen_random_uuid(), true, 'updated', 'held-up')";

async fn execute(conn: &mut AsyncPgConnection, sql: &str) {
    diesel::sql_query(sql).execute(conn).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_written_first_and_committed_last_comes_last() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let start = token(&reader).await;
    let mut slow = app.platform.db.connect_alone().await.unwrap();
    execute(&mut slow, "begin").await;
    execute(&mut slow, CHANGE).await;

    publish(&editor, "Quick").await;
    let (told, next) = since(&reader, &start).await;
    assert_eq!(told, ["published article quick"]);
    execute(&mut slow, "commit").await;

    assert_eq!(since(&reader, &next).await.0, ["updated tag held-up"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_change_that_has_its_place_is_not_committed_no_later_one_gets_one() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let start = token(&reader).await;
    let mut slow = app.platform.db.connect_alone().await.unwrap();
    execute(&mut slow, "begin").await;
    execute(&mut slow, CHANGE).await;
    // What happens at commit happens now, and the commit lets us wait.
    execute(&mut slow, "set constraints all immediate").await;

    let publishing = publish(&editor, "Quick");
    let committing = async {
        let waiting = "select pid from pg_locks where locktype = 'advisory' and not granted";
        while app.rows(waiting).await.is_empty() {}
        assert_eq!(token(&reader).await, start);
        execute(&mut slow, "commit").await;
    };
    tokio::join!(publishing, committing);

    assert_eq!(
        since(&reader, &start).await.0,
        ["updated tag held-up", "published article quick"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_eight_writers_misses_nothing_and_is_told_nothing_twice() {
    let app = TestApp::start().await;
    let (editor, reader) = (app.editor().await, app.anonymous());
    let mut token = token(&reader).await;
    let writers = (0..8).map(|writer| {
        let editor = editor.clone();
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..8 {
                let article = publish(&editor, &format!("Story {writer} {number}")).await;
                acknowledged.push(article.text_of("id"));
            }
            acknowledged
        })
    });
    let writing = futures::future::join_all(writers.collect::<Vec<_>>());
    let mut writing = std::pin::pin!(writing);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let mut acknowledged = None;

    loop {
        let is_last = acknowledged.is_some();
        let page = reader
            .get(&format!("/changes?limit=3&since={token}"))
            .await
            .expect(200);
        for id in page.each("id") {
            *told.entry(id.as_str().unwrap().to_owned()).or_default() += 1;
        }
        token = page.text_of("next_token");
        if is_last && page.body["more"] == false {
            break;
        }
        if !is_last {
            acknowledged = futures::FutureExt::now_or_never(writing.as_mut());
        }
    }

    let acknowledged = acknowledged.unwrap().into_iter().flat_map(Result::unwrap);
    let expected: BTreeMap<String, usize> = acknowledged.map(|id| (id, 1)).collect();
    assert_eq!((told.len(), &told), (64, &expected));
    assert_eq!(
        app.anonymous().get("/changes").await.body["data"],
        json!([])
    );
}
