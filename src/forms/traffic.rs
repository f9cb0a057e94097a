use std::time::Duration;

use actix_web::HttpRequest;

use super::counts::{Counter, KnownForms};
use crate::platform::Platform;
use crate::platform::config::RateLimits;
use crate::rest::Problem;
use crate::rest::client::ClientAddress;
use crate::rest::throttle::Throttle;

const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);

/// What the routes that pages call share: app data.
pub struct Traffic {
    pub counter: Counter,
    pub known: KnownForms,
    events: Throttle<ClientAddress>,
    challenges: Throttle<ClientAddress>,
}

impl Traffic {
    /// Three hundred events and sixty challenges per client in five minutes: an office reads a lot.
    pub fn new(counter: Counter, limits: RateLimits) -> Self {
        Self {
            counter,
            known: KnownForms::default(),
            events: Throttle::new(300, FIVE_MINUTES, limits),
            challenges: Throttle::new(60, FIVE_MINUTES, limits),
        }
    }

    /// Slows down whoever makes numbers up.
    pub fn admit_event(&self, platform: &Platform, request: &HttpRequest) -> Result<(), Problem> {
        admit(&self.events, platform, request)
    }

    /// Slows down whoever collects challenges.
    pub fn admit_challenge(
        &self,
        platform: &Platform,
        request: &HttpRequest,
    ) -> Result<(), Problem> {
        admit(&self.challenges, platform, request)
    }
}

fn admit(
    throttle: &Throttle<ClientAddress>,
    platform: &Platform,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let now = platform.clock.now();
    let client = ClientAddress::of(request, &platform.config.trusted_proxies);
    throttle.check(&client, now)?;
    throttle.count(client, now);
    Ok(())
}
