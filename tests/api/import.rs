use std::path::PathBuf;

use masthead::{ImportMode, ImportReport, import_wordpress};
use serde_json::json;

use crate::harness::TestApp;

/// An export file that is removed at the end.
struct Export(PathBuf);

impl Export {
    fn of(items: &str) -> Self {
        Self::raw(&format!(
            r#"<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
            xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:dc="http://purl.org/dc/elements/1.1/"
            xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Valley News</title><language>en-GB</language>
            <wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://old.example.com</wp:base_site_url>
            <wp:author><wp:author_login>robin</wp:author_login><wp:author_display_name>Robin Reed</wp:author_display_name></wp:author>
            <wp:category><wp:category_nicename>beds</wp:category_nicename><wp:category_parent>gardening</wp:category_parent><wp:cat_name>Beds</wp:cat_name></wp:category>
            <wp:category><wp:category_nicename>gardening</wp:category_nicename><wp:cat_name>Gardening</wp:cat_name></wp:category>
            {items}</channel></rss>"#
        ))
    }

    fn raw(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("masthead-{}.xml", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    async fn import(&self, app: &TestApp) -> ImportReport {
        import_wordpress(&app.platform, &self.0, ImportMode::Write)
            .await
            .unwrap()
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn post(id: u32, title: &str, body: &str, more: &str) -> String {
    let status = if more.contains("wp:status") {
        ""
    } else {
        "<wp:status>publish</wp:status>"
    };
    format!(
        r#"<item><title>{title}</title><dc:creator>robin</dc:creator><content:encoded><![CDATA[{body}]]></content:encoded>
        <wp:post_id>{id}</wp:post_id><wp:post_date_gmt>2019-05-0{id} 08:00:00</wp:post_date_gmt>
        <wp:post_type>post</wp:post_type>{status}{more}</item>"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_becomes_articles_tags_and_authors() {
    let app = TestApp::start().await;
    let body = r#"<!-- wp:paragraph --><p>Sow now.</p><!-- /wp:paragraph -->[mc4wp_form id="314"][unknown_box size="3"]"#;
    let category = r#"<category domain="category" nicename="beds">Beds</category><wp:post_name>spring-beds</wp:post_name>"#;
    let export = Export::of(&format!(
        "{}{}",
        post(1, "Spring", body, category),
        "<item><title>Menu</title><wp:post_type>nav_menu_item</wp:post_type></item>"
    ));

    let report = export.import(&app).await;

    assert_eq!((report.imported, report.tags_made, report.forms), (1, 2, 1));
    assert_eq!(
        (
            report.others["menu items"],
            report.shortcodes["unknown_box"]
        ),
        (1, 1)
    );
    let article = app
        .anonymous()
        .get("/articles/spring-beds")
        .await
        .expect(200);
    assert_eq!(article.text_of("published_at"), "2019-05-01T08:00:00Z");
    assert_eq!(article.body["authors"][0]["name"], "Robin Reed");
    assert_eq!(article.body["tags"][0]["slug"], "beds");
    let html = article.text_of("body_html");
    assert!(
        html.contains(r#"<div data-masthead-form="314"></div>"#)
            && !html.contains('[')
            && !html.contains("<!--")
    );
    let tag = app.anonymous().get("/tags/beds").await.expect(200);
    assert_eq!(tag.body["parent"]["slug"], "gardening");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_doubles_nothing_updates_what_changed_there_and_keeps_what_changed_here() {
    let app = TestApp::start().await;
    let first = [
        post(1, "One", "<p>1</p>", ""),
        post(2, "Two", "<p>2</p>", ""),
        post(3, "Three", "<p>3</p>", ""),
    ];
    Export::of(&first.concat()).import(&app).await;
    let editor = app.editor().await.with("if-match", "*");
    let three = app
        .anonymous()
        .get("/articles/three")
        .await
        .expect(200)
        .text_of("id");
    editor
        .patch(
            &format!("/editor/articles/{three}"),
            json!({ "title": "Edited" }),
        )
        .await
        .expect(200);
    let second = [
        post(1, "One", "<p>1</p>", ""),
        post(2, "Two", "<p>New</p>", ""),
        post(3, "Three", "<p>New</p>", ""),
    ];

    let report = Export::of(&second.concat()).import(&app).await;

    assert_eq!(
        (
            report.imported,
            report.unchanged,
            report.updated,
            report.kept.len()
        ),
        (0, 1, 1, 1)
    );
    assert_eq!(
        app.anonymous()
            .get("/articles?sort=title")
            .await
            .each("title"),
        ["One", "Three", "Two"]
    );
    assert_eq!(
        app.anonymous()
            .get("/articles/two")
            .await
            .text_of("body_html"),
        "<p>New</p>"
    );
    assert_eq!(
        editor
            .get(&format!("/editor/articles/{three}"))
            .await
            .text_of("title"),
        "Edited"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_keeps_its_standing_and_one_behind_a_password_becomes_a_draft() {
    let app = TestApp::start().await;
    let items = [
        post(
            1,
            "Locked",
            "<p>1</p>",
            "<wp:post_password>secret</wp:post_password>",
        ),
        post(2, "Draft", "<p>2</p>", "<wp:status>draft</wp:status>"),
        post(3, "Pending", "<p>3</p>", "<wp:status>pending</wp:status>"),
        post(4, "Later", "<p>4</p>", "<wp:status>future</wp:status>").replace("2019", "2101"),
    ];

    let report = Export::of(&items.concat()).import(&app).await;

    assert_eq!(
        report.changed[0].reason,
        "was behind a password, and is a draft now"
    );
    assert!(
        app.anonymous()
            .get("/articles")
            .await
            .each("title")
            .is_empty()
    );
    let listed = app
        .editor()
        .await
        .get("/editor/articles?sort=title&fields=title,status")
        .await
        .expect(200);
    assert_eq!(
        listed.body["data"],
        json!([
            { "title": "Draft", "status": "draft" },
            { "title": "Later", "status": "scheduled" },
            { "title": "Locked", "status": "draft" },
            { "title": "Pending", "status": "in_review" },
        ])
    );
}

/// The reasons of all notes on changed items, by title.
fn reasons(report: &ImportReport, title: &str) -> Vec<String> {
    let notes = report.changed.iter().filter(|note| note.title == title);
    notes.map(|note| note.reason.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_import_has_to_change_is_told_once() {
    let app = TestApp::start().await;
    let slug = |slug: &str| format!("<wp:post_name>{slug}</wp:post_name>");
    let long = format!("{}-end", ["long"; 18].join("-"));
    let longer = ["long"; 30].join("-");
    let items = [
        post(
            1,
            "First",
            r#"<iframe src="https://example.com/a"></iframe><p>1</p>"#,
            &slug("s1"),
        ),
        post(2, "Second", "<p>2</p>", &slug("s1")),
        post(3, "Third", "<p>3</p>", &slug("b%c3%bc_cher")),
        post(4, "Fourth", "<p>4</p>", &slug(&long)),
        post(5, "Fifth", "<p>5</p>", &slug(&longer)),
        post(6, &"x".repeat(400), "<p>6</p>", &slug("six")),
        post(7, "", "<p>Seven words</p>", &slug("seven")),
        post(8, "Eighth", "<p>8</p>", "<wp:status>archived</wp:status>"),
        post(
            9,
            "Ninth",
            "<p>9</p>",
            r#"<category domain="post_tag" nicename="b%c3%bccher">Bücher</category>"#,
        ),
    ];
    let export = Export::of(&items.concat());

    let report = export.import(&app).await;
    let again = export.import(&app).await;

    let cut = &longer[..79];
    for (title, reason) in [
        ("First", "loses what readers may not get: 1 iframe"),
        (
            "Second",
            "has the slug `s1-2` instead of `s1`, for another article has `s1`",
        ),
        (
            "Third",
            "has the slug `bu-cher`, for `bü_cher` is none here",
        ),
        (
            "Fifth",
            &format!("has the slug `{cut}`, for `{longer}` is none here"),
        ),
        (
            &"x".repeat(300),
            "its title of 400 characters was cut to 300",
        ),
        (
            "Seven words",
            "has no title, and is called by its first words",
        ),
        ("Eighth", "had the status “archived”, and is a draft now"),
    ] {
        assert_eq!(reasons(&report, title), [reason]);
    }
    assert_eq!(report.changed.len(), 7);
    assert!(
        report
            .to_string()
            .contains("Note: tag `bücher` has the slug `bucher` here")
    );
    app.anonymous()
        .get(&format!("/articles/{long}"))
        .await
        .expect(200);
    assert_eq!((again.unchanged, again.changed.len()), (9, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_post_without_a_date_takes_the_next_best_and_a_scheduled_one_waits() {
    let app = TestApp::start().await;
    let undated = |id: u32, title: &str, more: &str| {
        let zero = "<wp:post_date_gmt>0000-00-00 00:00:00";
        post(id, title, "<p>x</p>", more)
            .replace(&format!("<wp:post_date_gmt>2019-05-0{id} 08:00:00"), zero)
    };
    let items = [
        undated(
            1,
            "Local",
            "<wp:post_date>2017-02-03 04:05:06</wp:post_date>",
        ),
        undated(
            2,
            "Rss",
            "<pubDate>Fri, 03 Feb 2017 06:05:06 +0200</pubDate>",
        ),
        undated(
            3,
            "Changed",
            "<wp:post_modified_gmt>2018-01-01 00:00:00</wp:post_modified_gmt>",
        ),
        undated(4, "Nothing", ""),
        undated(5, "Planned", "<wp:status>future</wp:status>"),
    ];

    let report = Export::of(&items.concat()).import(&app).await;

    let listed = app
        .anonymous()
        .get("/articles?sort=published_at&fields=title,published_at")
        .await
        .expect(200);
    let dates = listed.each("published_at");
    assert_eq!(listed.each("title"), ["Local", "Rss", "Changed", "Nothing"]);
    assert_eq!(dates[..2], ["2017-02-03T04:05:06Z", "2017-02-03T04:05:06Z"]);
    assert_eq!(dates[2], "2018-01-01T00:00:00Z");
    assert_eq!(
        reasons(&report, "Changed"),
        [
            "has no usable date of publication, and is dated by its last change, 2018-01-01T00:00:00+00:00"
        ]
    );
    assert_eq!(
        reasons(&report, "Nothing"),
        ["has no usable date at all, and is dated by this import"]
    );
    assert_eq!(
        reasons(&report, "Planned"),
        ["was scheduled without a usable date, and is a draft now"]
    );
    assert_eq!(report.changed.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_and_a_dry_run_leave_nothing() {
    let app = TestApp::start().await;
    let whole = Export::of(&post(
        1,
        "One",
        "<p>1</p>",
        r#"<category domain="post_tag" nicename="frost">Frost</category>"#,
    ));
    let text = std::fs::read_to_string(&whole.0).unwrap();
    let broken = Export::raw(&text.replace("</channel></rss>", "<item><title>Two</title>"));

    let fault = import_wordpress(&app.platform, &broken.0, ImportMode::Write)
        .await
        .unwrap_err()
        .to_string();
    let rehearsed = import_wordpress(&app.platform, &whole.0, ImportMode::DryRun)
        .await
        .unwrap();

    assert!(
        fault.contains("line ") && fault.ends_with("nothing was imported"),
        "{fault}"
    );
    assert_eq!((rehearsed.imported, rehearsed.tags_made), (1, 3));
    for table in ["articles", "tags", "authors", "events", "import_sources"] {
        assert_eq!(
            app.rows(&format!("select count(*) from {table}")).await,
            ["0"],
            "{table}"
        );
    }
}
