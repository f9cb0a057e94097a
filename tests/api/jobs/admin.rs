use masthead::platform::jobs::{NewJob, Runner};
use serde_json::{Value, json};

use super::{enqueue, gate, kinds, started};
use crate::harness::{Client, TestApp, eventually};

const JOBS: &str = "/editor/jobs";

/// Kind and state of every job of a list, in its order.
async fn listed(admin: &Client, query: &str) -> Vec<String> {
    let list = admin.get(&format!("{JOBS}{query}")).await.expect(200);
    let data = list.body["data"].as_array().unwrap();
    let both = |job: &Value| {
        let word = |name: &str| job[name].as_str().unwrap().to_owned();
        format!("{} {}", word("kind"), word("state"))
    };
    data.iter().map(both).collect()
}

async fn only_job(admin: &Client, query: &str) -> Value {
    let list = admin.get(&format!("{JOBS}{query}")).await.expect(200);
    let data = list.body["data"].as_array().unwrap();
    assert_eq!(data.len(), 1, "{}", list.body);
    data[0].clone()
}

fn path_of(job: &Value) -> String {
    format!("{JOBS}/{}", job["id"].as_str().unwrap())
}

/// One job of each state: waiting, running, retrying, dead.
async fn one_of_each(app: &TestApp) -> Runner {
    enqueue(app, NewJob::new("test.hopeless", json!({ "thing_id": 7 }))).await;
    enqueue(app, NewJob::new("test.fail", json!({}))).await;
    enqueue(app, NewJob::new("test.held", json!({ "gate": "admin" }))).await;
    enqueue(app, NewJob::new("test.of_tomorrow", json!({}))).await;
    let runner = Runner::start(&app.platform, kinds());
    eventually("the others have been tried", async || {
        let tried =
            "select concat_ws(' ', count(dead_at), count(last_error), count(locked_by)) from jobs";
        app.rows(tried).await == ["1 2 1"]
    })
    .await;
    runner
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_see_what_waits_and_what_went_wrong() {
    let app = started(&[]).await;
    let admin = app.admin().await;
    assert!(listed(&admin, "").await.is_empty());
    let _runner = one_of_each(&app).await;

    assert_eq!(
        listed(&admin, "").await,
        [
            "test.of_tomorrow waiting",
            "test.held running",
            "test.fail retrying",
            "test.hopeless dead"
        ]
    );
    assert_eq!(
        listed(&admin, "?state=waiting").await,
        ["test.of_tomorrow waiting"]
    );
    assert_eq!(
        listed(&admin, "?state=running").await,
        ["test.held running"]
    );
    assert_eq!(
        listed(&admin, "?state=dead,retrying&sort=created_at").await,
        ["test.hopeless dead", "test.fail retrying"]
    );
    assert_eq!(
        listed(&admin, "?kind=test.held,test.none").await,
        ["test.held running"]
    );
    assert!(
        listed(&admin, "?kind=test.held&state=dead")
            .await
            .is_empty()
    );
    let page = admin
        .get(&format!("{JOBS}?limit=1&page=2"))
        .await
        .expect(200);
    assert_eq!(page.body["pagination"]["total"], 4);
    assert_eq!(page.body["data"][0]["kind"], "test.held");

    let dead = only_job(&admin, "?state=dead").await;
    insta::assert_json_snapshot!(dead, {
        ".id" => "[id]", ".run_at" => "[time]", ".created_at" => "[time]", ".dead_at" => "[time]",
    }, @r#"
    {
      "id": "[id]",
      "kind": "test.hopeless",
      "state": "dead",
      "payload": {
        "thing_id": 7
      },
      "unique_key": null,
      "attempts": 1,
      "run_at": "[time]",
      "locked_until": null,
      "last_error": "there is no such thing",
      "created_at": "[time]",
      "dead_at": "[time]"
    }
    "#);
    let read = admin.get(&path_of(&dead)).await.expect(200);
    assert_eq!(read.body, dead);
    gate("admin").add_permits(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_tried_again_when_an_admin_says_so() {
    let app = started(&[]).await;
    let admin = app.admin().await;
    enqueue(&app, NewJob::new("test.hopeless", json!({}))).await;
    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;
    let dead = only_job(&admin, "").await;

    let retried = admin
        .post(&format!("{}/retry", path_of(&dead)), json!({}))
        .await
        .expect(200);
    assert_eq!(retried.body["state"], "waiting");
    assert_eq!(retried.body["attempts"], 0);
    assert_eq!(retried.body["dead_at"], Value::Null);

    app.run_jobs().await;
    let again = only_job(&admin, "").await;
    assert_eq!(again["state"], "dead");
    assert!(again["dead_at"].as_str() > dead["dead_at"].as_str());
    assert_eq!(app.outbox().await.last().unwrap(), "job.retried");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_next_attempt_need_not_wait() {
    let app = started(&[]).await;
    let admin = app.admin().await;
    enqueue(&app, NewJob::new("test.later", json!({}))).await;
    let _runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;
    let waiting = only_job(&admin, "?state=retrying").await;

    admin
        .post(&format!("{}/retry", path_of(&waiting)), json!({}))
        .await
        .expect(200);
    app.run_jobs().await;

    let again = only_job(&admin, "?state=retrying").await;
    assert_eq!(again["attempts"], 1);
    assert!(again["run_at"].as_str() > waiting["run_at"].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_can_be_thrown_away_unless_it_runs() {
    let app = started(&[]).await;
    let admin = app.admin().await;
    let _runner = one_of_each(&app).await;
    let running = only_job(&admin, "?state=running").await;

    for refused in [
        admin.delete(&path_of(&running)).await,
        admin
            .post(&format!("{}/retry", path_of(&running)), json!({}))
            .await,
    ] {
        assert_eq!(refused.expect(409).body["code"], "job_running");
    }
    for state in ["waiting", "retrying", "dead"] {
        let job = only_job(&admin, &format!("?state={state}")).await;
        admin.delete(&path_of(&job)).await.expect(204);
        admin.get(&path_of(&job)).await.expect(404);
        admin.delete(&path_of(&job)).await.expect(404);
        admin
            .post(&format!("{}/retry", path_of(&job)), json!({}))
            .await
            .expect(404);
    }
    gate("admin").add_permits(1);
    app.run_jobs().await;
    admin.get(&path_of(&running)).await.expect(404);
    assert_eq!(app.outbox().await, ["job.discarded"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_does_not_come_back_beside_its_like() {
    let app = started(&[]).await;
    let admin = app.admin().await;
    let keyed = || NewJob {
        unique_key: Some("one"),
        ..NewJob::new("test.hopeless", json!({}))
    };
    enqueue(&app, keyed()).await;
    let runner = Runner::start(&app.platform, kinds());
    app.run_jobs().await;
    drop(runner);
    let dead = only_job(&admin, "").await;
    enqueue(&app, keyed()).await;

    let refused = admin
        .post(&format!("{}/retry", path_of(&dead)), json!({}))
        .await;
    assert_eq!(refused.expect(409).body["code"], "job_waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_for_admins_and_parameters_for_those_who_know_them() {
    let app = started(&[]).await;
    let nobody = format!("{JOBS}/{}", uuid::Uuid::now_v7());
    for (client, status) in [
        (app.anonymous(), 401),
        (app.author().await, 403),
        (app.editor().await, 403),
    ] {
        client.get(JOBS).await.expect(status);
        client.get(&nobody).await.expect(status);
        client
            .post(&format!("{nobody}/retry"), json!({}))
            .await
            .expect(status);
        client.delete(&nobody).await.expect(status);
    }
    let admin = app.admin().await;
    for query in [
        "?state=sleeping",
        "?state=",
        "?kind=%00",
        "?kind=",
        "?sort=attempts",
        "?limit=0",
        "?cursor=x",
        "?status=dead",
    ] {
        admin.get(&format!("{JOBS}{query}")).await.expect(400);
    }
    admin.get(&format!("{JOBS}/x")).await.expect(400);
    admin.get(&nobody).await.expect(404);
}
