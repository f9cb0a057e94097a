//! The secret of this installation, and what is made with it: keyed hashes of addresses that must not be known again, and
//! marks on links and challenges that prove they are ours.
//!
//! The secret must outlive everything that was marked with it, and be the same on every instance. It is `MASTHEAD_SECRET`,
//! or else one that the first start makes and keeps in the database. The database also keeps a check of it, so that a
//! changed secret is noticed at start, and not when somebody who unsubscribed gets mail again.

use anyhow::{Context, ensure};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::token::{parse_random_bytes, random_bytes};
use crate::schema::installation;

/// 32 random bytes that are never shown.
#[derive(Clone)]
pub struct InstallationSecret([u8; 32]);

impl std::fmt::Debug for InstallationSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstallationSecret")
    }
}

impl InstallationSecret {
    /// Reads a secret written in base64, such as `openssl rand -base64 32` prints.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        parse_random_bytes(text).map(Self)
    }

    /// Makes a new one.
    pub fn generate() -> anyhow::Result<Self> {
        random_bytes().map(Self)
    }
}

/// What a mark is made for. A mark made for one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Knows an address again that must not be written to.
    Suppression,
    /// A link in a mail by which somebody manages their subscription.
    ManageToken,
    /// The challenge that a form is sent before it may be filled in.
    Challenge,
    /// Tells the secret itself from another.
    Check,
}

impl Purpose {
    /// Never changes: marks that are kept were made with it.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Suppression => b"masthead suppression 1",
            Self::ManageToken => b"masthead manage token 1",
            Self::Challenge => b"masthead challenge 1",
            Self::Check => b"masthead check 1",
        }
    }
}

/// Makes marks (HMAC-SHA-256, RFC 2104), with a key of its own for each purpose.
#[derive(Clone)]
pub struct Keys {
    suppression: Key,
    manage_token: Key,
    challenge: Key,
    check: Key,
}

impl Keys {
    /// Derives the keys from the secret.
    pub fn new(secret: &InstallationSecret) -> Self {
        let root = Key::new(HMAC_SHA256, &secret.0);
        let derived =
            |purpose: Purpose| Key::new(HMAC_SHA256, sign(&root, purpose.label()).as_ref());
        Self {
            suppression: derived(Purpose::Suppression),
            manage_token: derived(Purpose::ManageToken),
            challenge: derived(Purpose::Challenge),
            check: derived(Purpose::Check),
        }
    }

    /// The mark of a message.
    pub fn mac(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        let key = match purpose {
            Purpose::Suppression => &self.suppression,
            Purpose::ManageToken => &self.manage_token,
            Purpose::Challenge => &self.challenge,
            Purpose::Check => &self.check,
        };
        let mut mark = [0; 32];
        mark.copy_from_slice(sign(key, message).as_ref());
        mark
    }

    /// Whether this is the mark of a message, or its beginning of at least 16 bytes. The time it takes tells nothing.
    pub fn is_mac(&self, purpose: Purpose, message: &[u8], candidate: &[u8]) -> bool {
        (16..=32).contains(&candidate.len())
            && verify_slices_are_equal(&self.mac(purpose, message)[..candidate.len()], candidate)
                .is_ok()
    }
}

/// The keys of the installation that this database belongs to, which is begun where it is new. A secret of the settings
/// that is not the one it was begun with is a fault.
pub async fn open(
    conn: &mut AsyncPgConnection,
    setting: Option<&InstallationSecret>,
) -> anyhow::Result<Keys> {
    let (made, kept) = match setting {
        Some(secret) => (secret.clone(), None),
        None => {
            let made = InstallationSecret::generate()?;
            let kept = made.0.to_vec();
            (made, Some(kept))
        }
    };
    let check_of = |secret| Keys::new(secret).mac(Purpose::Check, b"");
    diesel::insert_into(installation::table)
        .values((
            installation::secret.eq(kept),
            installation::secret_check.eq(check_of(&made).to_vec()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let (kept, check): (Option<Vec<u8>>, Vec<u8>) = installation::table
        .select((installation::secret, installation::secret_check))
        .first(conn)
        .await?;
    let secret = match (setting, kept) {
        (Some(secret), _) => secret.clone(),
        (None, Some(kept)) => InstallationSecret(
            kept.try_into()
                .ok()
                .context("the installation's secret in the database is broken")?,
        ),
        (None, None) => anyhow::bail!(
            "MASTHEAD_SECRET: this database was begun with a secret of the settings, so it must be set"
        ),
    };
    ensure!(
        check_of(&secret).as_slice() == check,
        "MASTHEAD_SECRET: is not the secret that this database was begun with; what people asked not to get again is known by it"
    );
    Ok(Keys::new(&secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_good_for_its_purpose_and_message_alone() {
        let keys = Keys::new(&InstallationSecret([7; 32]));
        let mark = keys.mac(Purpose::ManageToken, b"a");
        assert!(keys.is_mac(Purpose::ManageToken, b"a", &mark));
        assert!(keys.is_mac(Purpose::ManageToken, b"a", &mark[..16]));
        assert!(!keys.is_mac(Purpose::ManageToken, b"a", &mark[..15]));
        assert!(!keys.is_mac(Purpose::ManageToken, b"b", &mark));
        assert!(!keys.is_mac(Purpose::Challenge, b"a", &mark));
        let others = Keys::new(&InstallationSecret([8; 32]));
        assert!(!others.is_mac(Purpose::ManageToken, b"a", &mark));
    }
}
