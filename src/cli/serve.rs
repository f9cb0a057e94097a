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
    let server = app::serve(platform.clone(), listener)?;
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
    let handle = server.handle();
    let running = tokio::spawn(server);
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: requests at work are finished first");
    handle.stop(true).await;
    running.await??;
    Ok(())
}

/// Checks what a running service needs; one line each.
pub async fn doctor(config: Config) -> anyhow::Result<()> {
    report::line("ok    settings are readable");
    for name in &config.unknown {
        report::line(&format!("warn  {name} is not a setting of Masthead"));
    }
    let folder = std::path::absolute(&config.data_dir)?;
    let mut healthy = true;
    let mut check = |name: &str, outcome: anyhow::Result<String>| match outcome {
        Ok(detail) => report::line(&format!("ok    {name}: {detail}")),
        Err(fault) => {
            healthy = false;
            report::line(&format!(
                "FAIL  {name}: {}",
                format!("{fault:#}").replace('\n', "\n      ")
            ));
        }
    };
    check(
        "data folder",
        std::fs::create_dir_all(&folder)
            .context("can't be made")
            .map(|()| folder.display().to_string()),
    );
    let listener = TcpListener::bind(config.listen).map(|_| format!("{} is free", config.listen));
    check(
        "listen address",
        listener.with_context(|| format!("{} is taken or not ours", config.listen)),
    );
    let (migrations, address) = match super::Started::from(config).await {
        Err(fault) => {
            check("database", Err(fault));
            anyhow::bail!("something needs mending");
        }
        Ok(started) => (started.migrations_run, started),
    };
    let platform = &address.platform;
    let asked = async {
        let mut conn = platform.db.get().await?;
        let version = db::server_version(&mut conn).await?;
        Ok::<_, anyhow::Error>((
            version,
            platform.clock.now_in_database(&mut conn).await? - platform.clock.now(),
        ))
    };
    match asked.await {
        Err(fault) => check("database", Err(fault)),
        Ok((version, ahead)) => {
            check(
                "database",
                Ok(format!(
                    "PostgreSQL {version}, schema up to date ({migrations} migrations ran just now)"
                )),
            );
            let ahead = ahead
                .to_std()
                .unwrap_or_else(|_| (-ahead).to_std().unwrap_or_default());
            let clock = if ahead < Duration::from_secs(2) {
                Ok("agrees with the database's".to_owned())
            } else {
                Err(anyhow::anyhow!(
                    "differs from the database's by {} s; synchronise both by NTP",
                    ahead.as_secs()
                ))
            };
            check("clock", clock);
        }
    }
    address.stop().await;
    if healthy {
        Ok(())
    } else {
        anyhow::bail!("something needs mending")
    }
}
