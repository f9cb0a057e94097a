//! The links in mails, which are all that their holder has to show. There are two kinds:
//!
//! - *confirm*: made for one wish, random, good once and for a week. The database knows its hash.
//! - *manage*: in every mail, good for as long as the subscriber has the address. Nothing of it is stored: it names its
//!   subscriber and carries a mark that only we can make.
//!
//! Their first letter tells them apart, and neither does for the other.

mod queries;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

pub use queries::{find, insert, list, spend};

use crate::platform::config::Config;
use crate::platform::installation::{Keys, Purpose};
use crate::platform::token::{OpaqueToken, TokenHash};
use crate::schema::subscription_tokens;
use crate::types::{Fault, Parse, SubscriberId, WishId};

/// How long a confirmation link is good.
pub const GOOD_FOR: TimeDelta = TimeDelta::days(7);

const CONFIRM: &str = "c_";
const MANAGE: &str = "m_";

/// The token of a link as somebody sent it.
pub struct LinkToken(String);

impl Parse for LinkToken {
    /// Takes anything: what is no token of ours names nothing.
    fn parse(text: &str) -> Result<Self, Fault> {
        Ok(Self(text.to_owned()))
    }
}

/// What a token says, if it is one of ours.
pub enum Link {
    /// Made for a wish, which the database knows by this hash, perhaps.
    Confirm(TokenHash),
    Manage(Managed),
}

/// Whose subscription may be managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Managed {
    pub subscriber: SubscriberId,
    pub generation: i32,
}

impl LinkToken {
    /// What the token says; `None` when we never made it.
    pub fn read(&self, keys: &Keys) -> Option<Link> {
        if self.0.starts_with(CONFIRM) {
            return Some(Link::Confirm(TokenHash::of(&self.0)));
        }
        let bytes = URL_SAFE_NO_PAD.decode(self.0.strip_prefix(MANAGE)?).ok()?;
        let (message, mark) = bytes.split_at_checked(20)?;
        if mark.len() != 32 || !keys.is_mac(Purpose::ManageToken, message, mark) {
            return None;
        }
        let (id, generation) = message.split_at_checked(16)?;
        Some(Link::Manage(Managed {
            subscriber: uuid::Uuid::from_slice(id).ok()?.into(),
            generation: i32::from_be_bytes(generation.try_into().ok()?),
        }))
    }
}

/// Makes a token for a confirmation link; its hash is to be stored.
pub fn mint_confirm() -> anyhow::Result<OpaqueToken> {
    OpaqueToken::mint(CONFIRM)
}

/// Makes the token of a link by which somebody manages their subscription.
pub fn sign_manage(keys: &Keys, managed: Managed) -> String {
    let mut bytes = managed.subscriber.as_uuid().as_bytes().to_vec();
    bytes.extend(managed.generation.to_be_bytes());
    let mark = keys.mac(Purpose::ManageToken, &bytes);
    bytes.extend(mark);
    format!("{MANAGE}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The page that a token leads to.
pub fn page_of(config: &Config, token: &str) -> String {
    config.outside_url(&format!("/subscriptions/{token}"))
}

/// A confirmation link as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = subscription_tokens)]
pub struct TokenRow {
    pub token_hash: Vec<u8>,
    pub subscriber_id: SubscriberId,
    pub wish_id: WishId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::installation::InstallationSecret;

    fn keys() -> Keys {
        Keys::new(&InstallationSecret::generate().unwrap())
    }

    fn managed() -> Managed {
        Managed {
            subscriber: SubscriberId::mint(),
            generation: 3,
        }
    }

    #[test]
    fn a_signed_token_is_read_back_and_no_other() {
        let keys = keys();
        let managed = managed();
        let token = sign_manage(&keys, managed);
        let read = |text: &str| LinkToken(text.to_owned()).read(&keys);
        assert!(matches!(read(&token), Some(Link::Manage(read)) if read == managed));
        for position in 2..token.len() {
            let mut other = token.clone().into_bytes();
            other[position] = if other[position] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            let same = URL_SAFE_NO_PAD.decode(&other[2..]).ok()
                == URL_SAFE_NO_PAD.decode(&token[2..]).ok();
            assert!(same || read(&other).is_none(), "{other}");
        }
        for text in [
            "",
            "m_",
            "c",
            &token[2..],
            &format!("{token}AAAA"),
            &token[..60],
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        let elsewhere = sign_manage(&self::keys(), managed);
        assert!(read(&elsewhere).is_none());
    }

    #[test]
    fn a_confirm_token_is_known_by_its_hash() {
        let minted = mint_confirm().unwrap();
        let read = LinkToken(minted.text.clone()).read(&keys());
        assert!(matches!(read, Some(Link::Confirm(hash)) if hash == minted.hash));
        assert_eq!(minted.text.len(), 45);
    }
}
