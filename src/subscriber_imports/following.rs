//! Whoever typed an import waits for its end. What does it is its job, which this process takes unless a server is quicker: so
//! that somebody goes on when this one is gone.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::model::{ImportRow, ImportState};
use super::{queries, running};
use crate::platform::Platform;
use crate::platform::config::Config;
use crate::platform::jobs::Runner;
use crate::types::ImportId;

/// How often to look how far it has come, and for how long the database may be away meanwhile.
const LOOK: Duration = Duration::from_millis(100);
const AWAY: Duration = Duration::from_secs(30);

/// Does an import that is queued, or has another do it; tells how far it has come, and gives it when it is over.
///
/// # Errors
/// When the import failed, and when this process is told to stop: the import goes on as soon as a server runs.
pub async fn to_its_end(
    platform: &Platform,
    id: ImportId,
    told: impl Fn(&ImportRow),
) -> anyhow::Result<ImportRow> {
    let config = Config {
        job_workers: 1,
        ..Config::clone(&platform.config)
    };
    let worker = Platform {
        config: config.into(),
        ..platform.clone()
    };
    let runner = Runner::start(&worker, std::iter::once(running::kind()).collect());
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let ended = tokio::select! {
        ended = watched(platform, id, told) => ended,
        _ = interrupt.recv() => Err(anyhow::anyhow!("stopped before the end")),
        _ = terminate.recv() => Err(anyhow::anyhow!("stopped before the end")),
    };
    runner.stopper().stop(Duration::ZERO).await;
    let import = ended.with_context(|| {
        format!(
            "the import {id} goes on as soon as a server runs; it can be taken back when it is over"
        )
    })?;
    match &import.failure {
        None => Ok(import),
        Some(failure) => anyhow::bail!(
            "the import {id} failed after {} rows: {failure}",
            import.rows_read
        ),
    }
}

async fn watched(
    platform: &Platform,
    id: ImportId,
    told: impl Fn(&ImportRow),
) -> anyhow::Result<ImportRow> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = Instant::now();
    loop {
        looks.tick().await;
        match look(platform, id).await {
            Ok(import) => {
                seen = Instant::now();
                told(&import);
                if !matches!(import.state, ImportState::Queued | ImportState::Running) {
                    return Ok(import);
                }
            }
            Err(fault) if seen.elapsed() > AWAY => return Err(fault),
            Err(_) => {}
        }
    }
}

async fn look(platform: &Platform, id: ImportId) -> anyhow::Result<ImportRow> {
    let mut conn = platform.db.get().await?;
    let import = queries::find(&mut conn, id).await?;
    import.context("the import has gone")
}
