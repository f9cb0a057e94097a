use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{only_subscriber, welcomed};
use crate::harness::TestApp;

const ROBIN: &str = "robin@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_shows_and_changes_a_subscription() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for name in ["Science", "Arts"] {
        editor
            .post("/editor/tags", json!({ "name": name }))
            .await
            .expect(201);
    }
    let wish = json!({ "email": ROBIN, "name": "Robin", "topics": ["science"] });
    let path = format!("/subscriptions/{}", welcomed(&app, &editor, wish).await);
    let offered = json!({ "topics": ["science", "arts"] });
    let form = editor.patch("/editor/forms/quick", offered).await;
    form.expect(200);

    let shown = app.anonymous().get(&path).await.expect(200);
    insta::assert_json_snapshot!(shown.body, { ".topics[].id" => "[id]" }, @r#"
    {
      "link": "manage",
      "status": "confirmed",
      "email": "robin@example.com",
      "name": "Robin",
      "topics": [
        {
          "id": "[id]",
          "slug": "science",
          "name": "Science"
        }
      ],
      "locale": null,
      "time_zone": null,
      "paused_until": null,
      "link_expires_at": null,
      "link_used_at": null
    }
    "#);
    let until = (app.platform.clock.now() + TimeDelta::days(300)).format("%Y-%m-%dT00:00:00Z");
    let until = until.to_string();
    let patch = json!({
        "name": null, "topics": ["arts"], "locale": "de", "time_zone": "Europe/Berlin", "paused_until": until,
    });
    let changed = app.anonymous().patch(&path, patch).await.expect(200);
    assert_eq!(changed.body["name"], Value::Null);
    assert_eq!(changed.body["topics"][0]["slug"], "arts");
    let subscriber = only_subscriber(&editor).await;
    assert_eq!(subscriber["time_zone"], "Europe/Berlin");
    assert_eq!(subscriber["paused_until"], until);
    assert_eq!(subscriber["status"], "confirmed");
    let details = "select details->>'members' from consent_ledger where action = 'changed'";
    assert_eq!(
        app.rows(details).await,
        [r#"["name", "topics", "locale", "time_zone", "paused_until"]"#]
    );

    let refused = app
        .anonymous()
        .patch(
            &path,
            json!({ "topics": ["nowhere"], "locale": "x", "time_zone": "CEST" }),
        )
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        [
            "#/locale invalid_locale",
            "#/time_zone invalid_time_zone",
            "#/topics/0 unknown_tag"
        ]
    );
    for member in ["status", "email", "attributes", "consent"] {
        let refused = app
            .anonymous()
            .patch(&path, json!({ member: "confirmed" }))
            .await;
        refused.expect(400);
    }
    for _ in 0..2 {
        let left = app
            .anonymous()
            .post(&format!("{path}/unsubscribe"), json!({}))
            .await;
        assert_eq!(left.expect(200).text, r#"{"status":"unsubscribed"}"#);
    }
    assert_eq!(only_subscriber(&editor).await["status"], "unsubscribed");
    assert_eq!(
        app.rows("select reason from suppressions").await,
        ["unsubscribed"]
    );
    // It confirms nothing, so it brings nobody back.
    app.anonymous()
        .post(&format!("{path}/confirm"), json!({}))
        .await
        .expect(404);
    let refused = app
        .anonymous()
        .patch(&path, json!({ "status": "confirmed" }))
        .await;
    refused.expect(400);
    assert_eq!(only_subscriber(&editor).await["status"], "unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_we_did_not_make_leads_nowhere_and_is_not_repeated() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN })).await;
    let forged = format!("{}A", &token[..token.len() - 1]);
    let other = if forged == token {
        format!("{}B", &token[..token.len() - 1])
    } else {
        forged
    };
    let never_made = format!("c_{}", "A".repeat(43));
    for wrong in [
        other.as_str(),
        never_made.as_str(),
        "m_",
        "c_",
        "nonsense",
        "%00",
        &token[2..],
    ] {
        for reply in [
            app.anonymous()
                .get(&format!("/subscriptions/{wrong}"))
                .await,
            app.anonymous()
                .patch(&format!("/subscriptions/{wrong}"), json!({}))
                .await,
            app.anonymous()
                .post(&format!("/subscriptions/{wrong}/confirm"), json!({}))
                .await,
            app.anonymous()
                .post(&format!("/subscriptions/{wrong}/unsubscribe"), json!({}))
                .await,
            app.anonymous()
                .get(&format!("@/subscriptions/{wrong}"))
                .await,
            app.anonymous()
                .get(&format!("@/subscriptions/{wrong}/data"))
                .await,
        ] {
            assert_eq!(reply.status, 404, "{wrong}: {}", reply.text);
            assert!(
                wrong.len() < 20 || !reply.text.contains(wrong),
                "{}",
                reply.text
            );
        }
    }
    assert_eq!(only_subscriber(&editor).await["status"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_went_to_an_old_address_are_not_good_for_the_new_one() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN })).await;
    let path = format!("/subscriptions/{token}");
    app.anonymous().get(&path).await.expect(200);
    let id = only_subscriber(&editor).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let moved = json!({ "email": "sam@example.com" });
    editor
        .patch(&format!("/editor/subscribers/{id}"), moved)
        .await
        .expect(200);
    app.anonymous().get(&path).await.expect(404);
    app.anonymous()
        .post(&format!("{path}/unsubscribe"), json!({}))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_link_that_went_to_an_old_address_confirms_no_new_one() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let wish = json!({ "email": ROBIN });
    app.anonymous()
        .post("/subscriptions", wish)
        .await
        .expect(202);
    app.run_jobs().await;
    let token = super::token_of(&app.mails()[0].link("/subscriptions/"));
    let id = only_subscriber(&editor).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let moved = json!({ "email": "sam@example.com" });
    editor
        .patch(&format!("/editor/subscribers/{id}"), moved)
        .await
        .expect(200);

    let confirm = format!("/subscriptions/{token}/confirm");
    app.anonymous().post(&confirm, json!({})).await.expect(404);
    assert_eq!(only_subscriber(&editor).await["status"], "pending");
}
