use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::sql::stored_as_text;
use super::{Fault, Parse};

/// Longest address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// A mail address (RFC 5321, with RFC 6531 letters before the `@`), normalised so that two spellings of one mailbox are
/// equal: lower case, NFC, the domain in its ASCII form (IDNA 2008). `+tags` are kept.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, format = Email, max_length = 254, examples("reader@example.com"))]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The normalised address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What stands behind it, in ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// An address that nobody has and no mail can go to (RFC 2606).
    pub fn nobody() -> Self {
        Self("news@localhost.invalid".to_owned())
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Parse for EmailAddress {
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = || {
            Fault::new(
                "invalid_email",
                "must be an address such as reader@example.com",
            )
        };
        let text: String = text.trim().nfc().collect();
        if text.is_empty() {
            return Err(Fault::required());
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(fault)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| fault())?;
        let local: String = local.to_lowercase().nfc().collect();
        let address = format!("{local}@{domain}");
        // What begins an encoded word (RFC 2047) could be read as something else in a header.
        let is_plain = !local.contains(['"', '(', ')', '\\'])
            && !local.contains("=?")
            && !address.chars().any(|c| c.is_control() || c.is_whitespace());
        // A last label of digits is no domain but the end of an IP address, which belongs in brackets (RFC 5321).
        let last = domain.rsplit('.').next().unwrap_or_default();
        let has_public_domain = domain.contains('.')
            && !domain.starts_with('[')
            && !last.bytes().all(|byte| byte.is_ascii_digit());
        if address.len() > MAX_BYTES || !is_plain || !has_public_domain {
            return Err(fault());
        }
        email_address::EmailAddress::from_str(&address).map_err(|_| fault())?;
        Ok(Self(address))
    }
}

stored_as_text!(EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        let one = EmailAddress::parse(" Reader@Example.COM ").unwrap();
        assert_eq!(one, EmailAddress::parse("reader@example.com").unwrap());
    }

    #[test]
    fn international_domains_are_kept_in_ascii() {
        assert_eq!(
            EmailAddress::parse("ü@exämple.com").unwrap().as_str(),
            "ü@xn--exmple-cua.com"
        );
    }

    #[test]
    fn plus_tags_are_kept() {
        assert_eq!(
            EmailAddress::parse("a+news@example.com").unwrap().as_str(),
            "a+news@example.com"
        );
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "a",
            "a@",
            "@example.com",
            "a b@example.com",
            "a@example",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.123",
            "<a@example.com>",
            "A <a@example.com>",
            "a@example.com,b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "\"a b\"@example.com",
            "a@-example.com",
            "a@exa mple.com",
            "a@example..com",
            "a..b@example.com",
            "=?utf-8?q?a=40example.com=2c?=b@example.com",
            long.as_str(),
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
