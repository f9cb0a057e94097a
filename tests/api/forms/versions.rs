use serde_json::json;

use super::{form, least};
use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_speaks_five_languages_of_itself() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let made = editor.post("/editor/forms", least()).await.expect(201);
    for (locale, button) in [
        ("en", "Subscribe"),
        ("fr", "Je m’abonne"),
        ("de", "Abonnieren"),
        ("es", "Suscribirme"),
        ("nl", "Aanmelden"),
    ] {
        let texts = made.body["copy"][locale].as_object().unwrap();
        assert_eq!(texts["button"], button);
        for (name, text) in texts.iter().filter(|(name, _)| *name != "fields") {
            assert_ne!(text.as_str().unwrap(), "", "{locale}: {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_is_filled_in_by_language_and_by_what_follows() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let copy = json!({ "de-AT": { "title": "Gartenpost", "text": "" } });
    let written = form(json!({ "copy": copy, "double_opt_in": false }));

    let made = editor.post("/editor/forms", written).await.expect(201);

    assert_eq!(made.text_of("default_locale"), "de-AT");
    let texts = &made.body["copy"]["de-AT"];
    assert_eq!(
        (&texts["title"], &texts["text"], &texts["button"]),
        (&json!("Gartenpost"), &json!(""), &json!("Abonnieren"))
    );
    assert_eq!(texts["success_title"], "Vielen Dank");
    assert_eq!(made.body["copy"].as_object().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_needs_all_its_texts() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let copy = json!({ "it": { "title": "La nostra newsletter", "button": "Iscriviti" } });
    let fields = json!([{ "name": "name", "kind": "name" }]);
    let written = form(json!({ "copy": copy, "fields": fields }));

    let refused = editor.post("/editor/forms", written).await.expect(422);

    assert_eq!(
        refused.faults(),
        [
            "#/copy/it/email_label required",
            "#/copy/it/name_label required",
            "#/copy/it/consent required",
            "#/copy/it/success_title required",
            "#/copy/it/success_text required",
            "#/copy/it/dismiss required",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_without_a_label_has_that_of_the_usual_language_or_its_name() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let fields = json!([
        { "name": "role", "kind": "select", "options": ["teacher", "other"] },
        { "name": "favourite_garden", "kind": "text" }
    ]);
    let role = json!({ "label": "What do you do?", "options": { "teacher": "I teach" } });
    let french = json!({ "options": { "other": "Autre chose" } });
    let copy =
        json!({ "en": { "fields": { "role": role } }, "fr": { "fields": { "role": french } } });
    let written = form(json!({ "copy": copy, "default_locale": "en", "fields": fields }));
    editor.post("/editor/forms", written).await.expect(201);

    let shown = app.anonymous().get("/forms/314").await.expect(200);
    let texts = &shown.body["copy"]["fr"]["fields"];
    assert_eq!(texts["role"]["label"], "What do you do?");
    let options = json!({ "other": "Autre chose", "teacher": "I teach" });
    assert_eq!(texts["role"]["options"], options);
    assert_eq!(texts["favourite_garden"]["label"], "Favourite garden");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_what_a_form_says_makes_a_new_version() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let made = editor.post("/editor/forms", least()).await.expect(201);
    let patch = async |patch| editor.patch("/editor/forms/314", patch).await.expect(200);

    let same = patch(json!({ "name": "Other", "style": { "radius": 0 }, "copy": {} })).await;
    assert_eq!(same.body["wording_version"], 1);
    let reworded = patch(json!({ "copy": { "en": { "consent": "Yes, write to me." } } })).await;
    assert_eq!(reworded.body["wording_version"], 2);
    let b = json!([{ "key": "b", "copy": { "en": { "title": "Letters" } } }]);
    let varied = patch(json!({ "variants": b })).await;
    assert_eq!(varied.body["wording_version"], 3);
    let single = patch(json!({ "double_opt_in": false })).await;
    assert_eq!(single.body["wording_version"], 4);

    let shown = app.anonymous().get("/forms/314").await.expect(200);
    assert_eq!(shown.body["wording_version"], 4);
    assert_eq!(shown.body["copy"]["en"]["consent"], "Yes, write to me.");
    let b = &shown.body["variants"][0]["copy"];
    assert_eq!(b["en"]["title"], "Letters");
    assert_eq!(b["en"]["consent"], "Yes, write to me.");
    assert_eq!(b["fr"], shown.body["copy"]["fr"]);

    let versions = editor
        .get("/editor/forms/314/versions?limit=3&count=true")
        .await
        .expect(200);
    assert_eq!(versions.each("number"), [4, 3, 2]);
    assert_eq!(versions.body["pagination"]["total"], 4);
    assert_eq!(versions.body["data"][0]["variants"]["b"], *b);
    assert_eq!(
        versions.body["data"][1]["copy"]["en"]["consent"],
        "Yes, write to me."
    );
    let first = editor
        .get("/editor/forms/314/versions?sort=number&limit=1")
        .await
        .expect(200);
    assert_eq!(first.body["data"][0]["copy"], made.body["copy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_said_is_never_rewritten_and_outlives_it() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let id = editor
        .post("/editor/forms", least())
        .await
        .expect(201)
        .text_of("id");
    editor.delete("/editor/forms/314").await.expect(204);

    let kept = editor
        .get(&format!("/editor/forms/{id}/versions"))
        .await
        .expect(200);
    assert_eq!(kept.each("number"), [1]);
    editor.get("/editor/forms/314/versions").await.expect(404);
    editor
        .get("/editor/forms/0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d/versions")
        .await
        .expect(404);
    let tampering = "do $$ begin delete from form_versions; raise 'it was let'; \
        exception when others then if sqlerrm like '%never rewritten' then return; end if; raise; end $$";
    app.execute(tampering).await;
}
