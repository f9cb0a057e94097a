//! Where a database is, and how one connection to it is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::platform::secret::Secret;

/// How long the network may take to open a connection to one host.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the server may then take to let us in.
const HANDSHAKE: Duration = Duration::from_secs(3);
/// How long a server that is starting up is waited for, and how often it is asked.
const STARTING: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Where the database is, and how to trust it.
#[derive(Clone)]
pub struct Address {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    mode_is_ours: bool,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(address of a database)")
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// For now: the server is starting or stopping.
    #[error("{0}")]
    NotYet(String),
    #[error("{0}")]
    Final(String),
    #[error("it has not let us in within {} s", .0.as_secs())]
    Silent(Duration),
}

impl Address {
    /// Reads a `postgres://` URL. `sslmode` may be `disable`, `prefer`, `require`, `verify-ca` or `verify-full`; where
    /// TLS is spoken, the certificate is verified always, with these certificates instead of the system's where they are
    /// given. Without `sslmode` a local server is spoken to in the clear, and another one by TLS where it has TLS.
    ///
    /// # Errors
    /// What is wrong, without any part of the URL that could be secret.
    pub fn parse(url: &Secret, authorities: Option<&RootCertStore>) -> anyhow::Result<Self> {
        let url = url.expose();
        anyhow::ensure!(
            ["postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.starts_with(scheme)),
            "must begin with postgres:// or postgresql://"
        );
        let (url, mode, authorities_in_url) = split_ssl_parameters(url);
        let mut config: tokio_postgres::Config = url.parse().map_err(|_| {
            anyhow::anyhow!("is no usable address; characters such as @ : / ? # % in a password must be percent-encoded, such as %40")
        })?;
        anyhow::ensure!(
            !config.get_hosts().is_empty() || !config.get_hostaddrs().is_empty(),
            "names no host"
        );
        config.ssl_mode(match mode.as_deref() {
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some("prefer" | "allow") => SslMode::Prefer,
            None if is_local(&config) => SslMode::Disable,
            None => SslMode::Prefer,
            Some(other) => anyhow::bail!(
                "sslmode can't be `{other}`; use disable, prefer, require, verify-ca or verify-full"
            ),
        });
        config.connect_timeout(CONNECT).application_name("masthead");
        let of_url = match (authorities, authorities_in_url) {
            (None, Some(path)) => Some(authorities_in(Path::new(&path)).context("sslrootcert")?),
            _ => None,
        };
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(trust(
                authorities.or(of_url.as_ref()),
            )?)),
        };
        Ok(Self {
            config,
            tls,
            mode_is_ours: mode.is_none(),
        })
    }

    /// Speaks to a server on another machine by TLS or not at all, unless the URL said `sslmode` itself.
    pub fn insisting_on_tls(mut self) -> Self {
        if self.mode_is_ours && self.tls.is_some() {
            self.config.ssl_mode(SslMode::Require);
        }
        self
    }

    /// Opens one connection, outside any pool. Takes six seconds at most, three more for each further host.
    pub async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |refusal: Refusal| ConnectionError::BadConnection(refusal.to_string());
        self.open_in_time().await.map_err(bad)
    }

    /// Opens one connection, and waits for a server that says it is starting up.
    pub async fn connect_patiently(&self) -> ConnectionResult<AsyncPgConnection> {
        let began = Instant::now();
        let mut is_told = false;
        loop {
            match self.open_in_time().await {
                Ok(conn) => return Ok(conn),
                Err(Refusal::NotYet(reason)) if began.elapsed() < STARTING => {
                    if !is_told {
                        let most = STARTING.as_secs();
                        tracing::warn!("waiting for the database, {most} s at most: {reason}");
                        is_told = true;
                    }
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(refusal) => return Err(ConnectionError::BadConnection(refusal.to_string())),
            }
        }
    }

    async fn open_in_time(&self) -> Result<AsyncPgConnection, Refusal> {
        let hosts = self
            .config
            .get_hosts()
            .len()
            .max(self.config.get_hostaddrs().len());
        let patience = CONNECT * u32::try_from(hosts).unwrap_or(1) + HANDSHAKE;
        tokio::time::timeout(patience, self.open())
            .await
            .unwrap_or(Err(Refusal::Silent(patience)))
    }

    async fn open(&self) -> Result<AsyncPgConnection, Refusal> {
        let opened = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(tokio_postgres::NoTls).await?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        opened.map_err(|fault| Refusal::Final(fault.to_string()))
    }
}

impl From<tokio_postgres::Error> for Refusal {
    /// Tells the whole chain of causes in one line: the outermost alone says only "error connecting to server".
    fn from(fault: tokio_postgres::Error) -> Self {
        let mut text = fault.to_string();
        let mut cause = std::error::Error::source(&fault);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        if text.ends_with("server does not support TLS") {
            text.push_str(" (sslmode=disable in its address would speak without)");
        }
        match fault.code() {
            Some(code) if *code == SqlState::CANNOT_CONNECT_NOW => Self::NotYet(text),
            _ => Self::Final(text),
        }
    }
}

/// Reads the certificates of a file (PEM).
pub fn authorities_in(path: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let shown = path.display();
    let certificates = CertificateDer::pem_file_iter(path);
    for certificate in certificates.with_context(|| format!("{shown} can't be read"))? {
        let certificate = certificate.with_context(|| format!("{shown} is damaged"))?;
        roots
            .add(certificate)
            .with_context(|| format!("{shown} holds a bad certificate"))?;
    }
    anyhow::ensure!(!roots.is_empty(), "{shown} holds no certificate");
    Ok(roots)
}

/// Whether nothing of it leaves this machine.
fn is_local(config: &tokio_postgres::Config) -> bool {
    let is_loopback = |name: &str| {
        let name = name.trim_matches(['[', ']']);
        name == "localhost"
            || name
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    };
    config
        .get_hostaddrs()
        .iter()
        .all(std::net::IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => is_loopback(name),
        })
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

fn trust(authorities: Option<&RootCertStore>) -> anyhow::Result<rustls::ClientConfig> {
    let roots = authorities.cloned().unwrap_or_else(|| {
        let mut of_system = RootCertStore::empty();
        of_system.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        of_system
    });
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS can't be set up")?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::parse(&Secret::new(url), None).unwrap()
    }

    fn refused(url: &str) -> String {
        let fault = Address::parse(&Secret::new(url), None).unwrap_err();
        format!("{fault:#}")
    }

    #[test]
    fn stricter_ssl_modes_are_understood() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://u@db.example.com/x?sslmode={mode}&connect_timeout=2");
            assert_eq!(address(&url).config.get_ssl_mode(), SslMode::Require);
        }
    }

    #[test]
    fn a_local_server_is_spoken_to_in_the_clear() {
        for host in ["localhost", "127.0.0.2", "[::1]", "%2Frun%2Fpostgresql"] {
            let local = address(&format!("postgres://u@{host}/x")).insisting_on_tls();
            assert!(local.tls.is_none(), "{host}");
        }
    }

    #[test]
    fn who_insists_on_tls_gets_it_unless_the_url_says_otherwise() {
        for (query, mode) in [
            ("", SslMode::Require),
            ("?sslmode=prefer", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
        ] {
            let url = format!("postgres://u@db.example.com/x{query}");
            let strict = address(&url).insisting_on_tls();
            assert_eq!(strict.config.get_ssl_mode(), mode, "{query}");
        }
        let hidden = address("postgres://u@localhost/x?hostaddr=192.0.2.7").insisting_on_tls();
        assert_eq!(hidden.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn what_is_wrong_is_named_without_secrets() {
        for (url, told) in [
            ("postgres://u:hunter2@h/x?sslmode=perhaps", "perhaps"),
            ("postgres://u:hunter2@h/x?hunter2=1", "no usable address"),
            ("postgres://u:hunter2/3@h:x/x", "no usable address"),
            ("mysql://u:hunter2@h/x", "must begin with"),
            ("postgres:///x", "names no host"),
            (
                "postgres://u:hunter2@h/x?sslrootcert=/nowhere",
                "/nowhere can't be read",
            ),
        ] {
            let fault = refused(url);
            assert!(fault.contains(told) && !fault.contains("hunter"), "{fault}");
        }
    }
}
