use serde_json::{Value, json};

use super::welcomed;
use crate::harness::TestApp;

const STATS: &str = "/editor/subscribers/stats";

#[tokio::test(flavor = "multi_thread")]
async fn statistics_tell_how_the_list_grows_and_shrinks() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let empty = editor.get(STATS).await.expect(200);
    assert_eq!(empty.body["days"].as_array().unwrap().len(), 30);
    assert_eq!(empty.body["churn"], Value::Null);

    editor
        .post("/editor/tags", json!({ "name": "Science" }))
        .await
        .expect(201);
    let wish = json!({ "email": "robin@example.com", "topics": ["science"] });
    welcomed(&app, &editor, wish).await;
    editor
        .post("/editor/subscribers", json!({ "email": "sam@example.com" }))
        .await
        .expect(201);
    for (number, status) in ["confirmed", "confirmed", "unsubscribed"]
        .iter()
        .enumerate()
    {
        let at = "timestamptz '2026-01-10 12:00Z'";
        app.execute(&format!(
            "insert into subscribers (id, email, status, source, attributes, confirmed_at, unsubscribed_at, created_at) \
             values (gen_random_uuid(), 'old-{number}@example.com', '{status}', 'import', '{{}}', {at}, \
             {}, {at})",
            if *status == "unsubscribed" { "timestamptz '2026-02-03 23:00Z'" } else { "null" }
        ))
        .await;
    }

    let now = editor.get(STATS).await.expect(200).body;
    assert_eq!(
        now["now"],
        json!({ "pending": 1, "confirmed": 3, "paused": 0, "unsubscribed": 1, "bounced": 0, "complained": 0 })
    );
    assert_eq!(
        (&now["requested"], &now["joined"], &now["left"]),
        (&json!(2), &json!(1), &json!(0))
    );
    assert_eq!(
        (&now["active_before"], &now["active_after"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(now["by_form"][0]["confirmed"], 1);
    assert_eq!(now["by_topic"][0]["topic"]["slug"], "science");
    let sources: Vec<&Value> = now["by_source"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["source"])
        .collect();
    assert_eq!(sources, ["editor", "form", "import"]);

    let then = editor
        .get(&format!("{STATS}?from=2026-02-01&until=2026-02-05"))
        .await
        .expect(200)
        .body;
    assert_eq!(
        (&then["active_before"], &then["active_after"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        then["days"][2],
        json!({ "day": "2026-02-03", "requested": 0, "joined": 0, "left": 1, "active": 2 })
    );
    assert_eq!(then["days"].as_array().unwrap().len(), 5);
    assert!((then["churn"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (query, fault) in [
        ("from=yesterday", "from invalid_day"),
        ("from=2026-02-30", "from invalid_day"),
        ("from=2026-02-02&until=2026-02-01", "until out_of_range"),
        ("from=2024-01-01&until=2026-01-01", "until out_of_range"),
        ("since=2026-01-01", "since unknown_parameter"),
    ] {
        let refused = editor.get(&format!("{STATS}?{query}")).await.expect(400);
        assert_eq!(refused.faults(), [fault], "{query}");
    }
    for query in [
        "from=0000-01-01",
        "until=9999-12-31",
        "from=9999-12-31",
        "until=0000-01-01",
    ] {
        editor.get(&format!("{STATS}?{query}")).await.expect(200);
    }
    app.author().await.get(STATS).await.expect(403);
}
