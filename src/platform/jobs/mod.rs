//! Work that is done later, by whichever instance takes it first.
//!
//! A feature enqueues a job in the transaction of the change that asks for it, so there is a job exactly when there was a
//! change, and lists the kinds that it can do in a `pub fn jobs()`, which `worker.rs` gathers:
//!
//! ```ignore
//! // where the change is made, in its transaction
//! jobs::enqueue(tx, NewJob::new("subscriber.confirm", json!({ "subscriber_id": id }))).await?;
//!
//! // in the feature's mod.rs
//! pub fn jobs() -> Vec<Kind> {
//!     vec![Kind::new("subscriber.confirm", |platform, job| Box::pin(mails::confirm(platform, job))).attempts(16)]
//! }
//! ```
//!
//! What is promised: each job is begun at least once, and begun again until it says that it is done, gives up, or has been
//! begun as often as its kind allows; then it is *dead*, and shown to admins until one of them has it tried again or throws
//! it away. It may be begun twice (its instance may crash after the work and before the note of it), so a job must bear
//! that. No order is promised. Kinds never change their names: jobs of the version before may be waiting.
//!
//! Whoever has a job in hand holds a *lease*, not a transaction: half a minute that a living instance keeps prolonging. The
//! jobs of one that crashed come back when it ends.

mod backoff;
mod lookout;
mod queries;
mod runner;
mod wake;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use queries::{enqueue, forget_dead, wake};
pub use runner::{Runner, Stopper};

use super::Platform;
use crate::types::JobId;

/// A job to be.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    pub kind: &'static str,
    /// An object of ids: never an address, a name or a token, which would outlive their erasure in here.
    pub payload: Value,
    /// When an unfinished job of the same kind has this key, it stays and the new one is not made. One that is running is
    /// unfinished too, and may have read already what changed just now: where that matters, the key holds a version.
    pub unique_key: Option<&'a str>,
    /// Not before this instant; `None`: at once.
    pub run_at: Option<DateTime<Utc>>,
}

impl NewJob<'_> {
    /// A job to be done at once.
    pub fn new(kind: &'static str, payload: Value) -> Self {
        Self {
            kind,
            payload,
            unique_key: None,
            run_at: None,
        }
    }
}

/// A job in hand.
#[derive(Debug, Clone)]
pub struct Job {
    /// The same at each attempt: what a mail's Message-ID can be made of.
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    pub created_at: DateTime<Utc>,
}

impl Job {
    /// Reads the payload; what can't be read never will be.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Outcome> {
        T::deserialize(&self.payload)
            .map_err(|_| Outcome::GiveUp("the payload is not what this kind of job takes".into()))
    }
}

/// How an attempt ended. Its words are logged, kept and shown to admins: no addresses, no names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Not now: another attempt follows after a while that doubles each time.
    Retry(String),
    /// Not now: another attempt follows after this time.
    RetryIn(Duration, String),
    /// Not ever: the job is dead.
    GiveUp(String),
}

impl From<anyhow::Error> for Outcome {
    fn from(fault: anyhow::Error) -> Self {
        Self::Retry(format!("{fault:#}"))
    }
}

impl From<diesel::result::Error> for Outcome {
    fn from(fault: diesel::result::Error) -> Self {
        Self::Retry(format!("the database refused: {fault}"))
    }
}

impl From<super::pool::Unavailable> for Outcome {
    fn from(fault: super::pool::Unavailable) -> Self {
        Self::Retry(fault.to_string())
    }
}

/// Does one job.
pub type Handler = fn(Platform, Job) -> BoxFuture<'static, Outcome>;

/// How often a job is begun at most, and how long an attempt may take, unless its kind says otherwise.
const ATTEMPTS: i32 = 12;
const WITHIN: Duration = Duration::from_secs(15 * 60);

/// A kind of job: its name for ever, and how it is done.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    name: &'static str,
    handler: Handler,
    attempts: i32,
    within: Duration,
}

impl Kind {
    /// A kind whose jobs are begun at most 12 times (for some two and a half hours) and take at most a quarter of an hour each time.
    pub const fn new(name: &'static str, handler: Handler) -> Self {
        Self {
            name,
            handler,
            attempts: ATTEMPTS,
            within: WITHIN,
        }
    }

    /// Begins its jobs at most so many times.
    pub const fn attempts(self, attempts: i32) -> Self {
        Self { attempts, ..self }
    }

    /// Breaks an attempt off after this time; another follows.
    pub const fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }
}

/// Every kind that this version can do. Jobs of other kinds are left to instances that know them.
#[derive(Debug, Clone, Default)]
pub struct Kinds(BTreeMap<&'static str, Kind>);

impl Kinds {
    fn get(&self, name: &str) -> Option<Kind> {
        self.0.get(name).copied()
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self(kinds.into_iter().map(|kind| (kind.name, kind)).collect())
    }
}

/// How many jobs could be begun now or are in hand, whoever has them.
pub async fn unfinished(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
) -> diesel::QueryResult<i64> {
    queries::unfinished(conn, platform.clock.moment()).await
}
