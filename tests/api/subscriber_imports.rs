//! Subscribers in and out by the file.

mod export;
mod files;
mod revert;
mod suppressed;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Reply, TestApp};

const IMPORT: &str = "/editor/subscribers/import";

const SUBSCRIBED: &str = "Email Address,First Name,Last Name,Favourite colour,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
Ada@Example.com,Ada,Reader,green,2,2019-05-07 08:12:11,192.0.2.1,2019-05-07 08:20:00,192.0.2.2,0,0,2,2,Europe/Berlin,de,be,2020-01-01 00:00:00,1,e1,\"Met at the fair,\nlikes tea\",\"\"\"Gardening\"\",\"\"Old friends\"\"\"\n\
bo@example.com,Bo,,,2,2019-05-08 09:00:00,,,,,,,,,,,2020-01-01 00:00:00,2,e2,,\n\
cleo@example.com,Cleo,,red,2,,,,,,,,,,,,2020-01-01 00:00:00,3,e3,,Gardening\n";
const UNSUBSCRIBED: &str = "Email Address,First Name,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID\n\
gone@example.com,Gus,2018-01-01 00:00:00,2020-02-03 04:05:06,Weekly,9,NORMAL,,4,e4\n\
robin@example.com,Robin,,2021-01-01 00:00:00,Weekly,9,,,5,e5\n";
const CLEANED: &str = "Email Address,First Name,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID\n\
lost@example.com,Lou,2018-01-01 00:00:00,2020-03-04 05:06:07,Weekly,9,6,e6\n";

/// Sends a file.
async fn send(editor: &Client, media_type: &str, query: &str, file: impl AsRef<[u8]>) -> Reply {
    let path = format!("{IMPORT}?{query}");
    let editor = editor.with("content-type", media_type);
    editor
        .send(Method::POST, &path, Some(file.as_ref().to_vec()))
        .await
}

/// Where an accepted import is, without the head of the path.
fn place_of(accepted: &Reply) -> String {
    let location = accepted.header("location");
    location.strip_prefix("/api/v1").unwrap().to_owned()
}

/// Imports a file to its end, and gives the import.
async fn import(app: &TestApp, editor: &Client, query: &str, file: impl AsRef<[u8]>) -> Reply {
    import_as(app, editor, "text/csv", query, file).await
}

async fn import_as(
    app: &TestApp,
    editor: &Client,
    media_type: &str,
    query: &str,
    file: impl AsRef<[u8]>,
) -> Reply {
    let accepted = send(editor, media_type, query, file).await.expect(202);
    app.run_jobs().await;
    let import = editor.get(&place_of(&accepted)).await.expect(200);
    assert_eq!(import.text_of("state"), "finished");
    import
}

/// Counts as `create update unchanged suppressed invalid`.
fn counts(import: &Reply) -> [i64; 5] {
    ["create", "update", "unchanged", "suppressed", "invalid"]
        .map(|verdict| import.body["counts"][verdict].as_i64().unwrap())
}

/// Each row as `line verdict codes`.
async fn verdicts(editor: &Client, import: &Reply) -> Vec<String> {
    let path = format!("/editor/imports/{}/rows?limit=100", import.text_of("id"));
    let rows = editor.get(&path).await.expect(200);
    let row = |row: &Value| {
        let codes = row["remarks"].as_array().unwrap().iter().map(|remark| {
            let column = remark["column"]
                .as_str()
                .map_or_else(String::new, |column| format!("{column}:"));
            format!(" {column}{}", remark["code"].as_str().unwrap())
        });
        let codes: String = codes.collect();
        format!(
            "{} {}{codes}",
            row["line"],
            row["verdict"].as_str().unwrap()
        )
    };
    rows.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .collect()
}

/// The subscriber with an address.
async fn person(editor: &Client, email: &str) -> Value {
    let list = editor
        .get(&format!("/editor/subscribers?q={email}"))
        .await
        .expect(200);
    list.body["data"][0].clone()
}

async fn statuses(app: &TestApp) -> Vec<String> {
    app.rows("select email || ' ' || status from subscribers order by email")
        .await
}

async fn assert_chain_is_whole(app: &TestApp) {
    let gaps = "select count(*) from consent_ledger where number <> (select count(*) from consent_ledger l where l.number <= consent_ledger.number)";
    assert_eq!(app.rows(gaps).await, ["0"]);
}

async fn enter(editor: &Client, subscriber: Value) -> Reply {
    editor
        .post("/editor/subscribers", subscriber)
        .await
        .expect(201)
}

fn confirmed(email: &str) -> Value {
    let consent = json!({ "asked_at": "2026-05-01T08:00:00Z", "method": "paper" });
    json!({ "email": email, "status": "confirmed", "consent": consent })
}

#[tokio::test(flavor = "multi_thread")]
async fn mailchimps_three_files_become_subscribers_and_suppressions() {
    let app = TestApp::start_with(&[("MASTHEAD_CONSENT_EVIDENCE", "address")]).await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Gardening" }))
        .await
        .expect(201);
    enter(&editor, confirmed("robin@example.com")).await;

    let first = import(&app, &editor, "", SUBSCRIBED).await;
    let second = import(&app, &editor, "", UNSUBSCRIBED).await;
    let third = import(&app, &editor, "", CLEANED).await;

    assert_eq!(
        [counts(&first), counts(&second), counts(&third)],
        [[3, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    );
    assert_eq!(first.body["file"]["format"], "mailchimp");
    assert_eq!(second.body["file"]["all_are"], "unsubscribed");
    assert_eq!(third.body["file"]["all_are"], "bounced");
    assert_eq!(first.body["remarks"], json!({ "unknown_tag": 1 }));
    assert_eq!(
        verdicts(&editor, &first).await,
        ["2 create TAGS:unknown_tag", "4 create", "5 create"]
    );
    assert_eq!(
        statuses(&app).await,
        [
            "ada@example.com pending",
            "bo@example.com pending",
            "cleo@example.com pending",
            "gone@example.com unsubscribed",
            "lost@example.com bounced",
            "robin@example.com unsubscribed",
        ]
    );
    let ada = person(&editor, "ada@example.com").await;
    assert_eq!(
        (&ada["name"], &ada["source"]),
        (&json!("Ada Reader"), &json!("import"))
    );
    assert_eq!(ada["time_zone"], "Europe/Berlin");
    assert_eq!(ada["topics"][0]["slug"], "gardening");
    assert_eq!(
        ada["attributes"],
        json!({
            "favourite_colour": "green", "country": "de", "region": "be", "notes": "Met at the fair,\nlikes tea",
            "tags": ["Old friends"],
        })
    );
    assert_eq!(
        person(&editor, "lost@example.com").await["bounced_at"],
        "2020-03-04T05:06:07Z"
    );
    assert_eq!(app.rows("select count(*) from suppressions").await, ["3"]);
    assert_eq!(
        app.rows("select count(*) from jobs").await,
        ["0"],
        "nobody is written to"
    );
    let data = format!("/editor/subscribers/{}/data", ada["id"].as_str().unwrap());
    let data = editor.get(&data).await.expect(200);
    let entry = &data.body["consent_ledger"][0];
    assert_eq!(
        (&entry["action"], &entry["source"]),
        (&json!("imported"), &json!("import"))
    );
    assert_eq!(
        entry["details"]["confirmed_at"],
        "2019-05-07T08:20:00+00:00"
    );
    assert_eq!(entry["evidence"]["address"], "192.0.2.2");
    assert_chain_is_whole(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_a_real_one_does_and_writes_nothing() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    enter(&editor, json!({ "email": "bo@example.com", "name": "Bo" })).await;
    let left = enter(&editor, json!({ "email": "cleo@example.com" })).await;
    let path = format!("/editor/subscribers/{}", left.text_of("id"));
    editor
        .patch(&path, json!({ "status": "unsubscribed" }))
        .await
        .expect(200);
    let before = app
        .rows("select row_to_json(subscribers) from subscribers order by id")
        .await;
    let entries = app.rows("select count(*) from consent_ledger").await;
    let file =
        format!("{SUBSCRIBED}nobody,,,,,,,,,,,,,,,,,,,,\nAda@example.com,,,,,,,,,,,,,,,,,,,,\n");

    let dry = import(&app, &editor, "dry_run=true", &file).await;

    assert_eq!(
        (&dry.body["dry_run"], counts(&dry)),
        (&json!(true), [1, 0, 2, 1, 1])
    );
    assert_eq!(
        verdicts(&editor, &dry).await,
        [
            "2 create TAGS:unknown_tag",
            "4 unchanged",
            "5 suppressed TAGS:unknown_tag unsubscribed",
            "6 invalid Email Address:invalid_email",
            "7 unchanged",
        ]
    );
    let invalid = format!(
        "/editor/imports/{}/rows?verdict=invalid,suppressed&limit=1",
        dry.text_of("id")
    );
    let page = editor.get(&invalid).await.expect(200);
    assert_eq!(page.each("line"), [5]);
    let cursor = page.body["pagination"]["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = editor
        .get(&format!("{invalid}&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(page.each("line"), [6]);
    assert_eq!(
        app.rows("select row_to_json(subscribers) from subscribers order by id")
            .await,
        before
    );
    assert_eq!(
        app.rows("select count(*) from consent_ledger").await,
        entries
    );

    let real = import(&app, &editor, "", &file).await;
    assert_eq!(counts(&real), counts(&dry));
    let list = editor.get("/editor/imports").await.expect(200);
    assert_eq!(
        list.each("id"),
        [real.body["id"].clone(), dry.body["id"].clone()]
    );
    let told = "select string_agg(action, ' ' order by id) from events where resource_kind = 'subscriber_import'";
    assert_eq!(app.rows(told).await, ["subscriber_import.finished"]);
    assert_eq!(
        app.rows("select count(*) from subscriber_import_pieces")
            .await,
        ["0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_become_confirmed_only_by_whoever_vouches_for_them() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    enter(&editor, json!({ "email": "bo@example.com" })).await;
    let consent = "%7B%22asked_at%22:%22from_file%22,%22wording%22:%22Yes,+write.%22%7D";
    let query = format!("status=confirmed&on_conflict=update&consent={consent}");

    let done = import(&app, &editor, &query, SUBSCRIBED).await;

    assert_eq!(counts(&done), [2, 1, 0, 0, 0]);
    assert_eq!(
        statuses(&app).await,
        [
            "ada@example.com confirmed",
            "bo@example.com confirmed",
            "cleo@example.com pending"
        ]
    );
    let ada = person(&editor, "ada@example.com").await;
    assert_eq!(ada["confirmed_at"], "2019-05-07T08:20:00Z");
    assert_eq!(
        ada["consent"],
        json!({ "asked_at": "2019-05-07T08:12:11Z", "method": "import", "wording": "Yes, write.", "source_url": null, "form_id": null })
    );
    assert_eq!(done.body["remarks"]["no_consent_time"], 1);
    for query in [
        "status=confirmed",
        "consent=%7B%22asked_at%22:%22from_file%22%7D",
        "status=confirmed&consent=yes",
        "status=bounced",
    ] {
        send(&editor, "text/csv", query, SUBSCRIBED)
            .await
            .expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (media_type, query, file, status, told) in [
        ("text/csv", "", "", 422, "# no_header"),
        ("text/csv", "", "a,b\n1,2\n", 422, "# no_email_column"),
        (
            "text/csv",
            "columns=%7B%22x%22:%22email%22%7D",
            "a,b\n1,2\n",
            422,
            "# unknown_column",
        ),
        ("text/csv", "", "\u{feff}\n", 422, "# no_email_column"),
        (
            "application/json",
            "",
            "{\"email\": \"a@example.com\"}",
            422,
            "# no_objects",
        ),
        ("application/json", "", "[1]", 422, "# no_objects"),
        ("application/x-ndjson", "", "[]\n", 422, "# no_objects"),
        (
            "text/csv",
            "columns=x",
            "email\n",
            400,
            "columns invalid_columns",
        ),
        (
            "text/csv",
            "columns=%7B%22email%22:%22topic%22%7D",
            "email\n",
            400,
            "columns unknown_value",
        ),
        (
            "text/csv",
            "format=excel",
            "email\n",
            400,
            "format unknown_value",
        ),
        (
            "text/csv",
            "dry_run=maybe",
            "email\n",
            400,
            "dry_run unknown_value",
        ),
        (
            "text/csv",
            "resubscribe=true",
            "email\n",
            400,
            "resubscribe unknown_parameter",
        ),
    ] {
        let refused = send(&editor, media_type, query, file).await.expect(status);
        assert_eq!(refused.faults(), [told], "{query} {file}");
    }
    for media_type in ["text/plain", "application/zip", "multipart/form-data", ""] {
        send(&editor, media_type, "", "email\na@example.com\n")
            .await
            .expect(415);
    }
    send(
        &editor.with("content-encoding", "gzip"),
        "text/csv",
        "",
        "email\n",
    )
    .await
    .expect(415);
    assert_eq!(
        app.rows("select count(*) from subscriber_imports").await,
        ["0"]
    );
    let unknown = "/editor/imports/0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d";
    for path in [unknown.to_owned(), format!("{unknown}/rows")] {
        editor.get(&path).await.expect(404);
    }
    editor
        .post(&format!("{unknown}/revert"), json!({}))
        .await
        .expect(404);
    editor
        .get("/editor/imports?state=finished")
        .await
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_one_import() {
    let app = TestApp::start().await;
    let editor = app.editor().await.with("idempotency-key", "one");
    let first = send(&editor, "text/csv", "", SUBSCRIBED).await.expect(202);
    let again = send(&editor, "text/csv", "", SUBSCRIBED).await.expect(202);
    assert_eq!(
        (again.header("idempotent-replayed"), place_of(&again)),
        ("true", place_of(&first))
    );
    send(&editor, "text/csv", "dry_run=true", SUBSCRIBED)
        .await
        .expect(422);
    app.run_jobs().await;
    assert_eq!(
        app.rows("select count(*) from subscriber_imports").await,
        ["1"]
    );
    assert_eq!(app.rows("select count(*) from subscribers").await, ["3"]);
}
