use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::platform::config::RateLimits;
use crate::rest::Problem;
use crate::rest::client::ClientAddress;
use crate::rest::throttle::Throttle;

/// Slows sign-ups down, so that nobody can fill the list or someone else's mailbox.
pub struct SubscriptionGuard {
    by_client: Throttle<ClientAddress>,
}

impl SubscriptionGuard {
    /// Thirty sign-ups per client in a quarter of an hour.
    pub fn new(limits: RateLimits) -> Self {
        Self {
            by_client: Throttle::new(30, Duration::from_secs(15 * 60), limits),
        }
    }

    /// Counts a sign-up, or refuses it.
    pub fn admit(&self, client: ClientAddress, now: DateTime<Utc>) -> Result<(), Problem> {
        self.by_client.check(&client, now)?;
        self.by_client.count(client, now);
        Ok(())
    }
}
