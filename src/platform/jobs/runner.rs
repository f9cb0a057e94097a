use std::collections::{BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::lookout::{Lookout, POLL};
use super::{Job, Kind, Kinds, Outcome, backoff, queries, wake};
use crate::platform::Platform;
use crate::platform::token::random_bytes;
use crate::types::JobId;

/// How long to rest when what is done can't be taken out.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often leases are prolonged, and after which time a job that waits in hand is given back.
const HEARTBEAT: Duration = Duration::from_secs(queries::LEASE.as_secs() / 3);
/// How long those that are done are gathered before they are taken out, and how many go at once. Whatever is done in that
/// time is done a second time where its instance is killed.
const GATHER: Duration = Duration::from_millis(2);
const AT_ONCE: usize = 500;

/// What an instance is doing about jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Working,
    /// What is in hand may be finished until this instant.
    Stopping(Instant),
    Stopped,
}

/// Does the jobs of one instance, for as long as it is there. Dropped, it leaves what it has in hand to its lease.
pub struct Runner {
    stage: watch::Sender<Stage>,
    tasks: Vec<JoinHandle<()>>,
}

/// Stops a runner from elsewhere.
#[derive(Clone)]
pub struct Stopper(watch::Sender<Stage>);

impl Runner {
    /// Begins to do jobs of these kinds, as many at once as the settings say.
    pub fn start(platform: &Platform, kinds: Kinds) -> Self {
        let places = platform.config.job_workers;
        let names = kinds.names();
        if places == 0 || names.is_empty() {
            return Self {
                stage: watch::Sender::new(Stage::Stopped),
                tasks: Vec::new(),
            };
        }
        let stage = watch::Sender::new(Stage::Working);
        let told = watch::Sender::new(());
        let me = Uuid::now_v7();
        let (done, finished) = mpsc::channel(AT_ONCE);
        let hand = Hand {
            lookout: Lookout::new(platform.clone(), names, me, places),
            platform: platform.clone(),
            kinds,
            me,
            places,
            waiting: VecDeque::new(),
            begun: BTreeSet::new(),
            running: JoinSet::new(),
            done,
        };
        let finishing = tokio::spawn(finish(platform.clone(), me, finished));
        let tasks = vec![
            tokio::spawn(wake::listen(platform.db.clone(), told.clone())),
            tokio::spawn(hand.work(stage.clone(), told.subscribe(), finishing)),
        ];
        Self { stage, tasks }
    }

    /// Waits until it has stopped, if it was told to.
    pub async fn wound_down(&self) {
        let mut stage = self.stage.subscribe();
        let current = *self.stage.borrow();
        if let Stage::Stopping(until) = current {
            let stopped = stage.wait_for(|stage| *stage == Stage::Stopped);
            // Giving back takes a moment more; without the database it would take for ever.
            let _ = timeout(until.duration_since(Instant::now()) + POLL, stopped).await;
        }
    }

    /// A way to stop it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stage.clone())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Stopper {
    /// Takes no more jobs, lets those that were begun be finished within a time, and gives back all others. Begins at once,
    /// and waits when it is polled.
    pub fn stop(&self, within: Duration) -> impl Future<Output = ()> + use<> {
        let until = Instant::now() + within;
        self.0.send_if_modified(|stage| {
            let is_working = *stage == Stage::Working;
            if is_working {
                *stage = Stage::Stopping(until);
            }
            is_working
        });
        let mut stage = self.0.subscribe();
        async move {
            let stopped = stage.wait_for(|stage| *stage == Stage::Stopped);
            let _ = timeout(within + POLL, stopped).await;
        }
    }
}

/// The jobs that an instance has in hand.
struct Hand {
    platform: Platform,
    kinds: Kinds,
    lookout: Lookout,
    me: Uuid,
    places: usize,
    /// Taken, and not begun: so that one question brings several.
    waiting: VecDeque<(Job, Instant)>,
    begun: BTreeSet<JobId>,
    running: JoinSet<JobId>,
    done: mpsc::Sender<JobId>,
}

impl Hand {
    async fn work(
        mut self,
        stage: watch::Sender<Stage>,
        mut told: watch::Receiver<()>,
        finishing: JoinHandle<()>,
    ) {
        let mut jumps = self.platform.clock.jumps();
        let mut stages = stage.subscribe();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let until = loop {
            if let Stage::Stopping(until) = *stages.borrow_and_update() {
                break until;
            }
            let next = self.lookout.next(self.waiting.len());
            let due = next.unwrap_or_else(Instant::now);
            tokio::select! {
                _ = stages.changed() => {}
                jobs = self.lookout.found() => self.take(jobs),
                Some(ended) = self.running.join_next() => self.ended(ended.ok()),
                _ = told.changed(), if next.is_some() => self.lookout.hurry(),
                _ = jumps.changed(), if next.is_some() => self.lookout.hurry(),
                () = sleep_until(due), if next.is_some() => self.lookout.look(self.waiting.len()),
                _ = heartbeat.tick() => self.beat().await,
            }
        };
        self.wind_down(until, finishing).await;
        stage.send_replace(Stage::Stopped);
    }

    fn take(&mut self, jobs: Vec<Job>) {
        let taken = Instant::now();
        let taken = jobs.into_iter().map(|job| (job, taken));
        self.waiting.extend(taken);
        self.begin_waiting();
    }

    /// Gives free places to what waits.
    fn begin_waiting(&mut self) {
        while self.begun.len() < self.places
            && let Some((job, _)) = self.waiting.pop_front()
        {
            let Some(kind) = self.kinds.get(&job.kind) else {
                continue;
            };
            self.begun.insert(job.id);
            let (platform, me, done) = (self.platform.clone(), self.me, self.done.clone());
            self.running.spawn(async move {
                let id = job.id;
                do_one(platform, me, kind, job, done).await;
                id
            });
        }
    }

    fn ended(&mut self, id: Option<JobId>) {
        if let Some(id) = id {
            self.begun.remove(&id);
            self.lookout.done();
        }
        self.begin_waiting();
    }

    /// Prolongs the leases, and lets others have what has waited for long.
    async fn beat(&mut self) {
        let long = |(_, taken): &(Job, Instant)| taken.elapsed() >= HEARTBEAT;
        let stale: Vec<JobId> = self
            .waiting
            .iter()
            .filter(|one| long(one))
            .map(|(job, _)| job.id)
            .collect();
        self.waiting.retain(|one| !long(one));
        let kept: Vec<JobId> = self
            .waiting
            .iter()
            .map(|(job, _)| job.id)
            .chain(self.begun.iter().copied())
            .collect();
        if kept.is_empty() && stale.is_empty() {
            return;
        }
        let renewed = async {
            let mut conn = self.platform.db.get().await?;
            queries::renew(&mut conn, self.me, &kept).await?;
            queries::give_back(&mut conn, self.me, &stale).await?;
            anyhow::Ok(())
        };
        if let Err(fault) = renewed.await {
            tracing::warn!("jobs in hand may be begun a second time elsewhere: {fault:#}");
        }
    }

    /// Finishes what was begun, until an instant, and gives back the rest.
    async fn wind_down(mut self, until: Instant, finishing: JoinHandle<()>) {
        let waiting = self.waiting.drain(..).map(|(job, _)| job.id);
        let mut unbegun: Vec<JobId> = waiting.collect();
        if let Ok(jobs) = timeout(POLL, self.lookout.last_found()).await {
            unbegun.extend(jobs.iter().map(|job| job.id));
        }
        self.give_back(unbegun).await;
        let mut heartbeat = interval(HEARTBEAT);
        while !self.running.is_empty() {
            tokio::select! {
                Some(ended) = self.running.join_next() => self.ended(ended.ok()),
                _ = heartbeat.tick() => self.beat().await,
                () = sleep_until(until) => break,
            }
        }
        self.running.shutdown().await;
        self.give_back(self.begun.iter().copied().collect()).await;
        // With the last sender the list of what is done ends.
        drop(self.done);
        let _ = timeout(POLL, finishing).await;
    }

    /// Asks for all of itself, because a look that is under way can't be shared between threads.
    async fn give_back(&mut self, ids: Vec<JobId>) {
        let given = async {
            let mut conn = self.platform.db.get().await?;
            queries::give_back(&mut conn, self.me, &ids).await?;
            anyhow::Ok(())
        };
        if let Err(fault) = given.await {
            tracing::warn!("jobs in hand come back when their lease ends: {fault:#}");
        }
    }
}

/// Does a job, and notes how it ended.
async fn do_one(platform: Platform, me: Uuid, kind: Kind, job: Job, done: mpsc::Sender<JobId>) {
    let (id, attempt) = (job.id, job.attempt);
    let outcome = if attempt > kind.attempts {
        // Its instance vanished at the last attempt.
        Outcome::GiveUp("whoever did it vanished, each time".to_owned())
    } else {
        attempted(platform.clone(), kind, job).await
    };
    let name = kind.name;
    let (pause, words) = match outcome {
        Outcome::Done => {
            tracing::debug!("job {id} ({name}) is done");
            // The list is gone when the instance stops in a hurry: then the job is done a second time.
            let _ = done.send(id).await;
            return;
        }
        Outcome::Retry(words) => (Some(pause_after(attempt)), words),
        Outcome::RetryIn(pause, words) => (Some(pause), words),
        Outcome::GiveUp(words) => (None, words),
    };
    let now = platform.clock.moment();
    let noted = async {
        let mut conn = platform.db.get().await?;
        match pause.filter(|_| attempt < kind.attempts) {
            Some(pause) => {
                tracing::info!("job {id} ({name}), attempt {attempt}: {words}");
                queries::postpone(&mut conn, me, id, pause, &words, now).await?;
            }
            None => {
                tracing::error!("job {id} ({name}) is dead after attempt {attempt}: {words}");
                queries::bury(&mut conn, me, id, &words, now).await?;
            }
        }
        anyhow::Ok(())
    };
    if let Err(fault) = noted.await {
        tracing::warn!("job {id} ({name}) comes back when its lease ends: {fault:#}");
    }
}

async fn attempted(platform: Platform, kind: Kind, job: Job) -> Outcome {
    let attempt = AssertUnwindSafe(async move { (kind.handler)(platform, job).await });
    match timeout(kind.within, attempt.catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Retry("it panicked; the log has the cause".to_owned()),
        Err(_) => Outcome::Retry(format!("it took longer than {} s", kind.within.as_secs())),
    }
}

fn pause_after(attempt: i32) -> Duration {
    let [drawn] = random_bytes().unwrap_or([u8::MAX]);
    backoff::pause(attempt, drawn)
}

/// Takes what is done out of the queue: all that were finished in a moment, in one statement.
async fn finish(platform: Platform, me: Uuid, mut finished: mpsc::Receiver<JobId>) {
    let mut ids = Vec::with_capacity(AT_ONCE);
    while let Some(id) = finished.recv().await {
        ids.push(id);
        sleep(GATHER).await;
        while ids.len() < AT_ONCE
            && let Ok(id) = finished.try_recv()
        {
            ids.push(id);
        }
        while let Err(fault) = take_out(&platform, me, &ids).await {
            tracing::warn!(
                "{} jobs that are done can't be taken out: {fault:#}",
                ids.len()
            );
            sleep(AFTER_FAILURE).await;
        }
        ids.clear();
    }
}

async fn take_out(platform: &Platform, me: Uuid, ids: &[JobId]) -> anyhow::Result<()> {
    let mut conn = platform.db.get().await?;
    Ok(queries::finish(&mut conn, me, ids).await?)
}
