use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Job, queries};
use crate::platform::Platform;

/// How often the queue is looked at when nobody tells of a job.
pub const POLL: Duration = Duration::from_secs(5);
/// How long to rest when something is due that somebody else is just taking, and after a failure.
const STILL_DUE: Duration = Duration::from_millis(200);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// For how long one look should bring work, and how many jobs it brings at most.
const PACE: Duration = Duration::from_millis(100);
const MOST: usize = 500;

/// Looks for jobs, one look at a time, while others are being done.
pub struct Lookout {
    platform: Platform,
    kinds: Vec<&'static str>,
    me: Uuid,
    /// How many jobs are in hand at least and at present, begun or not: the more, the quicker they are done.
    least: usize,
    portion: usize,
    /// How many were done since an instant.
    done: usize,
    since: Instant,
    next: Instant,
    is_lost: bool,
    asking: Option<BoxFuture<'static, anyhow::Result<Found>>>,
}

/// What a look brought.
struct Found {
    jobs: Vec<Job>,
    /// It was all that was wanted: there may be more.
    is_full: bool,
    /// How long to rest before the next look.
    rest: Duration,
}

impl Lookout {
    /// Looks for jobs of these kinds, for so many places.
    pub fn new(platform: Platform, kinds: Vec<&'static str>, me: Uuid, places: usize) -> Self {
        let now = Instant::now();
        let least = places * 2;
        Self {
            platform,
            kinds,
            me,
            least,
            portion: least,
            done: 0,
            since: now,
            next: now,
            is_lost: false,
            asking: None,
        }
    }

    /// When to look again, where so many wait in hand; `None` while there are enough, and during a look.
    pub fn next(&self, waiting: usize) -> Option<Instant> {
        let has_room = waiting * 2 < self.portion;
        (has_room && self.asking.is_none()).then_some(self.next)
    }

    /// Has the next look be at once.
    pub fn hurry(&mut self) {
        self.next = Instant::now();
    }

    /// Begins a look, where so many wait in hand.
    pub fn look(&mut self, waiting: usize) {
        let look = look(
            self.platform.clone(),
            self.me,
            self.kinds.clone(),
            self.portion.saturating_sub(waiting),
        );
        self.asking = Some(look.boxed());
    }

    /// What the look brought that was begun; pends where there is none. Nothing is lost when it is dropped.
    pub async fn found(&mut self) -> Vec<Job> {
        let Some(asking) = &mut self.asking else {
            return std::future::pending().await;
        };
        let found = asking.await;
        self.asking = None;
        let (jobs, rest) = match found {
            Ok(found) => {
                self.is_lost = false;
                if found.is_full {
                    self.keep_pace();
                }
                (found.jobs, found.rest)
            }
            Err(fault) => {
                if !std::mem::replace(&mut self.is_lost, true) {
                    tracing::warn!("jobs can't be looked for: {fault:#}");
                }
                (Vec::new(), AFTER_FAILURE)
            }
        };
        self.next = Instant::now() + rest;
        jobs
    }

    /// The jobs of a look that is under way still, for the end.
    pub async fn last_found(&mut self) -> Vec<Job> {
        match self.asking {
            Some(_) => self.found().await,
            None => Vec::new(),
        }
    }

    /// Notes that a job is done.
    pub fn done(&mut self) {
        self.done += 1;
    }

    fn keep_pace(&mut self) {
        let in_time = self.done as f64 * PACE.as_secs_f64() / self.since.elapsed().as_secs_f64();
        let most = MOST.min(self.portion * 2).max(self.least);
        self.portion = (in_time as usize).clamp(self.least, most);
        self.done = 0;
        self.since = Instant::now();
    }
}

async fn look(
    platform: Platform,
    me: Uuid,
    kinds: Vec<&'static str>,
    wanted: usize,
) -> anyhow::Result<Found> {
    let mut conn = platform.db.get().await?;
    let now = platform.clock.moment();
    let jobs = queries::claim(&mut conn, me, &kinds, i64::try_from(wanted)?, now).await?;
    let is_full = jobs.len() >= wanted;
    let rest = if is_full {
        Duration::ZERO
    } else {
        match queries::next_due(&mut conn, &kinds).await? {
            None => POLL,
            Some(next) => {
                let now = platform.clock.now_in_database(&mut conn).await?;
                match (next - now).to_std() {
                    Ok(rest) if !rest.is_zero() => rest.min(POLL),
                    _ if jobs.is_empty() => STILL_DUE,
                    _ => Duration::ZERO,
                }
            }
        }
    };
    Ok(Found {
        jobs,
        is_full,
        rest,
    })
}
