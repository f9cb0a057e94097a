//! Allowances: how often a client may try something.

use std::hash::Hash;
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use super::problem::Problem;
use crate::platform::config::RateLimits;

/// Counts attempts per key, and refuses when there were too many within a while. Kept in this process's memory, with a
/// bound: the keys that were not heard of for longest are forgotten first.
pub struct Throttle<K: Hash + Eq + Send + Sync + 'static> {
    attempts: Cache<K, Window>,
    allowed: u32,
    within: Duration,
    limits: RateLimits,
}

#[derive(Clone, Copy)]
struct Window {
    began: DateTime<Utc>,
    count: u32,
}

impl<K: Hash + Eq + Send + Sync + 'static> Throttle<K> {
    /// Allows so many attempts within such a time.
    pub fn new(allowed: u32, within: Duration, limits: RateLimits) -> Self {
        let attempts = Cache::builder()
            .max_capacity(100_000)
            .time_to_live(within * 2)
            .build();
        Self {
            attempts,
            allowed,
            within,
            limits,
        }
    }

    /// Refuses when the allowance is used up; counts nothing.
    pub fn check(&self, key: &K, now: DateTime<Utc>) -> Result<(), Problem> {
        let Some(window) = self
            .attempts
            .get(key)
            .filter(|window| self.is_current(window, now))
        else {
            return Ok(());
        };
        if self.limits == RateLimits::Off || window.count < self.allowed {
            return Ok(());
        }
        let elapsed = (now - window.began).to_std().unwrap_or_default();
        let policy = format!("\"default\";q={};w={}", self.allowed, self.within.as_secs());
        Err(Problem::Throttled {
            retry_after: self.within.saturating_sub(elapsed),
            policy: Some(policy),
        })
    }

    /// Counts an attempt.
    pub fn count(&self, key: K, now: DateTime<Utc>) {
        self.attempts.entry(key).and_upsert_with(|entry| {
            let current = entry
                .map(moka::Entry::into_value)
                .filter(|window| self.is_current(window, now));
            current.map_or(
                Window {
                    began: now,
                    count: 1,
                },
                |window| Window {
                    count: window.count.saturating_add(1),
                    ..window
                },
            )
        });
    }

    /// Forgets the attempts of a key that has shown itself honest.
    pub fn forget(&self, key: &K) {
        self.attempts.invalidate(key);
    }

    fn is_current(&self, window: &Window, now: DateTime<Utc>) -> bool {
        (now - window.began)
            .to_std()
            .is_ok_and(|elapsed| elapsed < self.within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_is_used_up_and_comes_back() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let throttle = Throttle::new(2, Duration::from_secs(60), RateLimits::On);
        for _ in 0..2 {
            assert!(throttle.check(&"a", now).is_ok());
            throttle.count("a", now);
        }
        assert!(throttle.check(&"a", now).is_err());
        assert!(throttle.check(&"b", now).is_ok());
        assert!(throttle.check(&"a", now + Duration::from_secs(61)).is_ok());
    }
}
