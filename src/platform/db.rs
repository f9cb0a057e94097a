//! The way to Postgres: addresses and TLS, migrations, and small questions.

mod address;
mod migrations;
mod rows;

use std::time::Duration;

use anyhow::Context;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

pub use address::{Address, authorities_in};
pub use migrations::{MIGRATIONS, SchemaState, migrate, schema_state};
pub use rows::Rows;

/// How long one answer may take at the start.
const ANSWER: Duration = Duration::from_secs(5);

/// Makes the database unless it is there.
pub async fn create_if_missing(maintenance: &Address, name: &str) -> anyhow::Result<()> {
    let mut conn = maintenance
        .connect()
        .await
        .context("the database can't be reached")?;
    let created = diesel::sql_query(format!("create database \"{name}\""))
        .execute(&mut conn)
        .await;
    match created {
        Ok(_) => Ok(()),
        Err(fault) if fault.to_string().contains("already exists") => Ok(()),
        // Two instances at once: one of them meets the other's row.
        Err(diesel::result::Error::DatabaseError(
            diesel::result::DatabaseErrorKind::UniqueViolation,
            _,
        )) => Ok(()),
        Err(fault) => Err(fault).context("the database can't be made"),
    }
}

/// Whether there is a database of this name.
pub async fn exists(maintenance: &Address, name: &str) -> anyhow::Result<bool> {
    #[derive(diesel::QueryableByName)]
    struct Asked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        is_there: bool,
    }
    let mut conn = maintenance
        .connect()
        .await
        .context("the database can't be reached")?;
    let asked =
        diesel::sql_query("select exists (select from pg_database where datname = $1) as is_there")
            .bind::<diesel::sql_types::Text, _>(name)
            .get_result::<Asked>(&mut conn);
    Ok(in_time(asked).await?.is_there)
}

/// The version of the server, such as `15.18`: the cheapest question that proves it answers.
pub async fn server_version(conn: &mut AsyncPgConnection) -> anyhow::Result<String> {
    #[derive(diesel::QueryableByName)]
    struct Shown {
        #[diesel(sql_type = diesel::sql_types::Text)]
        server_version: String,
    }
    let shown = diesel::sql_query("show server_version").get_result::<Shown>(conn);
    Ok(in_time(shown).await?.server_version)
}

/// The answer to a question that is no hard one, or a fault instead of waiting for ever.
async fn in_time<T>(asked: impl Future<Output = QueryResult<T>>) -> anyhow::Result<T> {
    let answer = tokio::time::timeout(ANSWER, asked).await;
    let late = |_| {
        anyhow::anyhow!(
            "the database has not answered within {} s",
            ANSWER.as_secs()
        )
    };
    Ok(answer.map_err(late)??)
}

/// A `like` pattern that finds the text itself, whatever characters it has.
pub fn containing(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}
