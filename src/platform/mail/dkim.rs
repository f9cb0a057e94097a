use std::sync::Arc;

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::platform::secret::Secret;

/// The headers that are signed where a mail has them. What RFC 8058 asks for is among them.
const SIGNED: [&str; 13] = [
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Headers of which a mail has one at most: named once more, none can be added without breaking the signature.
const SEALED: [&str; 4] = ["from", "to", "subject", "reply-to"];
/// How many characters of the signature stand on a line.
const WIDTH: usize = 72;

/// Signs mails (DKIM: RFC 6376, RFC 8463), so that their receivers know that they come from the domain.
#[derive(Clone)]
pub struct Signer {
    key: Key,
    domain: String,
    selector: String,
}

#[derive(Clone)]
enum Key {
    Rsa(Arc<RsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// Reads a key: PEM, or base64 of a private key (PKCS#8) or of the 32 bytes that an Ed25519 key is made of.
    ///
    /// # Errors
    /// What is wrong, without any part of the key.
    pub fn new(key: &Secret, domain: &str, selector: &str) -> Result<Self, &'static str> {
        Ok(Self {
            key: Key::parse(key.expose())?,
            domain: domain.to_owned(),
            selector: selector.to_owned(),
        })
    }

    /// The name and the text of the DNS record (TXT) that receivers look for.
    pub fn record(&self) -> (String, String) {
        let (kind, public) = match &self.key {
            Key::Rsa(pair) => {
                let der: Result<PublicKeyX509Der<'_>, _> = pair.public_key().as_der();
                ("rsa", der.map(|der| STANDARD.encode(der.as_ref())))
            }
            Key::Ed25519(pair) => ("ed25519", Ok(STANDARD.encode(pair.public_key()))),
        };
        (
            format!("{}._domainkey.{}", self.selector, self.domain),
            format!("v=DKIM1; k={kind}; p={}", public.unwrap_or_default()),
        )
    }

    /// The mail with a signature in front, relaxed in headers and body alike.
    pub fn sign(&self, mail: &[u8], now: DateTime<Utc>) -> anyhow::Result<Vec<u8>> {
        let (headers, body) = split(mail).context("it has no body")?;
        let fields = fields_of(headers);
        let body_hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let mut names: Vec<&str> = SIGNED
            .into_iter()
            .filter(|name| fields.iter().any(|(known, _)| known == name))
            .collect();
        let mut signed = String::new();
        for name in &names {
            for (known, value) in fields.iter().filter(|(known, _)| known == name) {
                signed.push_str(&format!("{known}:{value}\r\n"));
            }
        }
        names.extend(SEALED);
        let algorithm = match &self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={}; h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            now.timestamp(),
            names.join(":\r\n "),
        );
        signed.push_str(&format!("dkim-signature:{}", relaxed_value(&unsigned)));
        let signature = STANDARD.encode(self.key.sign(signed.as_bytes())?);
        let mut out = format!("DKIM-Signature: {unsigned}").into_bytes();
        for (index, line) in signature.as_bytes().chunks(WIDTH).enumerate() {
            if index > 0 {
                out.extend_from_slice(b"\r\n ");
            }
            out.extend_from_slice(line);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(mail);
        Ok(out)
    }
}

impl Key {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let unusable =
            "must be a private key of RSA (2048 bits or more) or Ed25519, as PEM or base64";
        if text.contains("-----BEGIN") {
            // A line of its own in a file; a variable of the environment may have `\n` instead.
            let text = text.replace("\\n", "\n");
            let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| unusable)?;
            return match &key {
                PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()),
                PrivateKeyDer::Pkcs1(der) => {
                    Self::rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()))
                }
                _ => None,
            }
            .ok_or(unusable);
        }
        let joined: String = text.split_whitespace().collect();
        let bytes = STANDARD.decode(joined).map_err(|_| unusable)?;
        let key = match bytes.len() {
            32 => Self::ed25519(Ed25519KeyPair::from_seed_unchecked(&bytes)),
            _ => Self::from_pkcs8(&bytes),
        };
        key.ok_or(unusable)
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        Self::ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der))
            .or_else(|| Self::rsa(RsaKeyPair::from_pkcs8(der)))
    }

    fn ed25519<E>(pair: Result<Ed25519KeyPair, E>) -> Option<Self> {
        pair.ok().map(|pair| Self::Ed25519(Arc::new(pair)))
    }

    fn rsa<E>(pair: Result<RsaKeyPair, E>) -> Option<Self> {
        let is_long = |pair: &RsaKeyPair| pair.public_modulus_len() >= KeySize::Rsa2048.len();
        pair.ok()
            .filter(is_long)
            .map(|pair| Self::Rsa(Arc::new(pair)))
    }

    fn sign(&self, signed: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    signed,
                    &mut signature,
                )?;
                Ok(signature)
            }
            // Over the hash, not over what is hashed (RFC 8463 §3).
            Self::Ed25519(pair) => Ok(pair
                .sign(digest(&SHA256, signed).as_ref())
                .as_ref()
                .to_vec()),
        }
    }
}

/// Headers and body, without the empty line in between.
fn split(mail: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = mail.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((mail.get(..at + 2)?, mail.get(at + 4..)?))
}

/// Names in small letters, and values relaxed (RFC 6376 §3.4.2), in their order.
fn fields_of(headers: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(headers);
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => value.push_str(line),
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.trim().to_ascii_lowercase(), value.to_owned()));
                }
            }
        }
    }
    for (_, value) in &mut fields {
        *value = relaxed_value(value);
    }
    fields
}

/// A value on one line, with single spaces.
fn relaxed_value(value: &str) -> String {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let words = value.split(is_space).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A body with single spaces, none at the ends of lines, and no empty lines at the end (RFC 6376 §3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut relaxed: Vec<u8> = Vec::with_capacity(line.len());
        for byte in line {
            match (byte, relaxed.last()) {
                (b' ' | b'\t', Some(b' ')) => {}
                (b' ' | b'\t', _) => relaxed.push(b' '),
                (byte, _) => relaxed.push(*byte),
            }
        }
        if relaxed.last() == Some(&b' ') {
            relaxed.pop();
        }
        if relaxed.is_empty() {
            empty_lines += 1;
            continue;
        }
        out.extend(std::iter::repeat_n(b"\r\n", std::mem::take(&mut empty_lines)).flatten());
        out.extend_from_slice(&relaxed);
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_relaxed_as_the_rfc_shows() {
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
        assert_eq!(
            relaxed_body(b"\r\na\r\n\r\n\r\nb"),
            b"\r\na\r\n\r\n\r\nb\r\n"
        );
    }

    #[test]
    fn headers_are_relaxed_as_the_rfc_shows() {
        let fields = fields_of(b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
        let expected = [("a", "X"), ("b", "Y Z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(fields, expected);
    }

    #[test]
    fn the_hash_of_a_body_is_that_of_rfc_8463() {
        let body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        assert_eq!(
            STANDARD.encode(digest(&SHA256, &relaxed_body(body))),
            "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
        );
    }

    #[test]
    fn the_record_of_a_key_is_that_of_rfc_8463() {
        let seed = Secret::new("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
        let signer = Signer::new(&seed, "football.example.com", "brisbane").unwrap();
        let (name, text) = signer.record();
        assert_eq!(name, "brisbane._domainkey.football.example.com");
        assert_eq!(
            text,
            "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "hunter2",
            "c2hvcnQ=",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert!(
                Signer::new(&Secret::new(text), "example.com", "s").is_err(),
                "{text}"
            );
        }
    }
}
