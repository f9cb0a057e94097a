use std::net::TcpListener;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::report;
use crate::app::{self, PasswordOrigin};
use crate::platform::Platform;
use crate::platform::config::Config;
use crate::platform::db;

/// Serves until the process is told to stop.
pub async fn serve(platform: &Platform) -> anyhow::Result<()> {
    let made = app::ensure_first_admin(platform).await?;
    let listen = platform.config.listen;
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("MASTHEAD_LISTEN: {listen} can't be listened on"))?;
    let address = listener.local_addr()?;
    let running = app::serve(platform.clone(), listener)?;
    report::line(&format!("Masthead listens on http://{address}"));
    report::line(&format!("Documentation:      http://{address}/docs"));
    if let Some(admin) = made {
        report::line(&format!("First admin:        {}", admin.email.as_str()));
        match admin.origin {
            PasswordOrigin::Made => report::password(Some(&admin.password)),
            PasswordOrigin::Settings => {
                report::line("Password:           as MASTHEAD_ADMIN_PASSWORD says")
            }
        }
    }
    let stop = running.stop();
    let running = tokio::spawn(running.until_stopped());
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: requests at work are finished first");
    stop.gracefully().await;
    running.await??;
    Ok(())
}

/// Checks what a running service needs; one line each.
pub async fn doctor(config: Config) -> anyhow::Result<()> {
    let mut findings = Findings { healthy: true };
    report::line("ok    settings are readable");
    for name in &config.unknown {
        report::line(&format!("warn  {name} is not a setting of Masthead"));
    }
    let folder = std::path::absolute(&config.data_dir)?;
    findings.note(
        "data folder",
        std::fs::create_dir_all(&folder)
            .context("can't be made")
            .map(|()| folder.display().to_string()),
    );
    let listener = TcpListener::bind(config.listen).map(|_| format!("{} is free", config.listen));
    findings.note(
        "listen address",
        listener.with_context(|| format!("{} is taken or not ours", config.listen)),
    );
    match super::Started::from(config).await {
        Err(fault) => findings.note("database", Err(fault)),
        Ok(started) => {
            check_database(&mut findings, &started).await;
            started.stop().await;
        }
    }
    if findings.healthy {
        Ok(())
    } else {
        anyhow::bail!("something needs mending")
    }
}

/// What the checks found, said as they find it.
struct Findings {
    healthy: bool,
}

impl Findings {
    fn note(&mut self, name: &str, outcome: anyhow::Result<String>) {
        match outcome {
            Ok(detail) => report::line(&format!("ok    {name}: {detail}")),
            Err(fault) => {
                self.healthy = false;
                let text = format!("{fault:#}").replace('\n', "\n      ");
                report::line(&format!("FAIL  {name}: {text}"));
            }
        }
    }
}

/// Whether the database answers, and its clock agrees with ours.
async fn check_database(findings: &mut Findings, started: &super::Started) {
    let platform = &started.platform;
    let asked = async {
        let mut conn = platform.db.get().await?;
        let version = db::server_version(&mut conn).await?;
        let ahead = platform.clock.now_in_database(&mut conn).await? - platform.clock.now();
        Ok::<_, anyhow::Error>((version, ahead))
    };
    let (version, ahead) = match asked.await {
        Err(fault) => return findings.note("database", Err(fault)),
        Ok(answer) => answer,
    };
    let migrations = started.migrations_run;
    findings.note(
        "database",
        Ok(format!(
            "PostgreSQL {version}, schema up to date ({migrations} migrations ran just now)"
        )),
    );
    let apart = Duration::from_secs(ahead.num_seconds().unsigned_abs());
    findings.note(
        "clock",
        if apart < Duration::from_secs(2) {
            Ok("agrees with the database's".to_owned())
        } else {
            Err(anyhow::anyhow!(
                "differs from the database's by {} s; synchronise both by NTP",
                apart.as_secs()
            ))
        },
    );
}
