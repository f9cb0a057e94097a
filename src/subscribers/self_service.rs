//! A subscription as a program sees it that holds a mailed link for its reader. The link is the only credential.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use diesel_async::AsyncConnection;

use super::dto::own::{Subscription, SubscriptionStatus, UpdateSubscription};
use super::ledger::Evidence;
use super::links::{Link, LinkToken, Managed};
use super::own::{self, Changes};
use crate::forms::Traffic;
use crate::platform::Platform;
use crate::platform::token::TokenHash;
use crate::rest::body::{NoBody, Referring};
use crate::rest::client::ClientAddress;
use crate::rest::query::NoParams;
use crate::rest::reply::Reply;
use crate::rest::{Problem, Query, Segment};
use crate::tags::references;

/// Read a subscription
///
/// What whoever holds a mailed link may see. A link of a confirmation mail shows what it asks for, that of any other mail the
/// subscription. Reading changes nothing, however often a scanner of mails does it.
#[utoipa::path(tag = "subscriptions", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses(
    (status = 200, description = "The subscription", body = Subscription),
    (status = 410, description = "The link has expired"),
))]
#[get("/subscriptions/{token}")]
pub async fn read_subscription(
    platform: Data<Platform>,
    token: Segment<LinkToken>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let shown = match token.0.read(&platform.keys) {
        None => return Err(own::unknown()),
        Some(Link::Confirm(hash)) => {
            let asked = conn
                .transaction(async |tx| own::asked_by(tx, &hash, now).await)
                .await?;
            Subscription::asked_for(asked)
        }
        Some(Link::Manage(link)) => {
            let managed = conn
                .transaction(async |tx| own::managed(tx, link).await)
                .await?;
            Subscription::managed(managed)
        }
    };
    Reply::plain(StatusCode::OK, &shown)
}

/// Change a subscription
///
/// A JSON merge patch, by the link of any mail but a confirmation mail: name, topics, language, time zone, and until when
/// nothing is to be sent, which is to come, within five years. Topics are those they follow, and those that the form by which
/// they came offers; any other is `not_offered`.
#[utoipa::path(tag = "subscriptions", params(("token" = String, Path, description = "The token of the mailed link")), request_body = UpdateSubscription, security(()), responses((status = 200, description = "The subscription, changed", body = Subscription)))]
#[patch("/subscriptions/{token}")]
pub async fn update_subscription(
    platform: Data<Platform>,
    token: Segment<LinkToken>,
    _: Query<NoParams>,
    body: Referring<UpdateSubscription>,
) -> Result<Reply, Problem> {
    let link = managing(&platform, &token.0)?;
    let patch = references::settle(&platform.db, body).await?.value;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = own::managed(tx, link).await?;
        let changes = Changes::asked(tx, &old, patch, now).await?;
        let new = own::change(tx, old, changes, now).await?;
        Reply::plain(StatusCode::OK, &Subscription::managed(new))
    })
    .await
}

/// Confirm a subscription
///
/// By the link of a confirmation mail, which is good once and for seven days. Used again it changes nothing, and tells how
/// things are.
#[utoipa::path(tag = "subscriptions", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses(
    (status = 200, description = "It is confirmed", body = SubscriptionStatus),
    (status = 410, description = "The link has expired"),
))]
#[post("/subscriptions/{token}/confirm")]
pub async fn confirm_subscription(
    platform: Data<Platform>,
    traffic: Data<Traffic>,
    request: HttpRequest,
    token: Segment<LinkToken>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let hash = confirming(&platform, &token.0)?;
    let evidence = evidence(&platform, &request)?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let confirmation = conn
        .transaction(async |tx| own::confirm(tx, &platform.keys, &hash, evidence, now).await)
        .await?;
    confirmation.count(&traffic.counter, now);
    let status = confirmation.subscriber().row.standing.status;
    Reply::plain(StatusCode::OK, &SubscriptionStatus { status })
}

/// Unsubscribe
///
/// By the link of any mail but a confirmation mail. Twice is as good as once.
#[utoipa::path(tag = "subscriptions", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses((status = 200, description = "Nothing more will be sent", body = SubscriptionStatus)))]
#[post("/subscriptions/{token}/unsubscribe")]
pub async fn end_subscription(
    platform: Data<Platform>,
    request: HttpRequest,
    token: Segment<LinkToken>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let link = managing(&platform, &token.0)?;
    let evidence = evidence(&platform, &request)?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = own::managed(tx, link).await?;
        let new = own::unsubscribe(tx, &platform.keys, old, evidence, now).await?;
        let status = new.row.standing.status;
        Reply::plain(StatusCode::OK, &SubscriptionStatus { status })
    })
    .await
}

/// The subscription that a token manages; one of a confirmation mail manages none.
pub fn managing(platform: &Platform, token: &LinkToken) -> Result<Managed, Problem> {
    match token.read(&platform.keys) {
        Some(Link::Manage(managed)) => Ok(managed),
        Some(Link::Confirm(_)) | None => Err(own::unknown()),
    }
}

/// What a token confirms; one that manages a subscription confirms nothing.
pub fn confirming(platform: &Platform, token: &LinkToken) -> Result<TokenHash, Problem> {
    match token.read(&platform.keys) {
        Some(Link::Confirm(hash)) => Ok(hash),
        Some(Link::Manage(_)) | None => Err(own::unknown()),
    }
}

/// What the ledger keeps of this client, as the settings say.
pub fn evidence(platform: &Platform, request: &HttpRequest) -> Result<Option<Evidence>, Problem> {
    let client = ClientAddress::of(request, &platform.config.trusted_proxies);
    let agent = request.headers().get(actix_web::http::header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    let setting = platform.config.subscriptions.evidence;
    Ok(Evidence::of(setting, &client.to_string(), agent)?)
}
