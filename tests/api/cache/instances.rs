//! More than one instance, and what happens when the lines between them and the database break.

use std::process::Command;

use masthead::platform::db::{self, Address};
use masthead::platform::pool::Db;
use masthead::platform::postgres::{Cluster, Durability, Locations};
use masthead::platform::secret::Secret;

use super::{publish, retitle, titles, warm};
use crate::harness::{TestApp, TestDatabase, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_hears_of_a_change() {
    let (one, editor) = {
        let app = TestApp::start().await;
        let editor = app.editor().await;
        (app, editor)
    };
    let other = one.beside();
    let article = publish(&editor, "Frost").await;
    warm(&other, "/articles").await;

    retitle(&editor, &article, "Thaw").await;

    eventually("the other instance shows the change", async || {
        titles(&other.anonymous(), "/articles").await == ["Thaw"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_can_not_hear_keeps_nothing_and_recovers_by_itself() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let other = app.beside();
    let article = publish(&editor, "Frost").await;
    warm(&other, "/articles").await;

    // Every connection is cut, again and again: nothing is believed for long.
    eventually(
        "the other instance stops to believe what it heard",
        async || {
            app.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
            )
            .await;
            other.platform.epoch.current().is_none()
        },
    )
    .await;
    let path = crate::articles::path_of(&article);
    eventually("editors can work again", async || {
        editor.get(&path).await.status == 200
    })
    .await;
    retitle(&editor, &article, "Thaw").await;
    assert_eq!(titles(&other.anonymous(), "/articles").await, ["Thaw"]);

    eventually("it follows again", async || {
        other.platform.epoch.current().is_some()
    })
    .await;
    retitle(&editor, &article, "Spring").await;
    eventually("the other instance shows the next change", async || {
        titles(&other.anonymous(), "/articles").await == ["Spring"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_answers_readers_unless_it_lags_behind() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    // What an idle replica has: the same, under a title of its own that tells it from the primary.
    let article = publish(&editor, "Frost").await;
    let copy = TestDatabase::copy_of(&app).await;
    copy.execute("update publications set title = 'From the replica'")
        .await;
    let replica = Db::new(copy.address(), 4).unwrap();
    let reading = app.reading_from(vec![replica]);
    eventually("the instance keeps answers", async || {
        reading.platform.epoch.current().is_some()
    })
    .await;

    let reader = reading.anonymous();
    assert_eq!(titles(&reader, "/articles").await, ["From the replica"]);
    // The replica never hears of this.
    retitle(&editor, &article, "Thaw").await;
    eventually("the instance has heard of the change", async || {
        titles(&reader, "/articles").await == ["Thaw"]
    })
    .await;
    assert_eq!(titles(&reader, "/articles?limit=7").await, ["Thaw"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_lost_is_no_outage() {
    let app = TestApp::start().await;
    publish(&app.editor().await, "Frost").await;
    let nowhere = Secret::new("postgres://masthead@127.0.0.1:1/nowhere".to_owned());
    let replica = Db::new(Address::parse(&nowhere, None).unwrap(), 4).unwrap();
    let reading = app.reading_from(vec![replica]);
    let reader = reading.anonymous();

    assert_eq!(titles(&reader, "/articles").await, ["Frost"]);
    assert_eq!(titles(&reader, "/articles?limit=3").await, ["Frost"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_was_killed_and_came_back_needs_no_restart_of_ours() {
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("restart-{}", uuid::Uuid::now_v7().simple()));
    let locations = Locations {
        root: root.clone(),
        programs: std::env::var_os("MASTHEAD_PG_BIN").map(Into::into),
        path: std::env::var_os("PATH"),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(Into::into),
    };
    let started = locations.clone();
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&started, Durability::Full))
        .await
        .unwrap()
        .unwrap();
    let url = cluster.url("postgres");
    db::migrate(&Address::parse(&Secret::new(url.clone()), None).unwrap())
        .await
        .unwrap();
    let app = TestApp::start_on(TestDatabase::elsewhere(&url), &[]);
    let editor = app.editor().await;
    let article = publish(&editor, "Frost").await;
    warm(&app, "/articles").await;

    let folder = app
        .rows("select current_setting('data_directory') as d")
        .await;
    let lock = std::fs::read_to_string(format!("{}/postmaster.pid", folder[0])).unwrap();
    let killed = Command::new("kill")
        .args(["-9", lock.lines().next().unwrap()])
        .status();
    assert!(killed.unwrap().success());

    // Somebody starts Postgres again: the next who needs it, as after a crash of the machine.
    let back = tokio::task::spawn_blocking(move || Cluster::start(&locations, Durability::Full))
        .await
        .unwrap()
        .unwrap();
    eventually("editors can work again", async || {
        let path = crate::articles::path_of(&article);
        editor.get(&path).await.status == 200
    })
    .await;
    retitle(&editor, &article, "Thaw").await;
    assert_eq!(titles(&app.anonymous(), "/articles").await, ["Thaw"]);
    eventually("answers are kept again", async || {
        app.platform.epoch.current().is_some()
    })
    .await;
    drop(app);
    tokio::task::spawn_blocking(move || {
        cluster.stop().unwrap();
        back.stop().unwrap();
    })
    .await
    .unwrap();
    let _ = std::fs::remove_dir_all(root);
}
