//! The script for pages, in a real browser: `tests/browser` drives Chromium against a server of ours, on a website of
//! another origin.
//!
//! Where Node.js, npm or Chromium is missing, that is told and nothing is tested, unless `MASTHEAD_BROWSER_TESTS` is
//! `required`, as it is in `.ci/run`.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use masthead::types::Role;
use masthead::{ImportMode, import_wordpress};

use crate::harness::TestApp;

/// What the scripts end with when there is no browser.
const NO_BROWSER: i32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn forms_work_in_a_browser() {
    // Or `pictures.mjs`, which takes the pictures of docs/images anew.
    let script = std::env::var_os("MASTHEAD_BROWSER_SCRIPT");
    run(script.unwrap_or_else(|| "run.mjs".into())).await;
}

async fn run(script: OsString) {
    if let Err(reason) = install() {
        return missing(&reason);
    }
    let app = TestApp::start_with(&[("MASTHEAD_PROOF_OF_WORK", "on")]).await;
    import_an_old_article(&app).await;
    let email = "desk@example.com";
    app.add_user(email, Role::Editor).await;
    let tokens = app.log_in(email).await;
    let editor = tokens["access_token"].as_str().unwrap().to_owned();
    let address = app.address.clone();
    let finished = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .arg(script)
            .args(std::env::var_os("MASTHEAD_BROWSER_CASES"))
            .current_dir(folder())
            .env("MASTHEAD_BROWSER_API", address)
            .env("MASTHEAD_BROWSER_TOKEN", editor)
            .env("MASTHEAD_BROWSER_ARTICLE", "letters")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let finished = finished.await.unwrap();
    let told = told(&finished);
    if finished.status.code() == Some(NO_BROWSER) {
        return missing(&told);
    }
    assert!(finished.status.success(), "{told}");
    // Measurements are of interest although nothing failed.
    say(&told);
}

/// One that asks for a form in the way of its plugin.
async fn import_an_old_article(app: &TestApp) {
    let export = r#"<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Valley News</title>
        <wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://old.example.com</wp:base_site_url>
        <item><title>Letters</title><dc:creator>robin</dc:creator>
        <content:encoded><![CDATA[<p>We write on Fridays.</p>[mc4wp_form id="314"]<p>Until then.</p>]]></content:encoded>
        <wp:post_id>1</wp:post_id><wp:post_name>letters</wp:post_name><wp:post_date_gmt>2019-05-01 08:00:00</wp:post_date_gmt>
        <wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>"#;
    let path = std::env::temp_dir().join(format!("masthead-{}.xml", uuid::Uuid::now_v7()));
    std::fs::write(&path, export).unwrap();
    let report = import_wordpress(&app.platform, &path, ImportMode::Write).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(report.unwrap().forms, 1);
}

/// Makes sure of what the scripts need from npm, in the versions of the lock file.
fn install() -> Result<(), String> {
    runs("node", &["--version"])?;
    let modified = |path: PathBuf| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok()
    };
    let installed = modified(folder().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(folder().join("package-lock.json")) {
        return Ok(());
    }
    runs("npm", &["ci", "--no-audit", "--no-fund"])
}

fn runs(program: &str, arguments: &[&str]) -> Result<(), String> {
    let finished = Command::new(program)
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::null())
        .output();
    match finished {
        Ok(finished) if finished.status.success() => Ok(()),
        Ok(finished) => Err(format!("{program} failed: {}", told(&finished))),
        Err(fault) => Err(format!("{program} can't be run: {fault}")),
    }
}

fn told(finished: &Output) -> String {
    let parts = [&finished.stdout, &finished.stderr];
    parts
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .concat()
}

fn missing(reason: &str) {
    let is_required =
        std::env::var_os("MASTHEAD_BROWSER_TESTS").is_some_and(|value| value == "required");
    assert!(!is_required, "{reason}");
    say(&format!("NOT TESTED in a browser: {reason}"));
}

/// Past the capture of the test runner: whoever runs the tests must see it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "\n{}", text.trim_end());
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}
