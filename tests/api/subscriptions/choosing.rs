//! What may be chosen: of a form, and of one's own subscription. Its page and its API have one rule.

use chrono::TimeDelta;
use serde_json::json;

use super::{make_form, only_subscriber, sign_up, welcomed};
use crate::harness::{Client, Reply, TestApp};

const ROBIN: &str = "robin@example.com";

async fn press(client: &Client, page: &str, fields: &str) -> Reply {
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    let body = Some(fields.as_bytes().to_vec());
    client.send(reqwest::Method::POST, page, body).await
}

/// Makes these tags; gives their ids.
async fn tags(editor: &Client, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let made = editor.post("/editor/tags", json!({ "name": name })).await;
        ids.push(made.expect(201).text_of("id"));
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_takes_no_topics_but_its_own_by_whichever_way_it_is_sent() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let ids = tags(&editor, &["Science", "Arts", "Secret"]).await;
    let fields = json!([{ "name": "topics", "kind": "topics" }]);
    let form = json!({ "topics": ["science", "arts"], "fields": fields });
    make_form(&editor, "314", form).await;
    make_form(&editor, "all", json!({ "topics": ["science"] })).await;

    let wish = json!({ "email": ROBIN, "form_id": "314", "topics": ["arts", "secret", "nowhere", ids[2]] });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(
        refused.faults(),
        [
            "#/topics/1 not_offered",
            "#/topics/2 unknown_tag",
            "#/topics/3 not_offered"
        ]
    );
    let wish = json!({ "email": ROBIN, "form_id": "314", "topics": ["arts", "secret", ids[2]] });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(
        refused.faults(),
        ["#/topics/1 not_offered", "#/topics/2 not_offered"]
    );
    let wish = json!({ "email": ROBIN, "form_id": "all", "topics": ["arts"] });
    let refused = sign_up(&app.anonymous(), wish).await.expect(422);
    assert_eq!(refused.faults(), ["#/topics/0 not_offered"]);
    for topic in ["secret", ids[2].as_str()] {
        let fields = format!("email=robin%40example.com&topics={topic}");
        let page = press(&app.anonymous(), "@/forms/314", &fields).await;
        assert!(page.expect(422).text.contains("topics-fault"));
    }
    assert!(app.rows("select 1 from subscribers").await.is_empty());

    // Without a form there is nothing to compare with.
    let wish = json!({ "email": "sam@example.com", "topics": ["secret"] });
    sign_up(&app.anonymous(), wish).await.expect(202);
    let wish = json!({ "email": ROBIN, "form_id": "314", "topics": ["arts", ids[0]] });
    sign_up(&app.anonymous(), wish).await.expect(202);
    let followed = "select count(*) from subscriber_topics join subscribers s on s.id = subscriber_id where email = 'robin@example.com'";
    assert_eq!(app.rows(followed).await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_the_api_offer_the_same_topics_and_refuse_the_same() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let ids = tags(&editor, &["Science", "Arts", "Secret"]).await;
    let wish = json!({ "email": ROBIN, "topics": ["science"] });
    let token = welcomed(&app, &editor, wish).await;
    let page = format!("@/subscriptions/{token}");
    let api = format!("/subscriptions/{token}");
    let client = app.anonymous();

    let refused = client
        .patch(&api, json!({ "topics": ["science", "arts", ids[2]] }))
        .await
        .expect(422);
    assert_eq!(
        refused.faults(),
        ["#/topics/1 not_offered", "#/topics/2 not_offered"]
    );
    for id in [&ids[1], &ids[2], &"nonsense!".to_owned()] {
        let refused = press(&client, &page, &format!("action=save&topics={id}")).await;
        let refused = refused.expect(422);
        assert!(refused.text.contains("topics-fault"), "{}", refused.text);
        assert!(!refused.text.contains("Your changes are saved"));
    }
    assert_eq!(
        only_subscriber(&editor).await["topics"][0]["slug"],
        "science"
    );

    let form = editor.patch("/editor/forms/quick", json!({ "topics": ["arts"] }));
    form.await.expect(200);
    let shown = client.get(&page).await.expect(200);
    assert!(shown.text.contains(&ids[0]) && shown.text.contains(&ids[1]));
    assert!(!shown.text.contains(&ids[2]));
    let changed = client.patch(&api, json!({ "topics": ["arts", "science"] }));
    changed.await.expect(200);
    press(&client, &page, &format!("action=save&topics={}", ids[1]))
        .await
        .expect(200);
    // What they no longer follow, and the form no longer offers, is not to be had any more.
    let refused = client.patch(&api, json!({ "topics": ["science"] })).await;
    assert_eq!(refused.expect(422).faults(), ["#/topics/0 not_offered"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_can_not_keep_is_not_said_to_be_saved() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let token = welcomed(&app, &editor, json!({ "email": ROBIN })).await;
    let page = format!("@/subscriptions/{token}");
    for (fields, fault) in [
        ("time_zone=Mars%2FOlympus", "time_zone-fault"),
        ("locale=not+a+locale", "locale-fault"),
        ("name=a%E2%80%A8b", "name-fault"),
    ] {
        let fields = format!("action=save&{fields}");
        let refused = press(&app.anonymous(), &page, &fields).await.expect(422);
        assert!(refused.text.contains(fault), "{}", refused.text);
        assert!(!refused.text.contains("Your changes are saved"));
    }
    let now = app.platform.clock.now();
    for until in [now - TimeDelta::days(1), now + TimeDelta::days(366 * 6)] {
        let patch = json!({ "paused_until": until, "topics": ["nowhere"], "name": "Robin" });
        let api = format!("/subscriptions/{token}");
        let refused = app.anonymous().patch(&api, patch).await.expect(422);
        assert_eq!(
            refused.faults(),
            ["#/topics/0 unknown_tag", "#/paused_until out_of_range"]
        );
        let patch = json!({ "paused_until": until, "name": "Robin" });
        let refused = app.anonymous().patch(&api, patch).await.expect(422);
        assert_eq!(refused.faults(), ["#/paused_until out_of_range"]);
    }
    let subscriber = only_subscriber(&editor).await;
    assert!(subscriber["name"].is_null() && subscriber["paused_until"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_tells_of_words_and_variants_that_a_form_has_or_had() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let variant = json!([{ "key": "b", "weight": 1, "copy": { "en": { "title": "B" } } }]);
    make_form(&editor, "314", json!({ "variants": variant })).await;
    let titled = json!({ "copy": { "en": { "title": "Another" } }, "variants": [] });
    let changed = editor.patch("/editor/forms/314", titled).await.expect(200);
    assert_eq!(changed.body["wording_version"], 2);
    let send = async |members: serde_json::Value| {
        let mut wish = json!({ "email": ROBIN, "form_id": "314" });
        for (name, value) in members.as_object().unwrap() {
            wish[name] = value.clone();
        }
        sign_up(&app.anonymous(), wish).await
    };
    for (members, faults) in [
        (
            json!({ "wording_version": 3, "variant": "z" }),
            vec![
                "#/wording_version unknown_wording",
                "#/variant unknown_variant",
            ],
        ),
        (
            json!({ "wording_version": 2_147_483_647 }),
            vec!["#/wording_version unknown_wording"],
        ),
        (json!({ "variant": "b" }), vec!["#/variant unknown_variant"]),
        (
            json!({ "wording_version": 1, "variant": "c" }),
            vec!["#/variant unknown_variant"],
        ),
    ] {
        assert_eq!(send(members).await.expect(422).faults(), faults);
    }
    for (members, noted) in [
        (json!({}), "2a"),
        (json!({ "wording_version": 1, "variant": "b" }), "1b"),
        (json!({ "wording_version": 2, "variant": "a" }), "2a"),
    ] {
        let mut members = members;
        members["email"] = json!(format!(
            "{noted}-{}@example.com",
            members.as_object().unwrap().len()
        ));
        send(members).await.expect(202);
    }
    let noted = "select split_part(email, '-', 1) = wording_version || variant from subscribers";
    assert_eq!(app.rows(noted).await, ["true"; 3]);
}
