use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, post};
use diesel_async::AsyncConnection;

use super::dto::{Accepted, RequestSubscription};
use super::guard::SubscriptionGuard;
use super::handlers::{put_topics, resolve_topics};
use super::{events, queries, writing};
use crate::platform::Platform;
use crate::rest::body::Referring;
use crate::rest::client::ClientAddress;
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::query::NoParams;
use crate::rest::reply::Reply;
use crate::rest::{Body, Problem, Query};
use crate::tags::references;
use crate::types::SubscriberId;

/// Sign up
///
/// Asks to be put on the mailing list. The answer is the same, after the same time, whether the address is new, waits for
/// its confirmation, is confirmed or has unsubscribed; nobody who is on the list is changed by it. After thirty sign-ups
/// from one address on the net within a quarter of an hour it is 429.
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
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
            return Ok(reply);
        }
        let topics = match &input.topics {
            Some(topics) => resolve_topics(tx, topics).await?,
            None => Vec::new(),
        };
        // The same statements whoever it is: their time must not tell who is on the list.
        let (id, (source, new)) = (
            SubscriberId::mint(),
            writing::requested(&input, &platform.config.subscriptions, now),
        );
        queries::insert_unless_there(tx, id, source, &new).await?;
        put_topics(tx, id, &topics).await?;
        // None: an editor deleted them between the statements. Asked again, they are new.
        let (id, status) = queries::find_by_email(tx, &input.email)
            .await?
            .ok_or(Problem::Unavailable)?;
        events::record_request(tx, id, status, &topics, input.locale.as_ref()).await?;
        let reply = Reply::plain(StatusCode::ACCEPTED, &Accepted::ANSWER)?;
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        Ok(reply)
    })
    .await
}
