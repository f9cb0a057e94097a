use chrono::{DateTime, TimeDelta, Utc};

use super::least;
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_new_each_time_and_kept_by_nobody() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous().with("origin", "https://news.example.com");

    let first = page
        .get("/subscriptions/challenge?form=314")
        .await
        .expect(200);

    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.header("access-control-allow-origin"), "*");
    assert_eq!(
        (
            first.text_of("algorithm").as_str(),
            &first.body["difficulty"]
        ),
        ("sha-256", &15.into())
    );
    let time = |member| first.text_of(member).parse::<DateTime<Utc>>().unwrap();
    let lifetime = time("expires_at") - time("not_before");
    assert_eq!(lifetime, TimeDelta::minutes(30) - TimeDelta::seconds(1));
    let second = page
        .get("/subscriptions/challenge?form=314")
        .await
        .expect(200);
    assert_ne!(first.text_of("challenge"), second.text_of("challenge"));
    page.get("/subscriptions/challenge").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_for_a_form_that_is_there() {
    let app = TestApp::start().await;
    let page = app.anonymous();
    for (query, status, fault) in [
        ("form=315", 422, "form unknown_form"),
        ("form=a%20b", 400, "form invalid_form_id"),
        ("form=", 400, "form invalid_form_id"),
        ("form=1&form=2", 400, "form repeated"),
        ("id=1", 400, "id unknown_parameter"),
    ] {
        let refused = page.get(&format!("/subscriptions/challenge?{query}")).await;
        assert_eq!(refused.expect(status).faults(), [fault]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_collects_challenges_is_slowed_down() {
    let app = TestApp::start_with(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    let page = app.anonymous();
    for _ in 0..60 {
        page.get("/subscriptions/challenge").await.expect(200);
    }
    let refused = page.get("/subscriptions/challenge").await.expect(429);
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_told_whether_to_work() {
    let app = TestApp::start_with(&[("MASTHEAD_PROOF_OF_WORK", "on")]).await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let shown = app.anonymous().get("/forms/314").await.expect(200);
    assert_eq!(shown.body["proof_of_work"], true);
}
