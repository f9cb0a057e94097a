//! The way to Postgres: a pool of connections, TLS, migrations.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use diesel::prelude::*;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::secret::Secret;

/// Every change of the schema, inside the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// One lock for all instances that start together (an arbitrary number of our own).
const MIGRATION_LOCK: i64 = 0x6d61_7374_6865_6164;

/// How long the network may take to open a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Where the database is, and how to trust it.
#[derive(Clone)]
pub struct Address {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a `postgres://` URL. `sslmode` may be `disable`, `prefer`, `require`, `verify-ca` or `verify-full`; where
    /// TLS is spoken, the certificate is verified always. Without `sslmode` a local server is spoken to in the clear.
    pub fn parse(url: &Secret, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let (url, mode, ca_in_url) = split_ssl_parameters(url.expose());
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|_| anyhow::anyhow!("DATABASE_URL: is not a usable postgres:// address"))?;
        let is_local = config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        });
        config.ssl_mode(match mode.as_deref() {
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some("prefer" | "allow") => SslMode::Prefer,
            None if is_local => SslMode::Disable,
            None => SslMode::Prefer,
            Some(other) => anyhow::bail!("DATABASE_URL: sslmode can't be `{other}`; use disable, prefer, require, verify-ca or verify-full"),
        });
        config.connect_timeout(CONNECT).application_name("masthead");
        let ca_in_url = ca_in_url.as_deref().map(Path::new);
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(trust(ca_file.or(ca_in_url))?)),
        };
        Ok(Self { config, tls })
    }

    /// Opens one connection, outside any pool.
    pub async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |fault: tokio_postgres::Error| ConnectionError::BadConnection(explain(&fault));
        match &self.tls {
            None => {
                let (client, connection) = self
                    .config
                    .connect(tokio_postgres::NoTls)
                    .await
                    .map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        }
    }
}

/// Brings the schema up to date, one instance at a time; tells how many migrations ran. Needs a multi-threaded runtime.
pub async fn migrate(address: &Address) -> anyhow::Result<usize> {
    let mut conn = address
        .connect()
        .await
        .context("the database can't be reached")?;
    diesel::sql_query("select pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(&mut conn)
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

/// The version of the server, such as `15.18`: the cheapest question that proves it answers.
pub async fn server_version(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    #[derive(diesel::QueryableByName)]
    struct Shown {
        #[diesel(sql_type = diesel::sql_types::Text)]
        server_version: String,
    }
    let shown: Shown = diesel::sql_query("show server_version")
        .get_result(conn)
        .await?;
    Ok(shown.server_version)
}

/// A `like` pattern that finds the text itself, whatever characters it has.
pub fn containing(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// Takes out what tokio-postgres does not know: the stricter `sslmode`s and `sslrootcert`.
fn split_ssl_parameters(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None, None);
    };
    let (mut mode, mut ca, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => {
                ca = Some(
                    percent_encoding::percent_decode_str(value)
                        .decode_utf8_lossy()
                        .into_owned(),
                )
            }
            _ => rest.push(pair),
        }
    }
    let url = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", rest.join("&"))
    };
    (url, mode, ca)
}

fn trust(ca_file: Option<&Path>) -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path)
                .with_context(|| format!("{} can't be read", path.display()))?;
            for certificate in certificates {
                roots.add(
                    certificate
                        .with_context(|| format!("{} holds no certificate", path.display()))?,
                )?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS can't be set up")?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The whole chain of causes in one line: the outermost alone says only "error connecting to server".
fn explain(fault: &tokio_postgres::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = std::error::Error::source(fault);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stricter_ssl_modes_are_understood() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = Secret::new(format!(
                "postgres://u@db.example.com/x?sslmode={mode}&connect_timeout=2"
            ));
            assert_eq!(
                Address::parse(&url, None).unwrap().config.get_ssl_mode(),
                SslMode::Require
            );
        }
    }

    #[test]
    fn a_local_server_is_spoken_to_in_the_clear() {
        let url = Secret::new("postgres://u@localhost/x");
        assert!(Address::parse(&url, None).unwrap().tls.is_none());
    }

    #[test]
    fn an_unknown_ssl_mode_is_named() {
        let fault = Address::parse(
            &Secret::new("postgres://u:secret@h/x?sslmode=perhaps"),
            None,
        )
        .err()
        .unwrap()
        .to_string();
        assert!(fault.contains("perhaps") && !fault.contains("secret"));
    }
}
