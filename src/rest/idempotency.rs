//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a creating request may be sent again safely.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::auth::Identity;
use super::problem::{Problem, ValueFault};
use super::reply::{Origin, Reply};
use crate::platform::replays::{self, StoredReply};
use crate::platform::token::sha256;
use crate::types::Fault;

/// The key of a request, if it has one. It is claimed and its answer kept in the transaction that does the work, so that
/// both are there or neither.
#[derive(Debug, Clone)]
pub struct Idempotency(Option<Key>);

#[derive(Debug, Clone)]
struct Key {
    owner: String,
    text: String,
    route: String,
}

impl Idempotency {
    /// The answer to an earlier request with this key; `None` when the work is still to be done.
    pub async fn replay(
        &self,
        conn: &mut AsyncPgConnection,
        fingerprint: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Reply>, Problem> {
        let Some(key) = &self.0 else { return Ok(None) };
        if !replays::claim(conn, &key.owner, &key.text).await? {
            return Err(Problem::conflict(
                "request_in_flight",
                "a request with this idempotency key is still at work; send it again shortly",
            ));
        }
        let Some(stored) = replays::find(conn, &key.owner, &key.text, now).await? else {
            return Ok(None);
        };
        if stored.request_fingerprint != key.fingerprint(fingerprint) {
            let fault = Fault::new(
                "idempotency_key_reused",
                "this key was sent with another request; use a new one for each request",
            );
            return Err(Problem::Invalid(vec![ValueFault::of(
                "Idempotency-Key",
                fault,
            )]));
        }
        let status = u16::try_from(stored.status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::OK);
        Ok(Some(Reply {
            status,
            location: stored.location,
            etag: stored.etag,
            body: stored.body,
            origin: Origin::Replayed,
        }))
    }

    /// Keeps the answer, if the request has a key.
    pub async fn keep(
        &self,
        conn: &mut AsyncPgConnection,
        fingerprint: &[u8],
        now: DateTime<Utc>,
        reply: &Reply,
    ) -> Result<(), Problem> {
        let Some(key) = &self.0 else { return Ok(()) };
        let stored = StoredReply {
            owner: key.owner.clone(),
            key: key.text.clone(),
            request_fingerprint: key.fingerprint(fingerprint),
            status: i16::try_from(reply.status.as_u16()).unwrap_or_default(),
            location: reply.location.clone(),
            etag: reply.etag.clone(),
            body: reply.body.clone(),
            created_at: now,
        };
        Ok(replays::keep(conn, &stored).await?)
    }

    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let mut values = request.headers().get_all("idempotency-key");
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let refuse = |detail: &'static str| {
            Problem::malformed(vec![ValueFault::of(
                "Idempotency-Key",
                Fault::new("invalid_key", detail),
            )])
        };
        if values.next().is_some() {
            return Err(refuse("must be given once"));
        }
        let text = value.to_str().unwrap_or_default().trim();
        // A structured-field string is quoted (RFC 8941); most clients send it bare.
        let text = text
            .strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
            .unwrap_or(text);
        if text.is_empty()
            || text.len() > 255
            || !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        {
            return Err(refuse("must be 1 to 255 printable ASCII characters"));
        }
        let owner = request
            .extensions()
            .get::<Identity>()
            .map_or_else(|| "public".to_owned(), |identity| identity.user.to_string());
        Ok(Self(Some(Key {
            owner,
            text: text.to_owned(),
            route: format!("{} {}", request.method(), request.path()),
        })))
    }
}

impl Key {
    fn fingerprint(&self, body: &[u8]) -> Vec<u8> {
        sha256(&[self.route.as_bytes(), b"\0", body].concat())
    }
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

/// The header `Idempotency-Key`, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header; `Idempotency` reads it")]
pub struct IdempotencyKeyHeader {
    /// A random text of yours. Sent again with the same request within 24 hours, it gives the first answer again, with
    /// `Idempotent-Replayed: true`; with another request it is a 422, and while the first is still at work a 409.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[ -~]+$",
        example = "4f5c1d0e-7a53-4c36-9c8e-2d1f0b6a9e11"
    )]
    idempotency_key: Option<String>,
}
