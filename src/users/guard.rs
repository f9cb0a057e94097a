use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::platform::config::RateLimits;
use crate::rest::Problem;
use crate::rest::client::ClientAddress;
use crate::rest::throttle::Throttle;
use crate::types::EmailAddress;

/// Slows guessing down: failures are counted per account, whether it exists or not, and per client.
pub struct LogInGuard {
    by_account: Throttle<EmailAddress>,
    by_client: Throttle<ClientAddress>,
}

impl LogInGuard {
    /// Ten failures per account and fifty per client in a quarter of an hour.
    pub fn new(limits: RateLimits) -> Self {
        let window = Duration::from_secs(15 * 60);
        Self {
            by_account: Throttle::new(10, window, limits),
            by_client: Throttle::new(50, window, limits),
        }
    }

    /// Refuses before any password is looked at. The attempt counts as failed until [`LogInGuard::succeeded`] says
    /// otherwise, so that parallel guesses don't slip through.
    pub fn begin(
        &self,
        account: &EmailAddress,
        client: ClientAddress,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        self.by_account.check(account, now)?;
        self.by_client.check(&client, now)?;
        self.by_account.count(account.clone(), now);
        self.by_client.count(client, now);
        Ok(())
    }

    /// Forgets the failures of an account and of its client.
    pub fn succeeded(&self, account: &EmailAddress, client: ClientAddress) {
        self.by_account.forget(account);
        self.by_client.forget(&client);
    }
}
