use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::{form, least};
use crate::harness::{TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_form_is_counted_by_variant_and_day() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let written = form(json!({ "variants": [{ "key": "b" }] }));
    editor.post("/editor/forms", written).await.expect(201);
    let page = app.anonymous().with("origin", "https://news.example.com");
    let tell = async |event| page.post("/forms/314/events", event).await.expect(204);

    for kind in ["load", "load", "show"] {
        let told = tell(json!({ "kind": kind })).await;
        assert_eq!(told.header("access-control-allow-origin"), "*");
        assert!(told.headers.get("set-cookie").is_none());
    }
    tell(json!({ "kind": "show", "variant": "b" })).await;
    app.platform.clock.advance(TimeDelta::days(1));
    tell(json!({ "kind": "dismiss", "variant": "b" })).await;

    let today = app.platform.clock.now().date_naive();
    // A day later the first token is worth nothing.
    let editor = app.editor().await;
    let stats = editor.get("/editor/forms/314/stats").await.expect(200).body;
    assert_eq!(stats["until"], json!(today));
    assert_eq!(stats["days"].as_array().unwrap().len(), 30);
    let none = json!({ "loads": 0, "shows": 0, "dismissals": 0, "submits": 0, "confirms": 0, "conversion": null });
    let with = |numbers: serde_json::Value| {
        let mut all = none.clone();
        for (name, number) in numbers.as_object().unwrap() {
            all[name] = number.clone();
        }
        all
    };
    assert_eq!(
        stats["totals"],
        with(json!({ "loads": 2, "shows": 2, "dismissals": 1, "conversion": 0.0 }))
    );
    assert_eq!(
        stats["variants"],
        json!([
            with(json!({ "key": "a", "loads": 2, "shows": 1, "conversion": 0.0 })),
            with(json!({ "key": "b", "shows": 1, "dismissals": 1, "conversion": 0.0 })),
        ])
    );
    assert_eq!(
        stats["days"][29],
        with(json!({ "day": today, "dismissals": 1 }))
    );
    let one = format!("/editor/forms/314/stats?from={today}&until={today}");
    let one = editor.get(&one).await.expect(200);
    assert_eq!(one.body["totals"], with(json!({ "dismissals": 1 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmations_per_show_are_the_conversion() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    app.execute(
        "insert into form_counts (form_id, variant, day, shows, confirms) \
         select id, 'gone', current_date, 200, 5 from forms",
    )
    .await;
    let stats = editor.get("/editor/forms/314/stats").await.expect(200);
    assert_eq!(stats.body["totals"]["conversion"], 0.025);
    assert_eq!(stats.body["variants"][1]["key"], "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beacon_may_come_as_plain_text_and_other_origins_may_ask_first() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous().with("origin", "https://news.example.com");
    let event = || Some(json!({ "kind": "show" }).to_string().into_bytes());

    let beacon = page.with("content-type", "text/plain;charset=UTF-8");
    beacon
        .send(Method::POST, "/forms/314/events", event())
        .await
        .expect(204);
    let asked = page
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "content-type")
        .send(Method::OPTIONS, "/forms/314/events", None)
        .await
        .expect(204);

    assert_eq!(asked.header("access-control-allow-origin"), "*");
    assert_eq!(asked.header("access-control-allow-headers"), "content-type");
    page.with("content-type", "text/html")
        .send(Method::POST, "/forms/314/events", event())
        .await
        .expect(415);
    app.anonymous()
        .with("content-type", "text/plain")
        .send(Method::POST, "/subscriptions", Some(b"{}".to_vec()))
        .await
        .expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_can_be_counted() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous();
    let tell = async |event| page.post("/forms/314/events", event).await;
    let refused = tell(json!({ "kind": "show", "variant": "b" }))
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["#/variant unknown_variant"]);
    for (event, fault) in [
        (json!({ "kind": "submit" }), "#/kind unknown_value"),
        (json!({}), "#/kind required"),
        (
            json!({ "kind": "load", "variant": "" }),
            "#/variant invalid_variant",
        ),
        (
            json!({ "kind": "load", "variant": "a".repeat(33) }),
            "#/variant invalid_variant",
        ),
    ] {
        assert_eq!(tell(event).await.expect(422).faults(), [fault]);
    }
    tell(json!({ "kind": "load", "reader": "1" }))
        .await
        .expect(400);
    tell(json!({ "kind": "a".repeat(2000) })).await.expect(413);
    for unknown in ["315", "a%20b", "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d"] {
        page.post(
            &format!("/forms/{unknown}/events"),
            json!({ "kind": "load" }),
        )
        .await
        .expect(404);
    }
    editor
        .patch("/editor/forms/314", json!({ "active": false }))
        .await
        .expect(200);
    tell(json!({ "kind": "load" })).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_written_down_without_being_asked_for() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous();
    page.post("/forms/314/events", json!({ "kind": "load" }))
        .await
        .expect(204);
    eventually("the count is written", async || {
        app.rows("select loads::text from form_counts").await == ["1"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_written_down_by_a_server_that_stops() {
    let mut app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous();
    for _ in 0..3 {
        page.post("/forms/314/events", json!({ "kind": "show" }))
            .await
            .expect(204);
    }
    app.stop.take().unwrap().gracefully().await;
    eventually("the counts are written", async || {
        app.rows("select shows::text from form_counts").await == ["3"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_days() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let stats = async |query: &str| {
        editor
            .get(&format!("/editor/forms/314/stats?{query}"))
            .await
    };
    let month = stats("from=2026-02-01&until=2026-02-28T23:59:59Z")
        .await
        .expect(200);
    assert_eq!(month.body["days"].as_array().unwrap().len(), 28);
    for (query, fault) in [
        ("from=2026-02-30", "from invalid_day"),
        ("until=tomorrow", "until invalid_day"),
        ("until=%2B02026-1-1", "until invalid_day"),
        ("from=2026-02-02&until=2026-02-01", "from conflicting"),
        ("from=2020-02-02&until=2026-02-01", "from out_of_range"),
        ("day=2026-02-02", "day unknown_parameter"),
    ] {
        assert_eq!(stats(query).await.expect(400).faults(), [fault]);
    }
    editor.get("/editor/forms/315/stats").await.expect(404);
    app.author()
        .await
        .get("/editor/forms/314/stats")
        .await
        .expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_makes_numbers_up_is_slowed_down() {
    let app = TestApp::start_with(&[("MASTHEAD_RATE_LIMITS", "on")]).await;
    let editor = app.editor().await;
    editor.post("/editor/forms", least()).await.expect(201);
    let page = app.anonymous();
    let tell = async || {
        let told = page.post("/forms/314/events", json!({ "kind": "load" }));
        told.await.status
    };
    let mut statuses = Vec::new();
    for _ in 0..320 {
        statuses.push(tell().await);
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 204).count(),
        300
    );
    assert_eq!(statuses.last(), Some(&429));
}
