//! Bringing the schema up to date, and telling how far it is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::time::sleep;

use super::{Address, in_time};

/// Every change of the schema, inside the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// One lock for all instances that start together (an arbitrary number of our own).
const MIGRATION_LOCK: i64 = 0x6d61_7374_6865_6164;

/// How often the lock is asked for, and how often it is said that we wait.
const ASK_AGAIN: Duration = Duration::from_millis(200);
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Brings the schema up to date, one instance at a time; tells how many migrations ran. Needs a multi-threaded runtime.
pub async fn migrate(address: &Address) -> anyhow::Result<usize> {
    let mut conn = address
        .connect_patiently()
        .await
        .context("the database can't be reached")?;
    lock(&mut conn)
        .await
        .context("the migration lock can't be taken")?;
    // The lock goes when the connection does.
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let run = harness
            .run_pending_migrations(MIGRATIONS)
            .map(|versions| versions.len());
        run.map_err(|fault| anyhow::anyhow!("a migration failed: {fault}"))
    })
    .await
    .context("migrating was interrupted")?
}

/// Asks for the lock again and again instead of waiting in the database: so a database that went away is noticed.
async fn lock(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    #[derive(QueryableByName)]
    struct Asked {
        #[diesel(sql_type = Bool)]
        is_ours: bool,
    }
    let mut told: Option<Instant> = None;
    loop {
        let asked = diesel::sql_query("select pg_try_advisory_lock($1) as is_ours")
            .bind::<BigInt, _>(MIGRATION_LOCK)
            .get_result::<Asked>(conn);
        if in_time(asked).await?.is_ours {
            return Ok(());
        }
        if told.is_none_or(|at| at.elapsed() >= SAY_AGAIN) {
            tracing::warn!("another instance is migrating the database; waiting until it is done");
            told = Some(Instant::now());
        }
        sleep(ASK_AGAIN).await;
    }
}

/// How the schema of a database stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// Migrations that are to run.
    pub pending: usize,
    /// Migrations that ran and are not ours: those of a newer version.
    pub unknown: usize,
}

/// Tells how the schema stands, and changes nothing.
pub async fn schema_state(conn: &mut AsyncPgConnection) -> anyhow::Result<SchemaState> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        is_there: bool,
    }
    #[derive(QueryableByName)]
    struct Ran {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let found = "select to_regclass('__diesel_schema_migrations') is not null as is_there";
    let found: Found = in_time(diesel::sql_query(found).get_result(conn)).await?;
    let ran: Vec<Ran> = if found.is_there {
        let ran = "select version::text as version from __diesel_schema_migrations";
        in_time(diesel::sql_query(ran).load(conn)).await?
    } else {
        Vec::new()
    };
    let ran: BTreeSet<String> = ran.into_iter().map(|row| row.version).collect();
    let ours: BTreeSet<String> = MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .map_err(|fault| anyhow::anyhow!("our own migrations can't be read: {fault}"))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    Ok(SchemaState {
        pending: ours.difference(&ran).count(),
        unknown: ran.difference(&ours).count(),
    })
}
