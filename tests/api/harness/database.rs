use std::path::PathBuf;
use std::sync::OnceLock;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use masthead::platform::db::{self, Address};
use masthead::platform::postgres::{Cluster, Durability, Locations};
use masthead::platform::secret::Secret;
use tokio::sync::OnceCell;

/// The server that all tests share: that of `DATABASE_URL`, or an embedded one that other test runs share as well.
struct Server {
    base: String,
    _cluster: Option<Cluster>,
}

/// A database of one test's own, copied from a template and dropped at the end.
pub struct TestDatabase {
    name: String,
    elsewhere: Option<Address>,
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Text)]
    shown: String,
}

impl TestDatabase {
    /// Copies the template.
    pub async fn create() -> Self {
        let template = template().await;
        Self::made(&format!("template {template} strategy file_copy")).await
    }

    /// Makes one with nothing in it.
    pub async fn empty() -> Self {
        tokio::task::spawn_blocking(server).await.unwrap();
        Self::made("").await
    }

    /// Copies what a test has made so far.
    pub async fn copy_of(app: &super::TestApp) -> Self {
        let mut conn = connect("postgres").await;
        let name = &app.database.name;
        // The test's own connections would forbid the copy; they are opened anew when needed.
        let cut = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        );
        let options = format!("template {name} strategy file_copy");
        let copy = format!("t_{}", uuid::Uuid::now_v7().simple());
        loop {
            execute(
                &mut conn,
                &format!("alter database {name} allow_connections false"),
            )
            .await;
            execute(&mut conn, &cut).await;
            let copied = diesel::sql_query(format!("create database {copy} {options}"))
                .execute(&mut conn)
                .await;
            execute(
                &mut conn,
                &format!("alter database {name} allow_connections true"),
            )
            .await;
            if copied.is_ok() {
                return Self {
                    name: copy,
                    elsewhere: None,
                };
            }
        }
    }

    async fn made(options: &str) -> Self {
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        let mut conn = connect("postgres").await;
        execute(&mut conn, &format!("create database {name} {options}")).await;
        Self {
            name,
            elsewhere: None,
        }
    }

    /// One on another server, that was made and migrated already and is dropped with it.
    pub fn elsewhere(url: &str) -> Self {
        Self {
            name: String::new(),
            elsewhere: Some(Address::parse(&Secret::new(url.to_owned()), None).unwrap()),
        }
    }

    /// Where it is.
    pub fn address(&self) -> Address {
        self.elsewhere
            .clone()
            .unwrap_or_else(|| address(&self.name))
    }

    /// Where it is, as DATABASE_URL says it.
    pub fn url(&self) -> String {
        url(&self.name)
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &str) {
        let mut conn = self.address().connect().await.unwrap();
        execute(&mut conn, sql).await;
    }

    /// Runs a statement that may be refused.
    pub async fn try_execute(&self, sql: &str) -> diesel::QueryResult<()> {
        let mut conn = self.address().connect().await.unwrap();
        diesel::sql_query(sql).execute(&mut conn).await.map(|_| ())
    }

    /// Runs a statement, and gives its connection: what it locked stays so as long as that is there.
    pub async fn hold(&self, sql: &str) -> AsyncPgConnection {
        let mut conn = connect(&self.name).await;
        execute(&mut conn, sql).await;
        conn
    }

    /// The first column of a query's rows, as text.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        let mut conn = self.address().connect().await.unwrap();
        let sql = format!(
            "select coalesce(row_to_json(q)->>(select key from json_each_text(row_to_json(q)) limit 1), '') as shown from ({sql}) q"
        );
        let rows: Vec<Shown> = diesel::sql_query(sql).load(&mut conn).await.unwrap();
        rows.into_iter().map(|row| row.shown).collect()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.elsewhere.is_some() {
            return;
        }
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut conn = connect("postgres").await;
                execute(
                    &mut conn,
                    &format!("drop database if exists {name} with (force)"),
                )
                .await;
            });
        });
        let _ = dropping.join();
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        if let Some(url) = std::env::var_os("DATABASE_URL") {
            return Server {
                base: url.into_string().unwrap(),
                _cluster: None,
            };
        }
        let locations = Locations {
            root: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres"),
            programs: std::env::var_os("MASTHEAD_PG_BIN").map(PathBuf::from),
            path: std::env::var_os("PATH"),
            runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
        };
        let cluster = match Cluster::start(&locations, Durability::Relaxed) {
            Ok(cluster) => cluster,
            Err(fault) => panic!("{fault:#}"),
        };
        Server {
            base: cluster.url("postgres"),
            _cluster: Some(cluster),
        }
    })
}

fn address(database: &str) -> Address {
    Address::parse(&Secret::new(url(database)), None).unwrap()
}

fn url(database: &str) -> String {
    let base = &server().base;
    let (path, query) = base
        .split_once('?')
        .map_or((base.as_str(), String::new()), |(path, query)| {
            (path, format!("?{query}"))
        });
    let (root, _) = path.rsplit_once('/').unwrap();
    format!("{root}/{database}{query}")
}

async fn connect(database: &str) -> AsyncPgConnection {
    address(database).connect().await.unwrap()
}

async fn execute(conn: &mut AsyncPgConnection, sql: &str) {
    diesel::sql_query(sql).execute(conn).await.unwrap();
}

/// The migrated database that all others are copied from. Its name tells which migrations it has, so that a changed one
/// makes a new template; test runs that start together wait for the first to make it.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            tokio::task::spawn_blocking(server).await.unwrap();
            let name = format!("tmpl_{:x}", migrations_hash());
            let mut conn = connect("postgres").await;
            execute(&mut conn, "select pg_advisory_lock(20261124)").await;
            let there: Vec<Shown> = diesel::sql_query(format!(
                "select datname::text as shown from pg_database where datname = '{name}'"
            ))
            .load(&mut conn)
            .await
            .unwrap();
            if there.is_empty() {
                let draft = format!("{name}_draft");
                execute(
                    &mut conn,
                    &format!("drop database if exists {draft} with (force)"),
                )
                .await;
                execute(&mut conn, &format!("create database {draft}")).await;
                db::migrate(&address(&draft)).await.unwrap();
                // The migration's connection may still be closing: a rename waits for nobody.
                while diesel::sql_query(format!("alter database {draft} rename to {name}"))
                    .execute(&mut conn)
                    .await
                    .is_err()
                {
                    tokio::task::yield_now().await;
                }
            }
            drop_forgotten(&mut conn).await;
            name
        })
        .await
}

/// Databases of runs that were killed.
async fn drop_forgotten(conn: &mut AsyncPgConnection) {
    let forgotten = "select datname::text as shown from pg_database where datname like 't\\_%' \
        and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 hour'";
    let names: Vec<Shown> = diesel::sql_query(forgotten)
        .load(conn)
        .await
        .unwrap_or_default();
    for Shown { shown } in names {
        let _ = diesel::sql_query(format!("drop database if exists {shown} with (force)"))
            .execute(conn)
            .await;
    }
}

fn migrations_hash() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
            .unwrap()
            .map(|folder| folder.unwrap().path().join("up.sql"))
            .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}
