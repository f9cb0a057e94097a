//! The program itself, as somebody runs it in a folder of their own.

use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use masthead::types::Role;

use crate::harness::{PASSWORD, TestApp, TestDatabase, eventually};

/// An empty folder, and settings of which none comes from this process's own.
pub struct Place {
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Place {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("masthead-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        Self {
            folder,
            settings: Vec::new(),
        }
    }

    pub fn on(database_url: String) -> Self {
        let mut place = Self::new();
        place.settings.push(("DATABASE_URL", database_url));
        place
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end, off the threads of the test.
    pub async fn run(&self, arguments: &str) -> Said {
        let mut command = self.command(arguments);
        let Output {
            status,
            stdout,
            stderr,
        } = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        Said {
            is_success: status.success(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub is_success: bool,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    fn expect_success(self) -> Self {
        assert!(self.is_success, "{self:?}");
        self
    }

    #[track_caller]
    fn expect_failure(self) -> Self {
        assert!(!self.is_success, "{self:?}");
        self
    }
}

#[tokio::test]
async fn all_faults_of_settings_are_told_at_once_and_no_secret_with_them() {
    let place = Place::new().with("MASTHEAD_LISTEN", "here");
    let text = "DATABASE_URL='postgres://u:hunter2@localhost/x\nMASTHEAD_ADMIN_PASSWORD=six$green\nhunter2\n";
    std::fs::write(place.folder.join(".env"), text).unwrap();

    let said = place.run("doctor").await.expect_failure();

    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 4, "{said:?}");
    assert!(lines[0].starts_with("masthead: .env, line 1: DATABASE_URL: "));
    assert!(lines[1].starts_with("masthead: .env, line 3: "));
    assert!(lines[2].starts_with("masthead: MASTHEAD_LISTEN: "));
    assert!(lines[3].starts_with("masthead: MASTHEAD_ADMIN_EMAIL: "));
    assert!(!said.err.contains("hunter") && !said.err.contains("green"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_env_file_means_what_it_says() {
    let app = TestApp::start().await;
    let place = Place::on(app.database_url()).with("MASTHEAD_LISTEN", "127.0.0.1:0");
    let text =
        "MASTHEAD_ADMIN_EMAIL=robin@example.com\nMASTHEAD_ADMIN_PASSWORD=six$green-apples-x\n";
    std::fs::write(place.folder.join(".env"), text).unwrap();
    let mut server = place.command("serve").spawn().unwrap();
    let mut out = server.stdout.take().unwrap();
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("First admin:") {
        let mut some = [0; 256];
        let count = out.read(&mut some).unwrap();
        assert!(count > 0, "the server ended");
        said.extend_from_slice(&some[..count]);
    }
    server.kill().unwrap();
    server.wait().unwrap();

    let body =
        serde_json::json!({ "email": "robin@example.com", "password": "six$green-apples-x" });
    app.anonymous().post("/auth/token", body).await.expect(200);
}

#[tokio::test]
async fn a_database_that_never_answers_is_given_up_with_one_line() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let place = Place::on(format!("postgres://u:hunter2@127.0.0.1:{port}/x"))
        .with("MASTHEAD_LISTEN", "127.0.0.1:0");

    let (serve, migrate, doctor) = tokio::join!(
        place.run("serve"),
        place.run("migrate"),
        place.run("doctor")
    );

    for said in [serve, migrate] {
        let said = said.expect_failure();
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
        assert!(
            said.err.contains("has not let us in within 6 s"),
            "{said:?}"
        );
        assert!(!said.err.contains("hunter2"));
    }
    let told = doctor.expect_failure().out;
    assert!(told.contains("FAIL  database: "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_the_migrations_of_another_says_so() {
    let database = TestDatabase::empty().await;
    let place = Place::on(database.url());
    let holder = database
        .hold("select pg_advisory_lock(7881707766679953764)")
        .await;

    let mut waiting = place.command("migrate").spawn().unwrap();
    let mut said = waiting.stderr.take().unwrap();
    let mut first = [0];
    said.read_exact(&mut first).unwrap();
    drop(holder);
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();

    assert!(waiting.wait().unwrap().success());
    assert!(rest.contains("another instance is migrating"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_changes_nothing() {
    let database = TestDatabase::empty().await;
    let place = Place::on(database.url()).with("MASTHEAD_LISTEN", "127.0.0.1:0");

    let before = place.run("doctor").await.expect_success().out;
    let tables = database
        .rows("select relname from pg_class where relnamespace = 'public'::regnamespace")
        .await;
    let files = std::fs::read_dir(&place.folder).unwrap().count();
    place.run("migrate").await.expect_success();
    let after = place.run("doctor").await.expect_success().out;

    assert!(before.contains("migrations are to run"), "{before}");
    assert_eq!((tables.len(), files), (0, 0));
    assert!(after.contains("schema up to date"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_running_instance_healthy_and_a_stranger_in_its_place_not() {
    let app = TestApp::start().await;
    let listen = app.address.trim_start_matches("http://");
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = stranger.local_addr().unwrap();
    // Answers whoever asks with the end of the connection.
    std::thread::spawn(move || drop(stranger.accept()));

    let healthy = Place::on(app.database_url()).with("MASTHEAD_LISTEN", listen);
    let healthy = healthy.run("doctor").await.expect_success().out;
    let crowded = Place::on(app.database_url()).with("MASTHEAD_LISTEN", taken);
    let crowded = crowded.run("doctor").await.expect_failure().out;

    assert!(healthy.contains("warn  listen address: "), "{healthy}");
    assert!(healthy.contains("Masthead is running there"), "{healthy}");
    assert!(crowded.contains("FAIL  listen address: "), "{crowded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_disabled_and_enabled_and_one_admin_stays() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Admin).await;
    app.add_user("bea@example.com", Role::Admin).await;
    let place = Place::on(app.database_url());

    place
        .run("user disable ann@example.com")
        .await
        .expect_success();
    let refused = place.run("user disable bea@example.com").await;
    let listed = place.run("user list").await.expect_success().out;
    let again = place.run("user set-password ann@example.com").await;
    let log_in = serde_json::json!({ "email": "bea@example.com", "password": PASSWORD });
    app.anonymous()
        .post("/auth/token", log_in)
        .await
        .expect(200);
    place
        .run("user enable ann@example.com")
        .await
        .expect_success();
    place
        .run("user disable bea@example.com")
        .await
        .expect_success();

    let refused = refused.expect_failure().err;
    assert!(refused.contains("last active admin"), "{refused}");
    assert!(refused.contains("user create"), "{refused}");
    assert_eq!(
        listed,
        "ann@example.com\tRobin Writer\tadmin\tdisabled\nbea@example.com\tRobin Writer\tadmin\tactive\n"
    );
    let again = again.expect_success().out;
    assert!(again.contains("is disabled and stays so"), "{again}");
    assert_eq!(
        app.rows("select action from events where action in ('user.disabled', 'user.enabled') order by id")
            .await,
        ["user.disabled", "user.enabled", "user.disabled"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_disable_each_other_one_stays() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Admin).await;
    app.add_user("bea@example.com", Role::Admin).await;
    let place = Place::on(app.database_url());

    let (ann, bea) = tokio::join!(
        place.run("user disable ann@example.com"),
        place.run("user disable bea@example.com")
    );

    assert_ne!(ann.is_success, bea.is_success, "{ann:?} {bea:?}");
}

#[tokio::test]
async fn a_reader_that_has_had_enough_is_no_fault_and_a_full_disk_is() {
    let place = Place::new();
    let mut printing = place.command("openapi").spawn().unwrap();
    let mut out = printing.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    drop(out);
    let mut err = String::new();
    printing
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();

    assert!(printing.wait().unwrap().success(), "{err}");
    assert_eq!(err, "");
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let said = place.command("openapi").stdout(full).output().unwrap();
        assert!(!said.status.success());
    }
}

#[tokio::test]
async fn a_changed_secret_of_the_installation_is_refused_before_anything_is_served() {
    const ONE: &str = "q0x3mJt8Yp0dB7Zr5v1nKc9uWg4sHe6aLfTiXoVbRy8=";
    const OTHER: &str = "M2c9eLr0Vt7yUa5sQp1hXk8wGd4jZf6bNoIiTxCvSz0=";
    let database = TestDatabase::create().await;
    let place = Place::on(database.url());
    let begun = place.with("MASTHEAD_SECRET", ONE);
    begun.run("user list").await.expect_success();
    begun.run("user list").await.expect_success();
    for place in [
        Place::on(database.url()).with("MASTHEAD_SECRET", OTHER),
        Place::on(database.url()),
    ] {
        let said = place.run("user list").await;
        assert!(!said.is_success, "{said:?}");
        assert!(said.err.contains("MASTHEAD_SECRET"), "{said:?}");
        assert!(!said.err.contains(OTHER), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_broken_off_goes_on_in_a_server() {
    for signal in ["INT", "KILL"] {
        let app = TestApp::start_with(&[("MASTHEAD_JOB_WORKERS", "0")]).await;
        let place = Place::on(app.database_url());
        let mut list = "email\n".to_owned();
        for number in 0..40_000 {
            list.push_str(&format!("reader{number}@example.com\n"));
        }
        std::fs::write(place.folder.join("list.csv"), list).unwrap();

        let mut importing = place
            .command("import subscribers list.csv")
            .spawn()
            .unwrap();
        eventually("a part is written", async || {
            app.rows("select rows_read > 0 from subscriber_imports")
                .await
                == ["true"]
        })
        .await;
        let pid = importing.id().to_string();
        Command::new("kill")
            .args(["-s", signal, &pid])
            .status()
            .unwrap();
        let mut told = String::new();
        importing
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert!(!importing.wait().unwrap().success());
        if signal == "KILL" {
            app.execute("update jobs set locked_until = now() - interval '1 second'")
                .await;
        } else {
            assert!(told.contains("goes on as soon as a server runs"), "{told}");
        }
        let before = app.rows("select state from subscriber_imports").await;
        assert_eq!(before, ["running"], "{signal}");

        let _server = app.working_beside();
        app.run_jobs().await;
        let after = "select concat_ws(' ', state, created, (select count(*) from subscribers), \
            (select count(*) from subscriber_import_pieces)) from subscriber_imports";
        assert_eq!(app.rows(after).await, ["finished 40000 40000 0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailing_list_goes_in_and_out_by_files() {
    let app = TestApp::start().await;
    let place = Place::on(app.database_url());
    let write = |name: &str, text: &str| std::fs::write(place.folder.join(name), text).unwrap();
    write(
        "list.csv",
        "email;Vorname\na@example.com;Ada\nb@example.com;\nbroken;\n",
    );
    write(
        "gone.json",
        "[{\"email\": \"b@example.com\", \"status\": \"unsubscribed\"}]",
    );

    let dry = place
        .run("import subscribers list.csv --dry-run")
        .await
        .expect_success();
    assert!(
        dry.out
            .contains("2 created, 0 updated, 0 unchanged, 0 suppressed, 1 invalid"),
        "{}",
        dry.out
    );
    assert!(dry.out.contains("nothing was written"), "{}", dry.out);
    let none = place.run("export subscribers").await.expect_success();
    assert_eq!(none.out.lines().count(), 1);
    let real = place
        .run("import subscribers list.csv --status confirmed --consent-asked-at 2026-05-01T08:00:00Z")
        .await
        .expect_success();
    assert!(
        real.out.contains("generic, utf-8, delimiter ';'")
            && real.out.contains("invalid_email (1)"),
        "{}",
        real.out
    );
    place
        .run("import subscribers gone.json")
        .await
        .expect_success();
    let out = place
        .run("export subscribers --format ndjson --status confirmed")
        .await
        .expect_success();
    assert_eq!(
        out.out.matches("\"email\":\"a@example.com\"").count(),
        out.out.lines().count()
    );
    place
        .run("export subscribers --output all.csv")
        .await
        .expect_success();
    let back = place
        .run("import subscribers all.csv --on-conflict update")
        .await
        .expect_success();
    assert!(
        back.out
            .contains("0 created, 0 updated, 2 unchanged, 0 suppressed, 0 invalid"),
        "{}",
        back.out
    );

    for (arguments, told) in [
        ("list.csv --status confirmed", "--consent-asked-at"),
        (
            "list.csv --consent-asked-at from_file",
            "--status confirmed",
        ),
        ("list.csv --format excel", "--format"),
        ("nothing.csv", "nothing.csv"),
        ("list.xlsx", "must end with"),
    ] {
        let refused = place
            .run(&format!("import subscribers {arguments}"))
            .await
            .expect_failure();
        assert!(refused.err.contains(told), "{arguments}: {}", refused.err);
    }
    write("empty.csv", "");
    let refused = place
        .run("import subscribers empty.csv")
        .await
        .expect_failure();
    assert!(refused.err.contains("names the columns"), "{}", refused.err);
    assert_eq!(
        app.rows("select count(*) from subscriber_imports").await,
        ["4"]
    );
}
