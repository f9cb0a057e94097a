pub mod articles;
pub mod authors;
pub mod tags;

use chrono::{DateTime, Utc};

use crate::platform::Platform;
use crate::rest::delivered::Freshness;

/// How long an answer stays true.
fn freshness(platform: &Platform, next_change: Option<DateTime<Utc>>) -> Freshness {
    Freshness {
        now: platform.clock.now(),
        next_change,
    }
}
