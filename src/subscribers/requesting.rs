use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, post};
use diesel_async::AsyncConnection;

use super::allowances;
use super::dto::{Accepted, RequestSubscription};
use super::guard::SubscriptionGuard;
use super::handlers::resolve_topics;
use super::model::Arrival;
use super::self_service::evidence;
use super::sign_up::{self, SignUp, Wish};
use crate::platform::Platform;
use crate::rest::body::Referring;
use crate::rest::client::ClientAddress;
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::query::NoParams;
use crate::rest::reply::Reply;
use crate::rest::{Body, Problem, Query};
use crate::tags::references;

/// Sign up
///
/// Asks to be put on the mailing list. The answer is the same, after the same time, whether the address is new, waits for
/// its confirmation, is confirmed, or has left the list; nobody who is on the list is changed by it. Whoever has the
/// mailbox gets a mail that asks whether it was them, at most three a day. After thirty sign-ups from one address on the
/// net within a quarter of an hour it is 429.
#[utoipa::path(tag = "subscriptions", params(IdempotencyKeyHeader), request_body = RequestSubscription, security(()), responses(
    (status = 202, description = "The wish is noted", body = Accepted),
    (status = 429, description = "Too many sign-ups"),
))]
#[post("/subscriptions")]
pub async fn request_subscription(
    platform: Data<Platform>,
    guard: Data<SubscriptionGuard>,
    request: HttpRequest,
    idempotency: Idempotency,
    _: Query<NoParams>,
    body: Referring<RequestSubscription>,
) -> Result<Reply, Problem> {
    let now = platform.clock.now();
    let client = ClientAddress::of(&request, &platform.config.trusted_proxies);
    guard.admit(client, now)?;
    let Body {
        value: input,
        fingerprint,
    } = references::settle(&platform.db, body).await?;
    let evidence = evidence(&platform, &request)?;
    let client_hash = allowances::client_hash(&platform.keys, &client.to_string());
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
            return Ok(reply);
        }
        let reply = Reply::plain(StatusCode::ACCEPTED, &Accepted::ANSWER)?;
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        let topics = match &input.topics {
            Some(topics) => resolve_topics(tx, topics).await?,
            None => Vec::new(),
        };
        let wish = Wish {
            name: input.name.map(|name| name.as_str().to_owned()),
            topics,
            locale: input.locale,
            time_zone: input.time_zone,
            attributes: input.attributes.unwrap_or_default(),
            arrival: Arrival::default(),
            source_url: input.source_url,
            client_hash,
        };
        let sign_up = SignUp {
            email: input.email,
            wish,
            evidence,
        };
        if input.website.is_filled() {
            // Only a program fills in what nobody sees. It is answered as anybody is.
            return Ok(reply);
        }
        sign_up::note(tx, sign_up, &platform.config.subscriptions, now).await?;
        Ok(reply)
    })
    .await
}
