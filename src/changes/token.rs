use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::types::{Fault, Parse};

/// How many bytes a token has.
const BYTES: usize = 20;

/// A place in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub position: i64,
    /// When the change there was made: tells two histories apart that share a position, as after a backup came back.
    pub at: DateTime<Utc>,
}

impl Place {
    /// Before everything.
    pub const BEGINNING: Self = Self {
        position: 0,
        at: DateTime::UNIX_EPOCH,
    };
}

/// A place in the changes of one installation, as it travels: opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeToken {
    installation: u64,
    position: i64,
    mark: u32,
}

impl ChangeToken {
    /// Names a place.
    pub fn new(installation: Uuid, place: Place) -> Self {
        Self {
            installation: hash(installation),
            position: place.position,
            mark: mark(place.at),
        }
    }

    /// What the place comes after.
    pub fn position(self) -> i64 {
        self.position
    }

    /// Whether it was given out here.
    pub fn is_of(self, installation: Uuid) -> bool {
        self.installation == hash(installation)
    }

    /// Whether it names this very place.
    pub fn names(self, place: Place) -> bool {
        self.position == place.position && self.mark == mark(place.at)
    }
}

impl fmt::Display for ChangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.installation.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.position.to_be_bytes());
        bytes[16..].copy_from_slice(&self.mark.to_be_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl Parse for ChangeToken {
    fn parse(text: &str) -> Result<Self, Fault> {
        let read = || {
            let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
            let token = Self {
                installation: u64::from_be_bytes(bytes[..8].try_into().ok()?),
                position: i64::from_be_bytes(bytes[8..16].try_into().ok()?),
                mark: u32::from_be_bytes(bytes[16..].try_into().ok()?),
            };
            (token.position >= 0).then_some(token)
        };
        read().ok_or_else(|| {
            Fault::new(
                "invalid_token",
                "is no change token; take it from `next_token`, `X-Change-Token` or the id of an event",
            )
        })
    }
}

fn hash(installation: Uuid) -> u64 {
    xxh3_64(installation.as_bytes())
}

/// The last bits of an instant, in microseconds.
fn mark(at: DateTime<Utc>) -> u32 {
    u32::try_from(at.timestamp_micros() & i64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: i64) -> Place {
        Place {
            position,
            at: DateTime::from_timestamp_micros(1_764_000_000_123_456).unwrap(),
        }
    }

    #[test]
    fn a_token_is_read_back_and_knows_its_place() {
        let (here, elsewhere) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let token = ChangeToken::new(here, place(42));
        assert_eq!(ChangeToken::parse(&token.to_string()), Ok(token));
        assert!(token.is_of(here) && !token.is_of(elsewhere));
        let other_history = Place {
            at: DateTime::UNIX_EPOCH,
            ..place(42)
        };
        assert!(token.names(place(42)) && !token.names(place(41)) && !token.names(other_history));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = ChangeToken::new(Uuid::from_u128(7), place(42)).to_string();
        for bad in [
            "",
            "1",
            "x",
            &good[1..],
            &format!("{good}A"),
            &format!("{good}="),
            &good.replace(|_: char| true, "/"),
            &ChangeToken::new(Uuid::from_u128(7), place(-1)).to_string(),
            &"A".repeat(100_000),
        ] {
            assert_eq!(ChangeToken::parse(bad).unwrap_err().code, "invalid_token");
        }
    }
}
