//! What runs beside the server, on every instance.

use std::time::Duration;

use diesel_async::AsyncConnection;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::articles::transitions;
use crate::changes::Hub;
use crate::forms::{self, Counter};
use crate::platform::Platform;
use crate::platform::jobs::{Kinds, Runner, Stopper};
use crate::{subscriber_imports, subscribers};

/// Of how many articles transitions are told in one transaction.
const BATCH: i64 = 100;
/// How long to rest at most; how long after a change, so that a burst of them costs one question; how long when something
/// is due that somebody else is working on; and how long after a failure.
const LONGEST: Duration = Duration::from_secs(10);
const AFTER_CHANGE: Duration = Duration::from_millis(100);
const STILL_DUE: Duration = Duration::from_millis(200);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Everything that runs beside the server; ends when it is dropped.
pub struct Workers {
    tasks: [JoinHandle<()>; 4],
    jobs: Runner,
    counter: Counter,
    platform: Platform,
}

impl Workers {
    /// Starts all.
    pub fn start(platform: &Platform, hub: &Hub, counter: &Counter) -> Self {
        let tasks = [
            tokio::spawn(platform.epoch.clone().follow(platform.db.clone())),
            tokio::spawn(hub.clone().follow(platform.clone())),
            tokio::spawn(tell_transitions(platform.clone())),
            tokio::spawn(forms::keep_house(platform.clone(), counter.clone())),
        ];
        Self {
            tasks,
            jobs: Runner::start(platform, kinds()),
            counter: counter.clone(),
            platform: platform.clone(),
        }
    }

    /// Waits until the jobs in hand are finished, if they are being finished, and writes down what is still in memory. To be
    /// called when the last request was answered.
    pub async fn wound_down(&self) {
        self.jobs.wound_down().await;
        if let Err(fault) = self.counter.flush(&self.platform).await {
            tracing::warn!("what forms were counted last is lost: {fault:#}");
        }
    }

    /// A way to stop doing jobs from elsewhere.
    pub fn jobs(&self) -> Stopper {
        self.jobs.stopper()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &self.tasks {
            worker.abort();
        }
    }
}

/// Every kind of job that some feature can do.
fn kinds() -> Kinds {
    let features = [subscribers::jobs(), subscriber_imports::jobs()];
    features.into_iter().flatten().collect()
}

/// Tells of what begins and ends by the clock, soon after its instant. Instances share the work: each article is told of
/// by the first that locks it.
async fn tell_transitions(platform: Platform) {
    let (mut moves, mut jumps) = (platform.epoch.moves(), platform.clock.jumps());
    let mut is_lost = false;
    loop {
        moves.borrow_and_update();
        jumps.borrow_and_update();
        let rest = match tell_due(&platform).await {
            Ok(rest) => {
                is_lost = false;
                rest
            }
            Err(fault) => {
                if !std::mem::replace(&mut is_lost, true) {
                    tracing::warn!("what begins or ends by the clock can't be told: {fault:#}");
                }
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = sleep(rest) => {}
            // A schedule may have changed.
            _ = moves.changed() => sleep(AFTER_CHANGE.min(rest)).await,
            _ = jumps.changed() => {}
        }
    }
}

/// Tells of all that is due; says how long to rest until the next.
async fn tell_due(platform: &Platform) -> anyhow::Result<Duration> {
    let mut conn = platform.db.get().await?;
    loop {
        let now = platform.clock.now_in_database(&mut conn).await?;
        let next = transitions::next_due(&conn).await?;
        let rest = next.map_or(LONGEST, |at| (at - now).to_std().unwrap_or_default());
        if !rest.is_zero() {
            return Ok(rest.min(LONGEST));
        }
        let told = conn
            .transaction(async |tx| transitions::tell_due(tx, now, BATCH).await)
            .await?;
        if told == 0 {
            return Ok(STILL_DUE);
        }
    }
}
