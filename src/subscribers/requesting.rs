use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, post};
use diesel_async::AsyncConnection;

use super::accepting::{self, Asker, Noted, Way};
use super::allowances;
use super::dto::{Accepted, RequestSubscription};
use super::guard::SubscriptionGuard;
use super::self_service::evidence;
use crate::forms::Traffic;
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
/// mailbox gets a mail that asks whether it was them, at most three a day; a form may take their word for it. Where a form
/// has `proof_of_work`, `challenge` and `nonce` must be there. After thirty sign-ups from one address on the
/// net within a quarter of an hour it is 429.
#[utoipa::path(tag = "subscriptions", params(IdempotencyKeyHeader), request_body = RequestSubscription, security(()), responses(
    (status = 202, description = "The wish is noted", body = Accepted),
    (status = 422, description = "A value is not right; or there is no such form (`unknown_form`), or not of this kind (`not_offered` topics, `unknown_wording`, `unknown_variant`); or the proof of work is missing (`proof_required`), wrong (`proof_invalid`) or sent sooner than a person could (`too_early`)"),
    (status = 429, description = "Too many sign-ups"),
))]
#[post("/subscriptions")]
pub async fn request_subscription(
    platform: Data<Platform>,
    guard: Data<SubscriptionGuard>,
    traffic: Data<Traffic>,
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
    let asker = Asker {
        client_hash: allowances::client_hash(&platform.keys, &client.to_string()),
        evidence: evidence(&platform, &request)?,
        by: Way::Script,
    };
    let mut conn = platform.db.get().await?;
    let (reply, noted) = conn
        .transaction(async |tx| {
            if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
                return Ok::<_, Problem>((reply, Noted::default()));
            }
            let reply = Reply::plain(StatusCode::ACCEPTED, &Accepted::ANSWER)?;
            idempotency.keep(tx, &fingerprint, now, &reply).await?;
            let noted = accepting::accept(tx, &platform, input, asker, now).await?;
            Ok((reply, noted))
        })
        .await?;
    noted.count(&traffic.counter, now);
    Ok(reply)
}
