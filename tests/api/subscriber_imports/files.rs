use serde_json::json;

use super::{counts, enter, import, import_as, person, place_of, send, statuses, verdicts};
use crate::harness::{TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_a_file_is_read() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let latin = b"E-Mail-Adresse;Vorname;Stra\xdfe\r\nfranz@example.com;J\xfcrgen;\"An der \x84Ecke\x93\"\r\n".to_vec();
    for (file, encoding, delimiter, email, name, attributes) in [
        (
            latin,
            "windows-1252",
            ";",
            "franz@example.com",
            "Jürgen",
            json!({ "straße": "An der „Ecke“" }),
        ),
        (
            "\u{feff}courriel\tnom complet\rzoé@exämple.com\tZoé\r".into(),
            "utf-8",
            "\t",
            "zoé@xn--exmple-cua.com",
            "Zoé",
            json!({}),
        ),
        (
            "name,x,\"e-mail\"\n\"<b>Ro</b>\nbin\",\"=1+\"\"2\"\"\r\n3\",robin+news@example.com"
                .into(),
            "utf-8",
            ",",
            "robin%2Bnews@example.com",
            "<b>Ro</b> bin",
            json!({ "x": "=1+\"2\"\r\n3" }),
        ),
        (
            b"list@example.com\nother@example.com\n".to_vec(),
            "utf-8",
            ",",
            "list@example.com",
            "",
            json!({}),
        ),
    ] {
        let done = import(&app, &editor, "", &file).await;
        assert_eq!(counts(&done)[4], 0, "{:?}", verdicts(&editor, &done).await);
        assert_eq!(
            (
                &done.body["file"]["encoding"],
                &done.body["file"]["delimiter"]
            ),
            (&json!(encoding), &json!(delimiter))
        );
        let person = person(&editor, email).await;
        assert_eq!(person["name"].as_str().unwrap_or_default(), name, "{email}");
        assert_eq!(person["attributes"], attributes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_what_the_request_says() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    editor
        .post("/editor/tags", json!({ "name": "Local News" }))
        .await
        .expect(201);
    let columns = "columns=%7B%22Kontakt%22:%22email%22,%22Stadt%22:%22attributes.city%22,%22Gruppen%22:%22topics%22,%22Notiz%22:%22ignored%22%7D";
    let file = "Kontakt,Stadt,Gruppen,Notiz,Sprache\nrobin@example.com,Ulm,\"local-news, LOCAL NEWS\",secret,de\n";

    let done = import(&app, &editor, columns, file).await;

    assert_eq!(
        done.body["file"]["columns"][1],
        json!({ "name": "Stadt", "role": "attributes.city" })
    );
    let robin = person(&editor, "robin@example.com").await;
    assert_eq!(
        (&robin["attributes"], &robin["locale"]),
        (&json!({ "city": "Ulm" }), &json!("de"))
    );
    assert_eq!(robin["topics"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_export_is_known_by_its_columns() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (format, file) in [
        (
            "listmonk",
            "uuid,email,name,attributes,status,created_at,updated_at\nu,a@example.com,A,\"{\"\"a\"\": [1]}\",enabled,x,y\nu,b@example.com,B,{},blocklisted,x,y\n",
        ),
        (
            "ghost",
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,products\n1,c@example.com,C,hm,true,,,2020,,,\n2,d@example.com,D,,false,,,2020,,,\n",
        ),
        (
            "substack",
            "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\ne@example.com,true,,false,false,2020-01-01\nf@example.com,false,,true,false,2020-01-01\n",
        ),
        (
            "beehiiv",
            "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,unsubscribed_at\ng@example.com,G,,active,free,2020-01-01,,\nh@example.com,H,,inactive,free,2020-01-01,,2021-01-01\n",
        ),
    ] {
        let done = import(&app, &editor, "", file).await;
        assert_eq!(
            (&done.body["file"]["format"], counts(&done)),
            (&json!(format), [2, 0, 0, 0, 0])
        );
    }
    let left = app
        .rows("select email from subscribers where status = 'unsubscribed' order by email")
        .await;
    assert_eq!(
        left,
        [
            "b@example.com",
            "d@example.com",
            "f@example.com",
            "h@example.com"
        ]
    );
    assert_eq!(statuses(&app).await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_one_a_line_or_as_an_array() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let lines = "{\"email\": \"a@example.com\", \"name\": \"A\", \"age\": 7, \"topics\": [\"none\"]}\n\nnonsense\n{\"email\": 7}\n{\"name\": \"B\"}\n{\"email\": \"b@example.com\", \"attributes\": {\"x\": \"\\u0000\"}}\n{\"email\": \"c@example.com\", \"status\": \"asleep\"}";

    let done = import_as(&app, &editor, "application/x-ndjson", "", lines).await;

    assert_eq!(
        verdicts(&editor, &done).await,
        [
            "1 create topics:unknown_tag",
            "3 invalid invalid_json",
            "4 invalid email:invalid_email",
            "5 invalid required",
            "6 invalid attributes:invalid_text",
            "7 invalid status:unknown_status",
        ]
    );
    assert_eq!(
        person(&editor, "a@example.com").await["attributes"],
        json!({ "age": 7, "tags": ["none"] })
    );
    let array = "[{\"email\": \"d@example.com\"},\n {\"email\": \"e@example.com\", \"x\": \"}]\"}, 7,\n {\"email\": \"f@exam]";
    let done = import_as(&app, &editor, "application/json", "", array).await;
    assert_eq!(
        verdicts(&editor, &done).await,
        [
            "1 create",
            "2 create",
            "2 invalid invalid_json",
            "3 invalid invalid_json"
        ]
    );
}

/// So many rows, of which one in twenty is broken in one of several ways.
fn broken_file(rows: u32) -> String {
    let mut file = "email,name,city\r\n".to_owned();
    for row in 0..rows {
        let line = match row % 100 {
            3 => "not an address,x,y\r\n".to_owned(),
            23 => "short\r\n".to_owned(),
            43 => format!("\"open{row}@example.com,x,y\r\n"),
            63 => format!("r{row}@example.com,x,y,one,more\r\n"),
            83 => ",nobody,x\r\n".to_owned(),
            _ => format!("r{row}@example.com,\"Reader \"\"{row}\"\"\",\"Here,\nthere\"\r\n"),
        };
        file.push_str(&line);
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_rows_lose_only_the_broken_ones() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let file = broken_file(20_000);

    let done = import(&app, &editor, "", &file).await;

    assert_eq!(counts(&done), [19_000, 0, 0, 0, 1000]);
    assert_eq!(
        done.body["remarks"],
        json!({ "invalid_email": 200, "open_quote": 200, "required": 200, "wrong_column_count": 400 })
    );
    let again = import(&app, &editor, "on_conflict=update", &file).await;
    assert_eq!(counts(&again), [0, 0, 19_000, 0, 1000]);
    assert_eq!(
        app.rows("select count(*) || ' ' || max(number) from consent_ledger")
            .await,
        ["19000 19000"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_instance_vanishes_goes_on_where_it_was() {
    let app = TestApp::start_with(&[("MASTHEAD_JOB_WORKERS", "0")]).await;
    let editor = app.editor().await;
    enter(
        &editor,
        json!({ "email": "last@example.com", "name": "Before" }),
    )
    .await;
    let mut file = "email,name\n".to_owned();
    for row in 0..10_500 {
        file.push_str(&format!("r{row}@example.com,Reader {row}\n"));
    }
    file.push_str("last@example.com,After\n");
    let accepted = send(&editor, "text/csv", "on_conflict=update", &file)
        .await
        .expect(202);
    let mut other = app.platform.db.connect_alone().await.unwrap();
    for sql in [
        "begin",
        "select 1 from subscribers where email = 'last@example.com' for update",
    ] {
        let asked = diesel::sql_query(sql);
        diesel_async::RunQueryDsl::execute(asked, &mut other)
            .await
            .unwrap();
    }

    let working = app.working_beside();
    eventually("the first chunk is written", async || {
        let state = "select rows_read from subscriber_imports";
        app.rows(state).await == ["10000"]
    })
    .await;
    drop(working);
    drop(other);
    app.execute(
        "update jobs set locked_until = now() - interval '1 second' where locked_by is not null",
    )
    .await;
    let _working = app.working_beside();
    app.run_jobs().await;

    let done = editor.get(&place_of(&accepted)).await.expect(200);
    assert_eq!(
        (done.text_of("state").as_str(), counts(&done)),
        ("finished", [10_500, 1, 0, 0, 0])
    );
    assert_eq!(
        app.rows("select count(*) from subscribers").await,
        ["10501"]
    );
    assert_eq!(
        app.rows("select count(*) from subscriber_import_rows")
            .await,
        ["10501"]
    );
    super::assert_chain_is_whole(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_the_same_people_at_once_make_each_of_them_once() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let rows = |order: &mut dyn Iterator<Item = u32>| {
        let rows = order.map(|row| format!("r{row}@example.com,{row}\n"));
        format!("email,name\n{}", rows.collect::<String>())
    };
    let (there, back) = (rows(&mut (0..3000)), rows(&mut (0..3000).rev()));

    let (one, other) = tokio::join!(
        send(&editor, "text/csv", "", &there),
        send(&editor, "text/csv", "", &back)
    );
    let places = [one.expect(202), other.expect(202)].map(|accepted| place_of(&accepted));
    app.run_jobs().await;

    let mut created = 0;
    for place in places {
        let done = editor.get(&place).await.expect(200);
        assert_eq!(done.text_of("state"), "finished");
        created += counts(&done)[0];
    }
    assert_eq!(
        (created, app.rows("select count(*) from subscribers").await),
        (3000, vec!["3000".to_owned()])
    );
    super::assert_chain_is_whole(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_or_means_two_things_or_is_a_spreadsheet_is_refused() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for (media_type, file, fault, told) in [
        (
            "application/json",
            b"[{\"email\":\"a@example.com\"}, \n".as_slice(),
            "# cut_off",
            "cut off",
        ),
        (
            "application/json",
            b"[{\"email\":\"a@example.com\"},{\"email\":\"b@exa",
            "# cut_off",
            "cut off",
        ),
        (
            "text/csv",
            b"email,city,E-Mail\na@example.com,Ulm,b@example.com\n",
            "# repeated_column",
            "columns 1 (`email`) and 3 (`E-Mail`) are both taken for `email`",
        ),
        (
            "text/csv",
            b"email,name,Full Name\na@example.com,A,B\n",
            "# repeated_column",
            "{\\\"Full Name\\\":\\\"ignored\\\"}",
        ),
        (
            "text/csv",
            b"PK\x03\x04\x14\x00\x06\x00",
            "# spreadsheet",
            "save it as CSV",
        ),
        (
            "text/csv",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "# spreadsheet",
            "save it as CSV",
        ),
    ] {
        let refused = send(&editor, media_type, "", file).await.expect(422);
        assert_eq!(refused.faults(), [fault]);
        assert!(refused.text.contains(told), "{}", refused.text);
    }
    assert!(
        app.rows("select 1 from subscriber_imports")
            .await
            .is_empty()
    );

    let columns = "columns=%7B%22E-Mail%22:%22ignored%22%7D";
    let file = "email,city,E-Mail,\na@example.com,Ulm,b@example.com,\nshort\n";
    let done = import(&app, &editor, columns, file).await;
    assert_eq!(counts(&done), [1, 0, 0, 0, 1]);
    let rows = format!("/editor/imports/{}/rows", done.text_of("id"));
    let rows = editor.get(&rows).await.expect(200);
    assert!(rows.text.contains("has one column; the first line has 4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_agreed_in_the_future() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let file = "email,opt-in time,confirmed at,unsubscribed at\n\
        a@example.com,2999-01-01,2020-01-01,\nb@example.com,2999-01-01,,\nc@example.com,,,2999-01-01\n";
    let at = |time: &str| format!("status=confirmed&consent=%7B%22asked_at%22:%22{time}%22%7D");

    let refused = send(&editor, "text/csv", &at("2999-01-01T00:00:00Z"), file).await;
    assert_eq!(refused.expect(422).faults(), ["consent in_the_future"]);
    let refused = send(&editor, "text/csv", "status=confirmed", file).await;
    assert_eq!(refused.expect(400).faults(), ["consent required"]);
    let done = import(&app, &editor, &at("from_file"), file).await;

    assert_eq!(
        verdicts(&editor, &done).await,
        [
            "2 create opt-in time:in_the_future",
            "3 create opt-in time:in_the_future no_consent_time",
            "4 create unsubscribed at:in_the_future",
        ]
    );
    assert_eq!(
        statuses(&app).await,
        [
            "a@example.com confirmed",
            "b@example.com pending",
            "c@example.com unsubscribed"
        ]
    );
    let later = "select count(*) from consent_ledger where details::text like '%2999%'";
    assert_eq!(app.rows(later).await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_wide_rows_fewer_are_dealt_with_at_a_time() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    let wide = "x".repeat(1000);
    let row = |number: usize| format!("r{number}@example.com,{wide}\n");
    let bytes: String = (0..3000).map(row).collect();
    let import_of = async |head: &str, rows: &str| {
        let before = app
            .rows("select count(distinct xmin::text) from subscribers")
            .await;
        let done = import(&app, &editor, "", format!("{head}{rows}")).await;
        assert_eq!(counts(&done)[4], 0);
        let after = app
            .rows("select count(distinct xmin::text) from subscribers")
            .await;
        after[0].parse::<u32>().unwrap() - before[0].parse::<u32>().unwrap()
    };
    // 3 MB, of which one at a time.
    assert_eq!(import_of("email,note\n", &bytes).await, 3);
    let head: String = (0..499).map(|number| format!(",c{number}")).collect();
    let row = |number: usize| format!("v{number}@example.com{}\n", ",".repeat(499));
    let values: String = (0..450).map(row).collect();
    // 225,000 values, of which 100,000 at a time.
    assert_eq!(import_of(&format!("email{head}\n"), &values).await, 3);
}
