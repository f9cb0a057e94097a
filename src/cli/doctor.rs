//! `masthead doctor`: looks at what a service needs, and changes none of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Context;
use diesel_async::AsyncPgConnection;

use super::report;
use crate::platform::clock::Clock;
use crate::platform::config::{Config, Environment};
use crate::platform::db::{self, Address, SchemaState};
use crate::platform::mail::{Mailer, Templates};

/// How long a server on our own address may take to answer.
const NEIGHBOUR: Duration = Duration::from_secs(2);
/// How far apart the clocks may be.
const CLOCKS_APART: Duration = Duration::from_secs(2);

/// Checks what a running service needs, one line each; fails when one of them would keep it from running.
pub async fn doctor(config: &Config) -> anyhow::Result<()> {
    let mut findings = Findings { failures: 0 };
    report::line("ok    settings are readable");
    for name in &config.unknown {
        findings.warn(&format!("{name} is not a setting of Masthead"));
    }
    findings.note("data folder", data_folder(config));
    check_listen_address(&mut findings, config.listen).await?;
    check_mail(&mut findings, config).await;
    if let Err(fault) = check_database(&mut findings, config).await {
        findings.note("database", Err(fault));
    }
    for (index, replica) in config.replicas.iter().enumerate() {
        let name = format!("replica {}", index + 1);
        match version_of(replica).await {
            Ok(version) => findings.note(&name, Ok(format!("PostgreSQL {version}"))),
            // The primary answers for it.
            Err(fault) => findings.warn(&format!("{name}: {fault:#}")),
        }
    }
    anyhow::ensure!(findings.failures == 0, "something needs mending");
    Ok(())
}

/// What the checks found, said as they find it.
struct Findings {
    failures: usize,
}

impl Findings {
    fn note(&mut self, name: &str, outcome: anyhow::Result<String>) {
        match outcome {
            Ok(detail) => report::line(&format!("ok    {name}: {detail}")),
            Err(fault) => {
                self.failures += 1;
                let text = format!("{fault:#}").replace('\n', "\n      ");
                report::line(&format!("FAIL  {name}: {text}"));
            }
        }
    }

    /// Says what may be meant, and what the service runs in spite of.
    fn warn(&mut self, text: &str) {
        report::line(&format!("warn  {text}"));
    }
}

/// Whether the folder, and the key in it, would do; it is not made.
fn data_folder(config: &Config) -> anyhow::Result<String> {
    if config.database.is_some() && !config.signing_keys.is_empty() {
        return Ok("not needed".to_owned());
    }
    let folder = std::path::absolute(&config.data_dir)?;
    let shown = folder.display();
    match std::fs::metadata(&folder) {
        Ok(found) if found.is_dir() => {
            super::kept_keys(config)?;
            Ok(shown.to_string())
        }
        Ok(_) => anyhow::bail!("{shown} is no folder"),
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            Ok(format!("{shown} will be made at the first start"))
        }
        Err(fault) => Err(fault).with_context(|| format!("{shown} can't be looked at")),
    }
}

/// Which way mails go, whether servers let us in, what they are signed with, and whether the templates can be read.
async fn check_mail(findings: &mut Findings, config: &Config) {
    findings.note(
        "mail templates",
        Templates::new(config).map(|_| "readable".to_owned()),
    );
    let mailer = match Mailer::new(config, Clock::default()) {
        Ok(mailer) => mailer,
        Err(fault) => return findings.note("mail", Err(fault)),
    };
    let from = mailer.from().address.as_str();
    if let Some(folder) = mailer.folder() {
        let text = format!(
            "no MASTHEAD_SMTP_URL: mails are written to {}",
            folder.display()
        );
        match config.environment {
            Environment::Development => findings.note("mail", Ok(text)),
            Environment::Production => findings.warn(&format!("mail: {text}")),
        }
    }
    for (server, outcome) in mailer.check().await {
        match outcome {
            Ok(()) => findings.note(
                "mail",
                Ok(format!("{server} lets us in; mails come from {from}")),
            ),
            // Mails wait in the queue until it does.
            Err(fault) => findings.warn(&format!("mail: {server}: {fault}")),
        }
    }
    if let Some(signer) = &config.mail.identity.dkim {
        let (name, text) = signer.record();
        let shown =
            format!("mails are signed; the DNS must have for {name} the TXT record\n      {text}");
        findings.note("mail", Ok(shown));
    }
}

/// Whether we could listen; a service that runs already is what took the address, most likely.
async fn check_listen_address(findings: &mut Findings, listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => findings.note("listen address", Ok(format!("{listen} is free"))),
        Err(fault) if fault.kind() == ErrorKind::AddrInUse => {
            let asked = tokio::task::spawn_blocking(move || answers_as_masthead(listen)).await?;
            if asked.unwrap_or_default() {
                findings.warn(&format!(
                    "listen address: {listen} is in use: Masthead is running there"
                ));
            } else {
                let fault = anyhow::anyhow!(
                    "{listen} is in use, and not by a Masthead that answers /health/live"
                );
                findings.note("listen address", Err(fault));
            }
        }
        Err(fault) => {
            let fault = Err(fault).with_context(|| format!("{listen} can't be listened on"));
            findings.note("listen address", fault);
        }
    }
    Ok(())
}

/// Asks whoever listens there whether it is alive, as Masthead answers that.
fn answers_as_masthead(listen: SocketAddr) -> std::io::Result<bool> {
    let host = match listen.ip() {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(host, listen.port());
    let mut stream = TcpStream::connect_timeout(&address, NEIGHBOUR)?;
    stream.set_read_timeout(Some(NEIGHBOUR))?;
    stream.set_write_timeout(Some(NEIGHBOUR))?;
    let question =
        format!("GET /health/live HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"status":"ok"}"#))
}

async fn version_of(address: &Address) -> anyhow::Result<String> {
    let mut conn = connect(address).await?;
    db::server_version(&mut conn).await
}

async fn connect(address: &Address) -> anyhow::Result<AsyncPgConnection> {
    let conn = address.connect_patiently().await;
    conn.context("the database can't be reached")
}

/// Whether the database answers, how its schema stands, and whether its clock agrees with ours.
async fn check_database(findings: &mut Findings, config: &Config) -> anyhow::Result<()> {
    let found = super::find_database(config).await?;
    let looked = async {
        // What is made at the first start is looked for where it will be made.
        let mut conn = match found.maintenance()? {
            Some(maintenance) if !db::exists(&maintenance, super::EMBEDDED).await? => {
                connect(&maintenance).await?
            }
            _ => connect(&found.address).await?,
        };
        let version = db::server_version(&mut conn).await?;
        note_schema(findings, &version, db::schema_state(&mut conn).await?);
        note_clock(findings, &mut conn).await
    };
    let looked = looked.await;
    found.let_go().await;
    looked
}

fn note_schema(findings: &mut Findings, version: &str, state: SchemaState) {
    let SchemaState { pending, unknown } = state;
    let server = format!("PostgreSQL {version}");
    if pending == 0 {
        findings.note("database", Ok(format!("{server}, schema up to date")));
    } else {
        findings.warn(&format!(
            "database: {server}, {pending} migrations are to run; the next start runs them, or `masthead migrate`"
        ));
    }
    if unknown > 0 {
        findings.warn(&format!(
            "database: {unknown} migrations ran that this version does not know; a newer one has been here"
        ));
    }
}

async fn note_clock(findings: &mut Findings, conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    let clock = Clock::default();
    let ahead = clock.now_in_database(conn).await? - clock.now();
    let apart = Duration::from_secs(ahead.num_seconds().unsigned_abs());
    let outcome = if apart < CLOCKS_APART {
        Ok("agrees with the database's".to_owned())
    } else {
        Err(anyhow::anyhow!(
            "differs from the database's by {} s; synchronise both by NTP",
            apart.as_secs()
        ))
    };
    findings.note("clock", outcome);
    Ok(())
}
