//! Access tokens (RFC 7519, RFC 8725, signed with Ed25519) and opaque tokens.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::types::{SessionId, UserId};

/// Who makes the tokens, and whom they are for: both are this service.
const ISSUER: &str = "masthead";
const AUDIENCE: &str = "masthead-editor";
/// Tells an access token from any other (RFC 9068).
const TOKEN_TYPE: &str = "at+jwt";
/// How long an access token lives.
pub const ACCESS_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// The fixed beginning of a PKCS#8 document that holds an Ed25519 seed (RFC 8410 §7).
const PKCS8_ED25519: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// The 32 random bytes from which an Ed25519 key pair is made.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// Reads a key written in base64, such as `openssl rand -base64 32` prints.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        parse_random_bytes(text).map(Self)
    }

    /// Makes a new key.
    pub fn generate() -> anyhow::Result<Self> {
        random_bytes().map(Self)
    }

    /// The key in base64, as [`SigningKey::parse`] reads it.
    pub fn to_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.0)
    }
}

/// Reads 32 random bytes written in base64, and refuses what someone typed or found in a tutorial.
pub fn parse_random_bytes(text: &str) -> Result<[u8; 32], &'static str> {
    let standard = text
        .trim_end_matches('=')
        .replace('-', "+")
        .replace('_', "/");
    let bytes = STANDARD_NO_PAD
        .decode(standard)
        .map_err(|_| "must be base64, as `openssl rand -base64 32` prints it")?;
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| "must be exactly 32 bytes: make one with `openssl rand -base64 32`")?;
    let mut distinct = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    // 32 random bytes have about 30 distinct ones; text someone typed or found in a tutorial is printable.
    let is_guessable = distinct.len() < 16 || bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    if is_guessable {
        Err("is not random: make one with `openssl rand -base64 32`")
    } else {
        Ok(bytes)
    }
}

/// What an access token says. Nothing personal is in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    /// The session it belongs to: when that ends, the token is worth nothing.
    pub sid: SessionId,
    pub role: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: uuid::Uuid,
}

/// A public key as JSON (RFC 7517, RFC 8037).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct JsonWebKey {
    /// Always `OKP`.
    #[schema(examples("OKP"))]
    pub kty: &'static str,
    /// Always `Ed25519`.
    #[schema(examples("Ed25519"))]
    pub crv: &'static str,
    /// The public key, base64url.
    pub x: String,
    /// The thumbprint of the key (RFC 7638): the `kid` of the tokens it verifies.
    pub kid: String,
    /// Always `EdDSA`.
    #[schema(examples("EdDSA"))]
    pub alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    #[schema(examples("sig"))]
    pub usage: &'static str,
}

/// Signs access tokens with the newest key, and verifies those of all keys.
pub struct AccessTokens {
    signing: EncodingKey,
    header: Header,
    verifying: Vec<(JsonWebKey, DecodingKey)>,
    validation: Validation,
}

impl AccessTokens {
    /// Takes the keys: the first signs, all verify.
    pub fn new(keys: &[SigningKey]) -> anyhow::Result<Self> {
        let first = keys
            .first()
            .ok_or_else(|| anyhow::anyhow!("there is no signing key"))?;
        let pkcs8 = [PKCS8_ED25519.as_slice(), first.0.as_slice()].concat();
        let verifying: Vec<_> = keys.iter().map(public_key).collect::<anyhow::Result<_>>()?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = verifying.first().map(|(jwk, _)| jwk.kid.clone());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // Times are judged against the Clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            signing: EncodingKey::from_ed_der(&pkcs8),
            header,
            verifying,
            validation,
        })
    }

    /// Signs a token for a session.
    pub fn sign(
        &self,
        user: UserId,
        session: SessionId,
        role: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<String> {
        let claims = AccessClaims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            role: role.to_owned(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + ACCESS_TOKEN_LIFETIME).timestamp(),
            jti: uuid::Uuid::now_v7(),
        };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.signing)?)
    }

    /// The claims of a token that one of our keys signed and that is valid now; of anything else, nothing.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<AccessClaims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // The key id chooses among our own keys and is used for nothing else.
        let kid = header.kid.clone()?;
        // We write nothing else, so nothing else is ours: not `crit`, `b64` or `zip`, which change what a token means
        // (RFC 7515 §4.1.11).
        let ours = Header {
            kid: Some(kid.clone()),
            ..self.header.clone()
        };
        if header != ours {
            return None;
        }
        let (_, key) = self.verifying.iter().find(|(jwk, _)| jwk.kid == kid)?;
        let claims = jsonwebtoken::decode::<AccessClaims>(token, key, &self.validation)
            .ok()?
            .claims;
        let now = now.timestamp();
        let lifetime = claims.exp.checked_sub(claims.iat)?;
        let is_current = claims.nbf <= now
            && claims.iat <= now
            && now < claims.exp
            && lifetime <= ACCESS_TOKEN_LIFETIME.num_seconds();
        is_current.then_some(claims)
    }

    /// The public keys, for `/.well-known/jwks.json`.
    pub fn public_keys(&self) -> Vec<JsonWebKey> {
        self.verifying.iter().map(|(jwk, _)| jwk.clone()).collect()
    }
}

fn public_key(key: &SigningKey) -> anyhow::Result<(JsonWebKey, DecodingKey)> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&key.0)
        .map_err(|_| anyhow::anyhow!("a signing key is unusable"))?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
    let decoding = DecodingKey::from_ed_components(&x)?;
    Ok((
        JsonWebKey {
            kty: "OKP",
            crv: "Ed25519",
            x,
            kid,
            alg: "EdDSA",
            usage: "sig",
        },
        decoding,
    ))
}

/// A random token of 256 bits that only its holder and, hashed, the database know.
pub struct OpaqueToken {
    /// What the holder gets.
    pub text: String,
    /// What is stored.
    pub hash: TokenHash,
}

/// SHA-256 of an opaque token. The token is random, so a fast hash is enough, and looking it up needs no comparison of
/// secrets in our own code.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash(Vec<u8>);

impl TokenHash {
    /// Hashes a token as its holder sent it.
    pub fn of(text: &str) -> Self {
        Self(sha256(text.as_bytes()))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl OpaqueToken {
    /// Makes a token; `prefix` says what it is for, so that one of another kind is recognised.
    pub fn mint(prefix: &str) -> anyhow::Result<Self> {
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()?));
        let hash = TokenHash::of(&text);
        Ok(Self { text, hash })
    }
}

/// SHA-256 of anything.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// Bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::SecureRandom::fill(&SystemRandom::new(), &mut bytes)
        .map_err(|_| anyhow::anyhow!("the system has no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn token(keys: &AccessTokens) -> String {
        keys.sign(UserId::mint(), SessionId::mint(), "editor", now())
            .unwrap()
    }

    #[test]
    fn a_token_is_good_from_now_for_its_lifetime() {
        let keys = AccessTokens::new(&[SigningKey::generate().unwrap()]).unwrap();
        let token = token(&keys);
        assert!(keys.verify(&token, now()).is_some());
        assert!(keys.verify(&token, now() - TimeDelta::seconds(1)).is_none());
        assert!(keys.verify(&token, now() + ACCESS_TOKEN_LIFETIME).is_none());
    }

    #[test]
    fn a_token_says_nothing_but_what_we_write() {
        let keys = AccessTokens::new(&[SigningKey::generate().unwrap()]).unwrap();
        let claims = keys.verify(&token(&keys), now()).unwrap();
        let is_taken = |header: &Header, claims: &AccessClaims| {
            let token = jsonwebtoken::encode(header, claims, &keys.signing).unwrap();
            keys.verify(&token, now()).is_some()
        };
        assert!(is_taken(&keys.header, &claims));
        for (name, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!(["b64"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("cty", json!("JWT")),
            ("jku", json!("https://example.com/keys")),
            ("typ", json!("JWT")),
        ] {
            let mut header = serde_json::to_value(&keys.header).unwrap();
            header[name] = value;
            let header = serde_json::from_value(header).unwrap();
            assert!(!is_taken(&header, &claims), "{header:?}");
        }
        let from_the_future = AccessClaims {
            iat: claims.iat + 1,
            ..claims.clone()
        };
        assert!(!is_taken(&keys.header, &from_the_future));
    }

    #[test]
    fn after_a_rotation_older_keys_still_verify_and_dropped_ones_do_not() {
        let (old, new) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let token = token(&AccessTokens::new(std::slice::from_ref(&old)).unwrap());
        assert!(
            AccessTokens::new(&[new.clone(), old])
                .unwrap()
                .verify(&token, now())
                .is_some()
        );
        assert!(
            AccessTokens::new(&[new])
                .unwrap()
                .verify(&token, now())
                .is_none()
        );
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(SigningKey::parse(&key.to_base64()).unwrap().0, key.0);
    }

    #[test]
    fn keys_that_are_short_or_not_random_are_refused() {
        let zeros = base64::engine::general_purpose::STANDARD.encode([0; 32]);
        let typed =
            base64::engine::general_purpose::STANDARD.encode(b"abcdefghijklmnopqrstuvwxyz012345");
        for text in ["", "c2hvcnQ=", "!!", zeros.as_str(), typed.as_str()] {
            assert!(SigningKey::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
