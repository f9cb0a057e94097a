use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::platform::config::RateLimits;
use crate::rest::Problem;
use crate::rest::client::ClientAddress;
use crate::rest::throttle::Throttle;

/// Slows sign-ups down, so that nobody can fill the list or someone else's mailbox.
pub struct SubscriptionGuard {
    by_client: Throttle<ClientAddress>,
    /// Those that prove no work, because they come from a page without a script.
    by_page: Throttle<ClientAddress>,
}

impl SubscriptionGuard {
    /// Thirty sign-ups per client in a quarter of an hour, of which six may come from a page without a script.
    pub fn new(limits: RateLimits) -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self {
            by_client: Throttle::new(30, quarter, limits),
            by_page: Throttle::new(6, quarter, limits),
        }
    }

    /// Counts a sign-up from a page without a script, or refuses it.
    pub fn admit_page(&self, client: ClientAddress, now: DateTime<Utc>) -> Result<(), Problem> {
        self.by_page.check(&client, now)?;
        self.admit(client, now)?;
        self.by_page.count(client, now);
        Ok(())
    }

    /// Counts a sign-up, or refuses it.
    pub fn admit(&self, client: ClientAddress, now: DateTime<Utc>) -> Result<(), Problem> {
        self.by_client.check(&client, now)?;
        self.by_client.count(client, now);
        Ok(())
    }
}
