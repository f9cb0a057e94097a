use serde_json::{Value, json};

use super::{form, least};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_member_is_pointed_at_at_once() {
    let app = TestApp::start().await;
    let bad = json!({
        "key": "a b", "name": " ", "display": "popup", "position": 7,
        "trigger": { "kind": "delay", "seconds": -1 },
        "frequency": { "hours_after_dismissed": 1.5, "most": 0, "hide_once_subscribed": "yes" },
        "targeting": { "paths_any": ["gardening"], "referrers_any": ["https://a"], "min_width": 900, "max_width": 300,
            "from": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z", "locales": ["english"], "utm": { "source": [""] } },
        "copy": { "english": {}, "fr": { "title": "a\nb", "button": "" } },
        "fields": [{ "name": "email", "kind": "text" }, { "name": "role", "kind": "select" },
            { "name": "city", "kind": "text", "options": ["a"] }, { "name": "Name", "kind": "name" }],
        "style": { "accent": "red", "radius": 100, "image": "http://example.com/a.png" },
        "success": { "kind": "redirect" },
        "welcome_mail": { "en": { "subject": "Hi" } },
        "double_opt_in": null, "active": "no", "weight": 1001,
        "variants": [{ "key": "a" }, { "key": "B" }],
        "topics": ["", 1],
    });

    let refused = app
        .editor()
        .await
        .post("/editor/forms", bad)
        .await
        .expect(422);

    insta::assert_json_snapshot!(refused.faults(), @r##"
    [
      "#/key invalid_key",
      "#/name required",
      "#/active wrong_type",
      "#/topics/0 required",
      "#/topics/1 wrong_type",
      "#/display unknown_value",
      "#/position wrong_type",
      "#/trigger/seconds out_of_range",
      "#/frequency/hours_after_dismissed out_of_range",
      "#/frequency/hide_once_subscribed wrong_type",
      "#/frequency/most out_of_range",
      "#/targeting/paths_any/0 invalid_pattern",
      "#/targeting/referrers_any/0 invalid_pattern",
      "#/targeting/utm/source/0 required",
      "#/targeting/locales/0 invalid_locale",
      "#/targeting/max_width conflicting",
      "#/targeting/until conflicting",
      "#/copy/english invalid_locale",
      "#/copy/fr/title control_character",
      "#/copy/fr/button required",
      "#/fields/0/name reserved",
      "#/fields/1/options required",
      "#/fields/2/options conflicting",
      "#/fields/3/name invalid_name",
      "#/style/accent invalid_colour",
      "#/style/radius out_of_range",
      "#/style/image invalid_url",
      "#/success/url required",
      "#/welcome_mail/en/text required",
      "#/weight out_of_range",
      "#/variants/0/key reserved",
      "#/variants/1/key invalid_variant"
    ]
    "##);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_do_not_go_together_are_pointed_at() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (members, faults) in [
        (json!({ "position": "top" }), vec!["#/position conflicting"]),
        (
            json!({ "display": "inline", "position": "center" }),
            vec!["#/position conflicting"],
        ),
        (
            json!({ "default_locale": "it" }),
            vec!["#/copy/it/title required"],
        ),
        (
            json!({ "copy": { "en": {} }, "default_locale": "fr" }),
            vec!["#/default_locale unknown_locale"],
        ),
        (
            json!({ "fields": [{ "name": "city", "kind": "text" }, { "name": "city", "kind": "checkbox" }] }),
            vec!["#/fields/1/name repeated"],
        ),
        (
            json!({ "variants": [{ "key": "b" }, { "key": "b", "display": "bar", "position": "center",
                "copy": { "it": {} } }] }),
            vec![
                "#/variants/1/key repeated",
                "#/variants/1/position conflicting",
                "#/variants/1/copy/it unknown_locale",
            ],
        ),
        (
            json!({ "weight": 0, "variants": [{ "key": "b", "weight": 0 }] }),
            vec!["#/weight conflicting"],
        ),
        (
            json!({ "topics": ["nowhere"] }),
            vec!["#/topics/0 unknown_tag"],
        ),
        (
            json!({ "topics": ["nowhere"], "active": 1 }),
            vec!["#/active wrong_type", "#/topics/0 unknown_tag"],
        ),
    ] {
        let refused = editor
            .post("/editor/forms", form(members.clone()))
            .await
            .expect(422);
        assert_eq!(refused.faults()[..faults.len()], faults, "{members}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_members_are_named_at_any_depth() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (members, fault) in [
        (json!({ "colour": 1 }), "#/colour unknown_member"),
        (
            json!({ "trigger": { "kind": "delay", "seconds": 1, "percent": 1 } }),
            "#/trigger/percent unknown_member",
        ),
        (
            json!({ "copy": { "en": { "headline": "A" } } }),
            "#/copy/en/headline unknown_member",
        ),
        (
            json!({ "variants": [{ "key": "b", "fields": [] }] }),
            "#/variants/0/fields unknown_member",
        ),
        (
            json!({ "targeting": { "utm": { "term": [] } } }),
            "#/targeting/utm/term unknown_member",
        ),
    ] {
        let refused = editor
            .post("/editor/forms", form(members))
            .await
            .expect(400);
        assert_eq!(refused.faults(), [fault]);
    }
    editor.post("/editor/forms", least()).await.expect(201);
    for (patch, fault) in [
        (json!({ "colour": 1 }), "#/colour unknown_member"),
        (
            json!({ "style": { "colour": 1 } }),
            "#/style/colour unknown_member",
        ),
    ] {
        let refused = editor.patch("/editor/forms/314", patch).await.expect(400);
        assert_eq!(refused.faults(), [fault]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_an_end_to_everything() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let field = |number| json!({ "name": format!("f{number}"), "kind": "checkbox" });
    let variant = |number| json!({ "key": format!("v{number}") });
    let letters = "abcdefghijklmnopqrstuvwxyz".chars();
    let copy: serde_json::Map<String, Value> = letters
        .map(|letter| (format!("e{letter}"), json!({})))
        .collect();
    for (members, fault) in [
        (
            json!({ "fields": (0..21).map(field).collect::<Vec<_>>() }),
            "#/fields too_many",
        ),
        (
            json!({ "variants": (0..9).map(variant).collect::<Vec<_>>() }),
            "#/variants too_many",
        ),
        (json!({ "copy": copy }), "#/copy too_many"),
        (json!({ "topics": vec!["a"; 51] }), "#/topics too_many"),
        (
            json!({ "targeting": { "tags_any": vec!["a"; 51] } }),
            "#/targeting/tags_any too_many",
        ),
        (
            json!({ "copy": { "en": { "title": "a".repeat(201) } } }),
            "#/copy/en/title too_long",
        ),
        (
            json!({ "welcome_mail": { "en": { "subject": "a", "text": "a".repeat(10_001) } } }),
            "#/welcome_mail/en/text too_long",
        ),
        (
            json!({ "frequency": { "hours_after_shown": i64::MAX } }),
            "#/frequency/hours_after_shown out_of_range",
        ),
    ] {
        let refused = editor
            .post("/editor/forms", form(members))
            .await
            .expect(422);
        assert_eq!(refused.faults(), [fault]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_reaches_any_depth_and_null_puts_the_default_back() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let written = form(json!({
        "trigger": { "kind": "delay", "seconds": 7 },
        "style": { "accent": "#AA0000", "radius": 4 },
        "copy": { "en": { "title": "Letters", "button": "Go" }, "fr": {} },
        "targeting": { "paths_none": ["/imprint"], "min_width": 600 },
    }));
    editor.post("/editor/forms", written).await.expect(201);
    let patch = json!({
        "trigger": { "kind": "scroll", "percent": 30 },
        "style": { "radius": null, "scheme": "dark" },
        "copy": { "en": { "button": null }, "fr": null },
        "targeting": { "paths_none": [] },
        "frequency": null,
    });

    let changed = editor
        .patch("/editor/forms/314", patch)
        .await
        .expect(200)
        .body;

    assert_eq!(
        changed["trigger"],
        json!({ "kind": "scroll", "percent": 30 })
    );
    assert_eq!(
        (
            &changed["style"]["accent"],
            &changed["style"]["radius"],
            &changed["style"]["scheme"]
        ),
        (&json!("#aa0000"), &json!(12), &json!("dark"))
    );
    assert_eq!(changed["copy"]["en"]["title"], "Letters");
    assert_eq!(changed["copy"]["en"]["button"], "Subscribe");
    assert!(changed["copy"].get("fr").is_none());
    assert_eq!(changed["targeting"]["paths_none"], json!([]));
    assert_eq!(changed["targeting"]["min_width"], 600);
    let seconds = json!({ "trigger": { "percent": 45 } });
    let changed = editor.patch("/editor/forms/314", seconds).await.expect(200);
    assert_eq!(changed.body["trigger"]["percent"], 45);
    let refused = editor
        .patch(
            "/editor/forms/314",
            json!({ "key": null, "copy": { "en": null } }),
        )
        .await
        .expect(422);
    assert_eq!(refused.faults(), ["#/key required"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_shows_whole_what_differs() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let written = form(json!({
        "style": { "accent": "#aa0000" },
        "variants": [
            { "key": "b", "weight": 3, "display": "modal" },
            { "key": "c", "style": { "radius": 0 } },
            { "key": "d", "display": "inline" },
        ],
    }));
    editor.post("/editor/forms", written).await.expect(201);

    let shown = app.anonymous().get("/forms/314").await.expect(200);

    assert_eq!(
        shown.body["variants"],
        json!([
            { "key": "b", "weight": 3, "display": "modal", "position": "center", "trigger": { "kind": "exit_intent" } },
            { "key": "c", "weight": 1, "style": { "accent": "#aa0000", "background": null, "text": null,
                "font": "system", "radius": 0, "image": null, "scheme": "auto" } },
            { "key": "d", "weight": 1, "display": "inline", "position": null, "trigger": { "kind": "immediate" } },
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_is_text_like_any_other() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let hostile = "<img src=x onerror=alert(1)>{{7*7}}</script>";
    let copy = json!({ "en": { "title": hostile, "fields": { "city": { "label": hostile } } } });
    let fields = json!([{ "name": "city", "kind": "text" }]);
    let written = form(json!({ "copy": copy, "fields": fields }));
    editor.post("/editor/forms", written).await.expect(201);

    let shown = app.anonymous().get("/forms/314").await.expect(200);

    assert_eq!(shown.header("content-type"), "application/json");
    assert_eq!(shown.body["copy"]["en"]["title"], hostile);
    assert_eq!(shown.body["copy"]["en"]["fields"]["city"]["label"], hostile);
}
