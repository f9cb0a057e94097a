mod admin;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use diesel_async::AsyncConnection;
use masthead::platform::Platform;
use masthead::platform::jobs::{self, Job, Kind, Kinds, NewJob, Outcome, Runner};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::harness::{TestApp, eventually};

/// Jobs of the kind `test.held` end when somebody opens the gate of their name.
fn gate(name: &str) -> Arc<Semaphore> {
    static GATES: LazyLock<Mutex<BTreeMap<String, Arc<Semaphore>>>> = LazyLock::new(Mutex::default);
    let mut gates = GATES.lock().unwrap();
    let new = || Arc::new(Semaphore::new(0));
    gates.entry(name.to_owned()).or_insert_with(new).clone()
}

fn kinds() -> Kinds {
    [
        Kind::new("test.note", |platform, job| Box::pin(note(platform, job))),
        Kind::new("test.held", |platform, job| Box::pin(held(platform, job))),
        Kind::new("test.fail", |_, _| {
            Box::pin(async { Outcome::Retry("the other side was away".into()) })
        })
        .attempts(3),
        Kind::new("test.later", |_, _| {
            Box::pin(async { Outcome::RetryIn(Duration::from_secs(3600), "not yet".into()) })
        }),
        Kind::new("test.hopeless", |_, _| {
            Box::pin(async { Outcome::GiveUp("there is no such\0thing".into()) })
        }),
        Kind::new("test.panic", |_, _| {
            Box::pin(async { panic!("as it should") })
        }),
        Kind::new("test.slow", |_, _| Box::pin(std::future::pending())).within(Duration::ZERO),
    ]
    .into_iter()
    .collect()
}

async fn note(platform: Platform, job: Job) -> Outcome {
    use diesel_async::RunQueryDsl;
    let mut conn = match platform.db.get().await {
        Ok(conn) => conn,
        Err(fault) => return fault.into(),
    };
    let noted = diesel::sql_query("insert into ran (job, attempt) values ($1, $2)")
        .bind::<diesel::sql_types::Uuid, _>(job.id)
        .bind::<diesel::sql_types::Integer, _>(job.attempt)
        .execute(&mut conn)
        .await;
    match noted {
        Ok(_) => Outcome::Done,
        Err(fault) => fault.into(),
    }
}

async fn held(platform: Platform, job: Job) -> Outcome {
    let gate = gate(job.payload["gate"].as_str().unwrap());
    gate.acquire().await.unwrap().forget();
    note(platform, job).await
}

/// An app whose database takes note of what the jobs of this file did.
async fn started(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(settings).await;
    app.execute("create table ran (job uuid not null, attempt int not null)")
        .await;
    app
}

async fn enqueue(app: &TestApp, job: NewJob<'_>) {
    let mut conn = app.platform.db.get().await.unwrap();
    jobs::enqueue(&mut conn, job).await.unwrap();
}

const LEFT: &str = "select concat_ws(' ', kind, attempts, locked_by is not null, dead_at is not null, last_error) from jobs order by created_at, id";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_when_its_transaction_commits_and_never_when_it_does_not() {
    let app = started(&[]).await;
    let _runner = Runner::start(&app.platform, kinds());
    let mut conn = app.platform.db.get().await.unwrap();

    let undone = conn.transaction(async |tx| {
        jobs::enqueue(tx, NewJob::new("test.note", json!({}))).await?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    undone.await.unwrap_err();
    conn.transaction(async |tx| jobs::enqueue(tx, NewJob::new("test.note", json!({}))).await)
        .await
        .unwrap();

    eventually("the job is done", async || {
        !app.rows("select job from ran").await.is_empty()
    })
    .await;
    app.run_jobs().await;
    assert_eq!(app.rows("select attempt from ran").await, ["1"]);
    assert!(app.rows(LEFT).await.is_empty(), "what is done goes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_tried_again_later_and_later_and_then_lies_dead() {
    let app = started(&[]).await;
    enqueue(&app, NewJob::new("test.fail", json!({}))).await;
    let _runner = Runner::start(&app.platform, kinds());

    app.run_jobs().await;
    assert_eq!(
        app.rows(LEFT).await,
        ["test.fail 1 f f the other side was away"]
    );
    let pause = "select extract(epoch from run_at - created_at) between 3 and 6 from jobs";
    assert_eq!(app.rows(pause).await, ["true"]);

    app.platform.clock.advance(TimeDelta::seconds(10));
    app.run_jobs().await;
    assert_eq!(
        app.rows(LEFT).await,
        ["test.fail 2 f f the other side was away"]
    );
    app.platform.clock.advance(TimeDelta::seconds(20));
    app.run_jobs().await;
    assert_eq!(
        app.rows(LEFT).await,
        ["test.fail 3 f t the other side was away"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_in_a_job_is_kept_in_words() {
    let app = started(&[]).await;
    for kind in ["test.hopeless", "test.panic", "test.slow", "test.later"] {
        enqueue(&app, NewJob::new(kind, json!({}))).await;
    }
    let _runner = Runner::start(&app.platform, kinds());

    app.run_jobs().await;
    assert_eq!(
        app.rows(LEFT).await,
        [
            "test.hopeless 1 f t there is no such thing",
            "test.panic 1 f f it panicked; the log has the cause",
            "test.slow 1 f f it took longer than 0 s",
            "test.later 1 f f not yet",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_at_its_instant_and_not_before() {
    let app = started(&[]).await;
    #[expect(clippy::disallowed_methods, reason = "an instant from outside")]
    let run_at = Some(Utc::now() + TimeDelta::hours(2));
    let later = NewJob {
        run_at,
        ..NewJob::new("test.note", json!({}))
    };
    enqueue(&app, later).await;
    enqueue(&app, NewJob::new("test.note", json!({}))).await;
    let _runner = Runner::start(&app.platform, kinds());

    app.run_jobs().await;
    assert_eq!(app.rows("select job from ran").await.len(), 1);
    app.platform.clock.advance(TimeDelta::hours(3));
    app.run_jobs().await;
    assert_eq!(app.rows("select job from ran").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_take_a_few_jobs_is_no_look_at_all_of_them() {
    let app = started(&[("MASTHEAD_JOB_WORKERS", "0")]).await;
    app.execute(
        "insert into jobs (id, kind, payload, run_at, created_at)
        select gen_random_uuid(), 'test.note', '{}', now() - n * interval '1 second', now() from generate_series(1, 20000) n",
    )
    .await;

    let taken = app
        .rows(
            "select count(*) from claim_jobs(gen_random_uuid(), array['test.note'], now(), 10, interval '1 hour')",
        )
        .await;
    assert_eq!(taken, ["10"]);
    let first = "select count(*) from jobs where locked_by is not null and run_at < now() - interval '19989 seconds'";
    assert_eq!(app.rows(first).await, ["10"], "the longest due first");

    let read = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'jobs_due_idx'";
    let mut seen = 0;
    eventually("Postgres has counted", async || {
        seen = app.rows(read).await[0].parse().unwrap();
        seen > 0
    })
    .await;
    assert!(seen < 1000, "{seen} entries of the index were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_unfinished_jobs_with_one_key_there_is_one() {
    let app = started(&[]).await;
    let keyed = |kind, key| NewJob {
        unique_key: Some(key),
        ..NewJob::new(kind, json!({}))
    };
    for _ in 0..3 {
        enqueue(&app, keyed("test.hopeless", "a")).await;
        enqueue(&app, keyed("test.hopeless", "b")).await;
        enqueue(&app, keyed("test.note", "a")).await;
    }
    assert_eq!(app.rows(LEFT).await.len(), 3);

    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;
    enqueue(&app, keyed("test.hopeless", "a")).await;
    assert_eq!(
        app.rows(LEFT).await.len(),
        3,
        "a dead one is not unfinished"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_are_shared_by_two_instances_and_each_is_done_once() {
    let app = started(&[("MASTHEAD_JOB_WORKERS", "4")]).await;
    let other = app.beside();
    let gate = gate("shared");
    for _ in 0..20 {
        enqueue(&app, NewJob::new("test.held", json!({ "gate": "shared" }))).await;
    }
    let _runners = [&app, &other].map(|app| Runner::start(&app.platform, kinds()));
    eventually("both have some in hand", async || {
        let holders = "select count(distinct locked_by) from jobs where locked_by is not null";
        app.rows(holders).await == ["2"]
    })
    .await;
    gate.add_permits(20);
    app.execute(
        "insert into jobs (id, kind, payload, run_at, created_at)
            select gen_random_uuid(), 'test.note', '{}', now(), now() from generate_series(1, 1000)",
    )
    .await;

    app.run_jobs().await;
    assert_eq!(
        app.rows("select concat_ws(' ', count(*), count(distinct job)) from ran")
            .await,
        ["1020 1020"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_runner_that_died_comes_back_when_its_lease_ends() {
    let app = started(&[]).await;
    enqueue(&app, NewJob::new("test.held", json!({ "gate": "died" }))).await;
    let dies = Runner::start(&app.platform, kinds());
    let in_hand = "select concat_ws(' ', attempts, locked_until between now() and now() + interval '30 s') from jobs where locked_by is not null";
    eventually("it is in hand", async || app.rows(in_hand).await == ["1 t"]).await;

    drop(dies);
    let _other = Runner::start(&app.platform, kinds());
    enqueue(&app, NewJob::new("test.note", json!({}))).await;
    eventually("the other one works", async || {
        app.rows("select job from ran").await.len() == 1
    })
    .await;
    assert_eq!(app.rows(in_hand).await, ["1 t"], "the lease is respected");

    gate("died").add_permits(1);
    app.execute("update jobs set locked_until = now() - interval '1 s'")
        .await;
    app.execute("notify masthead_jobs").await;
    app.run_jobs().await;
    assert_eq!(
        app.rows("select attempt from ran order by attempt").await,
        ["1", "2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_every_runner_died_lies_dead_in_the_end() {
    let app = started(&[]).await;
    enqueue(&app, NewJob::new("test.fail", json!({}))).await;
    app.execute("update jobs set attempts = 3, locked_by = gen_random_uuid(), locked_until = now() - interval '1 s'")
        .await;
    let _runner = Runner::start(&app.platform, kinds());

    app.run_jobs().await;
    assert_eq!(
        app.rows(LEFT).await,
        ["test.fail 4 f t whoever did it vanished, each time"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_finishes_what_was_begun_and_gives_back_the_rest() {
    let app = started(&[("MASTHEAD_JOB_WORKERS", "2")]).await;
    for _ in 0..8 {
        enqueue(&app, NewJob::new("test.held", json!({ "gate": "stops" }))).await;
    }
    let runner = Runner::start(&app.platform, kinds());
    let in_hand = "select count(*) from jobs where locked_by is not null";
    eventually("some are in hand", async || {
        app.rows(in_hand).await == ["4"]
    })
    .await;

    let stopped = runner.stopper().stop(Duration::from_secs(30));
    eventually("those that were not begun are given back", async || {
        app.rows(in_hand).await == ["2"]
    })
    .await;
    gate("stops").add_permits(2);
    stopped.await;

    assert_eq!(app.rows("select attempt from ran").await, ["1", "1"]);
    let left = "select distinct concat_ws(' ', attempts, locked_by is null) from jobs";
    assert_eq!(app.rows(left).await, ["0 t"]);
    assert_eq!(app.rows(LEFT).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_must_stop_at_once_gives_back_even_what_was_begun() {
    let app = started(&[]).await;
    enqueue(&app, NewJob::new("test.held", json!({ "gate": "at once" }))).await;
    let runner = Runner::start(&app.platform, kinds());
    eventually("it is in hand", async || {
        app.rows("select attempts from jobs where locked_by is not null")
            .await
            == ["1"]
    })
    .await;

    runner.stopper().stop(Duration::ZERO).await;
    assert_eq!(app.rows(LEFT).await, ["test.held 0 f f"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_kinds_that_a_version_does_not_know_are_left_to_others() {
    let app = started(&[]).await;
    enqueue(&app, NewJob::new("test.of_tomorrow", json!({}))).await;
    enqueue(&app, NewJob::new("test.note", json!({}))).await;
    let _runner = Runner::start(&app.platform, kinds());

    eventually("the known one is done", async || {
        app.rows(LEFT).await == ["test.of_tomorrow 0 f f"]
    })
    .await;
}
