//! Copies of the database that answer readers. Losing one is a line in the log, not an outage: the primary answers then.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::pool::Db;

/// How long a replica that was lost is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(5);

/// All replicas. Cheap to clone.
#[derive(Clone, Default)]
pub struct Replicas(Arc<Inner>);

#[derive(Default)]
struct Inner {
    replicas: Vec<Replica>,
    turn: AtomicUsize,
}

/// One of them.
pub struct Replica {
    db: Db,
    number: usize,
    started: Instant,
    /// Until when it is left alone, in milliseconds since `started`.
    left_alone_until: AtomicI64,
}

impl Replicas {
    /// Takes the databases, in the order of the setting.
    pub fn new(databases: Vec<Db>) -> Self {
        let replicas = databases
            .into_iter()
            .enumerate()
            .map(|(index, db)| Replica {
                db,
                number: index + 1,
                started: Instant::now(),
                left_alone_until: AtomicI64::new(0),
            });
        Self(Arc::new(Inner {
            replicas: replicas.collect(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// The one whose turn it is, of those that were not lost just now.
    pub fn next(&self) -> Option<&Replica> {
        let Inner { replicas, turn } = &*self.0;
        if replicas.is_empty() {
            return None;
        }
        let first = turn.fetch_add(1, Ordering::Relaxed);
        (0..replicas.len())
            .filter_map(|step| replicas.get(first.wrapping_add(step) % replicas.len()))
            .find(|replica| !replica.is_left_alone())
    }
}

impl Replica {
    /// The way to it.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Leaves it alone for a while.
    pub fn lost(&self, cause: &str) {
        if !self.is_left_alone() {
            tracing::warn!("replica {} is left alone for a while: {cause}", self.number);
        }
        let until = self.millis() + i64::try_from(LEFT_ALONE.as_millis()).unwrap_or_default();
        self.left_alone_until.store(until, Ordering::Relaxed);
    }

    fn is_left_alone(&self) -> bool {
        self.millis() < AtomicI64::load(&self.left_alone_until, Ordering::Relaxed)
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
