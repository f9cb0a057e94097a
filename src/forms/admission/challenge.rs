//! The challenge that a page gets before a reader may send a form: signed, so that nothing need be kept of it; bound to the
//! form; good for half an hour.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::platform::installation::{Keys, Purpose};
use crate::platform::token::{random_bytes, sha256};
use crate::types::FormId;

/// How many leading zero bits the proof of a new challenge has: about 33,000 attempts.
pub const DIFFICULTY: u8 = 15;
/// People take longer than this to write an address.
pub const SOONEST: TimeDelta = TimeDelta::seconds(1);
pub const LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// Version, form, time, difficulty, random bytes; then the mark.
const CLAIMS: usize = 1 + 16 + 8 + 1 + 16;
const SEALED: usize = CLAIMS + 32;
const VERSION: u8 = 1;

/// What a challenge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// `None`: for a sign-up without a form.
    pub form: Option<FormId>,
    pub issued_at: DateTime<Utc>,
    pub difficulty: u8,
}

impl Challenge {
    /// A new one, whole milliseconds old.
    pub fn new(form: Option<FormId>, now: DateTime<Utc>) -> Self {
        let millis = now.timestamp_millis();
        Self {
            form,
            issued_at: DateTime::from_timestamp_millis(millis).unwrap_or(now),
            difficulty: DIFFICULTY,
        }
    }

    /// From when a proof is taken.
    pub fn not_before(&self) -> DateTime<Utc> {
        self.issued_at + SOONEST
    }

    /// From when none is taken any more.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.issued_at + LIFETIME
    }

    /// The text of it, which no other challenge has.
    pub fn seal(&self, keys: &Keys) -> anyhow::Result<String> {
        let mut bytes = Vec::with_capacity(SEALED);
        bytes.push(VERSION);
        let form = self.form.map_or([0; 16], |form| *form.as_uuid().as_bytes());
        bytes.extend_from_slice(&form);
        bytes.extend_from_slice(&self.issued_at.timestamp_millis().to_be_bytes());
        bytes.push(self.difficulty);
        bytes.extend_from_slice(&random_bytes::<16>()?);
        bytes.extend_from_slice(&keys.mac(Purpose::Challenge, &bytes));
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a text that we sealed; `None` for any other.
    pub fn open(keys: &Keys, text: &str) -> Option<Self> {
        if text.len() > SEALED * 2 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (claims, mark) = bytes.split_at_checked(CLAIMS)?;
        let is_ours = mark.len() == 32 && keys.is_mac(Purpose::Challenge, claims, mark);
        let (version, rest) = claims.split_first()?;
        if !is_ours || *version != VERSION {
            return None;
        }
        let (form, rest) = rest.split_first_chunk::<16>()?;
        let (millis, rest) = rest.split_first_chunk::<8>()?;
        let form = uuid::Uuid::from_bytes(*form);
        Some(Self {
            form: (!form.is_nil()).then(|| FormId::from(form)),
            issued_at: DateTime::from_timestamp_millis(i64::from_be_bytes(*millis))?,
            difficulty: *rest.first()?,
        })
    }

    /// Whether a nonce proves that somebody computed for this challenge and this address. The address counts as it was
    /// typed, trimmed and in lower case.
    pub fn is_met(&self, text: &str, email: &str, nonce: &str) -> bool {
        let is_number =
            (1..=20).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_digit());
        let email = email.trim().to_lowercase();
        is_number
            && leading_zeros(&sha256(format!("{text}:{email}:{nonce}").as_bytes()))
                >= u32::from(self.difficulty)
    }
}

fn leading_zeros(bytes: &[u8]) -> u32 {
    let whole = bytes.iter().take_while(|byte| **byte == 0).count();
    let rest = bytes.get(whole).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(whole * 8)
        .unwrap_or(u32::MAX)
        .saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::installation::InstallationSecret;

    fn keys() -> Keys {
        Keys::new(&InstallationSecret::generate().unwrap())
    }

    fn solve(challenge: &Challenge, text: &str, email: &str) -> String {
        let mut attempts = (0_u64..).map(|number| number.to_string());
        attempts
            .find(|nonce| challenge.is_met(text, email, nonce))
            .unwrap()
    }

    #[test]
    fn what_was_sealed_is_read_back_and_nothing_else() {
        let (keys, now) = (keys(), DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        for form in [None, Some(FormId::mint())] {
            let challenge = Challenge::new(form, now);
            let text = challenge.seal(&keys).unwrap();
            assert_eq!(Challenge::open(&keys, &text), Some(challenge));
            assert_ne!(challenge.seal(&keys).unwrap(), text);
            assert_eq!(Challenge::open(&super::tests::keys(), &text), None);
            let mut forged = URL_SAFE_NO_PAD.decode(&text).unwrap();
            forged[CLAIMS - 17] = 0;
            assert_eq!(
                Challenge::open(&keys, &URL_SAFE_NO_PAD.encode(forged)),
                None
            );
        }
        for text in ["", "é", "AAAA", &"A".repeat(99), &"A".repeat(100_000)] {
            assert_eq!(Challenge::open(&keys, text), None);
        }
    }

    #[test]
    fn a_proof_is_for_one_challenge_and_one_address() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let challenge = Challenge::new(None, now);
        let nonce = solve(&challenge, "text", "reader@example.com");
        assert!(challenge.is_met("text", " Reader@Example.com ", &nonce));
        // Another address or challenge would be met once in 33,000 times.
        assert!(!challenge.is_met("text", "other@example.com", &nonce));
        assert!(!challenge.is_met("other", "reader@example.com", &nonce));
        for nonce in ["", "-1", "1e3", &"0".repeat(21)] {
            assert!(!challenge.is_met("text", "reader@example.com", nonce));
        }
    }

    #[test]
    fn zeros_are_counted_in_bits() {
        for (bytes, zeros) in [(vec![0, 0x01], 15), (vec![0xff], 0), (vec![0, 0], 16)] {
            assert_eq!(leading_zeros(&bytes), zeros);
        }
    }
}
