//! What every test stands on.

mod client;
mod database;
mod folder;
pub mod smtp;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use masthead::accounts::{self, NewUser};
use masthead::app;
use masthead::platform::Platform;
use masthead::platform::clock::Clock;
use masthead::platform::config::Config;
use masthead::platform::epoch::Epoch;
use masthead::platform::installation::{InstallationSecret, Keys};
use masthead::platform::jobs;
use masthead::platform::mail::{Mailer, Templates};
use masthead::platform::password::Passwords;
use masthead::platform::pool::Db;
use masthead::platform::replicas::Replicas;
use masthead::platform::token::{AccessTokens, SigningKey};
use masthead::types::{Line, Parse, Role};
use serde_json::{Value, json};

pub use client::{Client, Reply};
pub use database::TestDatabase;
pub use folder::TestFolder;

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A server of its own, with a database of its own.
pub struct TestApp {
    pub platform: Platform,
    pub address: String,
    http: reqwest::Client,
    server: actix_web::dev::ServerHandle,
    /// Stops it as a signal would; for a test to take.
    pub stop: Option<app::Stop>,
    database: Arc<TestDatabase>,
    /// What is not in the database: the mails, for one.
    pub folder: Arc<TestFolder>,
}

impl TestApp {
    /// Starts a server with the settings of development, without rate limits.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with other settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create().await;
        Self::start_on(database, settings)
    }

    /// Starts a server on a database that is there already.
    pub fn start_on(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let folder = Arc::new(TestFolder::new());
        let config = config(folder.path(), settings);
        let clock = Clock::default();
        let platform = Platform {
            mailer: Mailer::new(&config, clock.clone()).unwrap(),
            templates: Templates::new(&config).unwrap(),
            db: Db::new(database.address(), 8).unwrap(),
            replicas: Replicas::default(),
            epoch: Epoch::default(),
            clock,
            passwords: Passwords::default(),
            access_tokens: AccessTokens::new(&[SigningKey::generate().unwrap()])
                .unwrap()
                .into(),
            keys: Keys::new(&InstallationSecret::generate().unwrap()),
            config: config.into(),
        };
        Self::serving(platform, Arc::new(database), folder)
    }

    /// Starts another instance on the same database, with the same keys and clock.
    pub fn beside(&self) -> Self {
        let platform = Platform {
            db: Db::new(self.database.address(), 8).unwrap(),
            epoch: Epoch::default(),
            ..self.platform.clone()
        };
        Self::serving(platform, self.database.clone(), self.folder.clone())
    }

    /// Starts another instance on the same database, which does jobs whether this one does or not.
    pub fn working_beside(&self) -> Self {
        let config = Config {
            job_workers: 4,
            ..Config::clone(&self.platform.config)
        };
        let platform = Platform {
            db: Db::new(self.database.address(), 8).unwrap(),
            epoch: Epoch::default(),
            config: config.into(),
            ..self.platform.clone()
        };
        Self::serving(platform, self.database.clone(), self.folder.clone())
    }

    /// Starts another instance on the same database, which reads from these replicas.
    pub fn reading_from(&self, replicas: Vec<Db>) -> Self {
        let platform = Platform {
            replicas: Replicas::new(replicas),
            epoch: Epoch::default(),
            ..self.platform.clone()
        };
        Self::serving(platform, self.database.clone(), self.folder.clone())
    }

    fn serving(platform: Platform, database: Arc<TestDatabase>, folder: Arc<TestFolder>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let running = app::serve(platform.clone(), listener).unwrap();
        let (handle, stop) = (running.server.handle(), running.stop());
        tokio::spawn(running.until_stopped());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            platform,
            address,
            http,
            server: handle,
            stop: Some(stop),
            database,
            folder,
        }
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), &self.address, None)
    }

    /// Somebody with this token.
    pub fn bearer(&self, token: &str) -> Client {
        Client::new(self.http.clone(), &self.address, Some(token))
    }

    /// A new author, logged in.
    pub async fn author(&self) -> Client {
        self.someone(Role::Author).await
    }

    /// A new editor, logged in.
    pub async fn editor(&self) -> Client {
        self.someone(Role::Editor).await
    }

    /// A new admin, logged in.
    pub async fn admin(&self) -> Client {
        self.someone(Role::Admin).await
    }

    async fn someone(&self, role: Role) -> Client {
        let email = format!(
            "{}-{}@example.com",
            role.as_str(),
            uuid::Uuid::now_v7().simple()
        );
        self.add_user(&email, role).await;
        let tokens = self.log_in(&email).await;
        self.bearer(tokens["access_token"].as_str().unwrap())
    }

    /// Makes an account whose password is [`PASSWORD`].
    pub async fn add_user(&self, email: &str, role: Role) {
        let user = NewUser {
            email: Parse::parse(email).unwrap(),
            name: Line::parse("Robin Writer").unwrap(),
            role,
            password: Parse::parse(PASSWORD).ok().unwrap(),
        };
        accounts::create(&self.platform, user).await.unwrap();
    }

    /// Logs in, and gives what the API answers.
    pub async fn log_in(&self, email: &str) -> Value {
        let reply = self
            .anonymous()
            .post(
                "/auth/token",
                json!({ "email": email, "password": PASSWORD }),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// The outbox: action and visibility of every event, oldest first.
    pub async fn outbox(&self) -> Vec<String> {
        self.rows("select action from events where resource_kind <> 'user' order by id")
            .await
    }

    /// Waits until no job is left that is due or in hand. What failed and waits for its next attempt is not due: move the
    /// clock for that.
    pub async fn run_jobs(&self) {
        let mut conn = self.platform.db.connect_alone().await.unwrap();
        let is_idle = async || jobs::unfinished(&mut conn, &self.platform).await.unwrap() == 0;
        eventually("all jobs are done", is_idle).await;
    }

    /// The mails that it wrote into its folder, oldest first: where no server is set.
    pub fn mails(&self) -> Vec<smtp::Received> {
        self.folder.mails()
    }

    /// Where its database is, as DATABASE_URL says it.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Changes the database behind the API's back.
    pub async fn execute(&self, sql: &str) {
        self.database.execute(sql).await;
    }

    /// The same, where it may be refused.
    pub async fn try_execute(&self, sql: &str) -> diesel::QueryResult<()> {
        self.database.try_execute(sql).await
    }

    /// The first column of a query's rows, as text.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        self.database.rows(sql).await
    }
}

fn config(data_dir: &str, settings: &[(&str, &str)]) -> Config {
    let house = [
        ("MASTHEAD_DATA_DIR", data_dir),
        ("MASTHEAD_RATE_LIMITS", "off"),
        ("MASTHEAD_SITE_URL", "https://news.example.com"),
    ];
    let variables: BTreeMap<String, String> = house
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::from_variables(variables).unwrap()
}

/// Waits until something is so, and fails when it takes too long.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap_or_else(|_| panic!("{what}: not within 30 seconds"));
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The workers go at once; the database follows when it is dropped.
        drop(self.server.stop(false));
    }
}
