use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::dto::{
    CreateSubscriber, ListSubscribers, ListSubscribersParams, Subscriber, UpdateSubscriber,
    WhichSubscribersParams,
};
use super::erasure::{self, By, path_of};
use super::model::{FollowingSubscriber, SubscriberSort, SubscriberSource};
use super::state::SubscriberStatus;
use super::suppression::SuppressionReason;
use super::{events, ledger, queries, story, suppression, topics, wishes, writing};
use crate::platform::Platform;
use crate::platform::installation::Keys;
use crate::rest::body::{NoBody, Referring};
use crate::rest::conditional::{IfMatch, IfMatchHeader};
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::page::{List, PagingParams};
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, NoContent, Reply};
use crate::rest::{Body, Editor, Problem, Query, Segment};
use crate::tags::{self, references};
use crate::types::{EmailAddress, Patch, Reference, SubscriberId, TagId};

/// List subscribers
///
/// The newest first unless sorted otherwise. Filters add up: a subscriber must pass every one that is given.
#[utoipa::path(tag = "subscribers", params(WhichSubscribersParams, ListSubscribersParams, PagingParams), responses((status = 200, description = "A page of subscribers", body = List<Subscriber>)))]
#[get("/subscribers")]
pub async fn list_subscribers(
    _: Editor,
    platform: Data<Platform>,
    query: Query<ListSubscribers>,
) -> Result<Listed<Subscriber>, Problem> {
    let query = query.0;
    let mut conn = platform.db.get().await?;
    let topics = find_topics(&mut conn, &query.which.topic).await?;
    let paging = &query.paging.paging;
    let (rows, total) = queries::list(&conn, &query.which.filter(topics), paging).await?;
    let (rows, pagination) =
        paging.page::<SubscriberSort, _>(rows, total, FollowingSubscriber::key);
    let data = rows.into_iter().map(Subscriber::from).collect();
    Ok(Listed(List { data, pagination }))
}

/// Create a subscriber
///
/// Enters somebody by hand, as `pending` unless you say `confirmed` and tell, as `consent`, when and how they agreed. An
/// address that is on the list already, in any spelling, is a conflict; so is that of somebody who has left the list or
/// had everything erased (`suppressed`): they come back by signing up and confirming themselves, and in no other way.
#[utoipa::path(tag = "subscribers", params(IdempotencyKeyHeader), request_body = CreateSubscriber, responses((status = 201, description = "The new subscriber", body = Subscriber)))]
#[post("/subscribers")]
pub async fn create_subscriber(
    editor: Editor,
    platform: Data<Platform>,
    idempotency: Idempotency,
    _: Query<NoParams>,
    body: Referring<CreateSubscriber>,
) -> Result<Reply, Problem> {
    let Body {
        value: input,
        fingerprint,
    } = references::settle(&platform.db, body).await?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
            return Ok(reply);
        }
        let topics = topics::resolve(tx, &input.topics).await?;
        let settings = &platform.config.subscriptions;
        let (id, new) = (
            SubscriberId::mint(),
            writing::created(&input, settings, now)?,
        );
        if !queries::insert_unless_there(tx, id, SubscriberSource::Editor, &new).await? {
            return Err(email_taken());
        }
        refuse_suppressed(tx, &platform.keys, &new.email).await?;
        topics::put(tx, id, &topics).await?;
        let made = find(tx, id).await?;
        let actor = editor.0.user;
        events::record(tx, Some(actor), "subscriber.created", None, Some(&made)).await?;
        let entry = story::entered(&made.row, actor);
        let location = platform.config.api_url(&path_of(id));
        let reply = shown(made)?.created_at(location);
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        ledger::append(tx, now, &[entry]).await?;
        Ok(reply)
    })
    .await
}

/// Read a subscriber
///
/// One subscriber by their id.
#[utoipa::path(tag = "subscribers", params(("id" = SubscriberId, Path, description = "The subscriber's id")), responses((status = 200, description = "The subscriber", body = Subscriber)))]
#[get("/subscribers/{id}")]
pub async fn read_subscriber(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<SubscriberId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let conn = platform.db.get().await?;
    shown(find(&conn, id.0).await?)
}

/// Change a subscriber
///
/// A JSON merge patch. `If-Match` is optional, and honoured when sent. A `status` goes from `pending` to `confirmed`, from
/// either to `unsubscribed`, `bounced` or `complained`, and from a weaker of these to a stronger, and leaves its time.
/// Every other step is a conflict, `illegal_transition`: who has left can be brought back by nobody but themselves. The
/// same holds for the address of somebody who has left or was erased, `suppressed`.
#[utoipa::path(tag = "subscribers", params(("id" = SubscriberId, Path, description = "The subscriber's id"), IfMatchHeader), request_body = UpdateSubscriber, responses((status = 200, description = "The subscriber, changed", body = Subscriber)))]
#[patch("/subscribers/{id}")]
pub async fn update_subscriber(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<SubscriberId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    body: Referring<UpdateSubscriber>,
) -> Result<Reply, Problem> {
    let mut patch = references::settle(&platform.db, body).await?.value;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, id.0, &if_match).await?;
        let topics = match std::mem::replace(&mut patch.topics, Patch::Keep) {
            Patch::Keep => None,
            Patch::Clear => Some(Vec::new()),
            Patch::Set(topics) => Some(topics::resolve(tx, &topics).await?),
        };
        let leaves = patch.status.and_then(SuppressionReason::of).is_some();
        let new = writing::patched(&old.row, patch, &platform.config.subscriptions, now)?;
        queries::update(tx, id.0, &new)
            .await
            .map_err(email_taken().on_violation_of("subscribers_email_key"))?;
        if let Some(topics) = topics {
            queries::delete_topics_but(tx, id.0, &topics).await?;
            topics::put(tx, id.0, &topics).await?;
        }
        let new = find(tx, id.0).await?;
        let becomes =
            |status| new.row.standing.status == status && old.row.standing.status != status;
        let has_moved = new.row.email != old.row.email;
        if becomes(SubscriberStatus::Confirmed) || has_moved {
            refuse_suppressed(tx, &platform.keys, &new.row.email).await?;
        }
        // Links that were mailed before must not undo it.
        if has_moved || leaves {
            wishes::delete_open(tx, &[id.0]).await?;
        }
        erasure::suppress_by_status(tx, &platform.keys, &new.row, now).await?;
        let actor = editor.0.user;
        let (before, after) = (Some(&old), Some(&new));
        events::record(tx, Some(actor), "subscriber.updated", before, after).await?;
        ledger::append(tx, now, &story::changed(&old, &new, actor)).await?;
        shown(new)
    })
    .await
}

/// Delete a subscriber
///
/// Removes them, their topics and their address: nothing is kept that says who they were. That somebody had unsubscribed,
/// bounced or complained is kept, as a keyed hash of the address that can't be read back. To stop the mail, set `status` to
/// `unsubscribed` instead.
#[utoipa::path(tag = "subscribers", params(("id" = SubscriberId, Path, description = "The subscriber's id"), IfMatchHeader), responses((status = 204, description = "The subscriber is gone")))]
#[delete("/subscribers/{id}")]
pub async fn delete_subscriber(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<SubscriberId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, id.0, &if_match).await?;
        erasure::delete(tx, &platform.keys, &old, By::Editor(editor.0.user), now).await?;
        Ok(NoContent)
    })
    .await
}

/// Erase a subscriber
///
/// Does what a person may ask for: removes all that is kept of them, their links and whatever their client showed of itself.
/// What stays is a keyed hash of the address, so that no import, program or editor writes to it again, and the fact that
/// somebody was erased. Only they themselves can come back, by signing up and confirming.
#[utoipa::path(tag = "subscribers", params(("id" = SubscriberId, Path, description = "The subscriber's id"), IfMatchHeader), responses((status = 204, description = "All is erased")))]
#[post("/subscribers/{id}/erase")]
pub async fn erase_subscriber(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<SubscriberId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, id.0, &if_match).await?;
        erasure::erase(tx, &platform.keys, &old, By::Editor(editor.0.user), now).await?;
        Ok(NoContent)
    })
    .await
}

/// Refuses an address of somebody who has left: call it when the row is written, so that nobody can have left meanwhile.
async fn refuse_suppressed(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    email: &EmailAddress,
) -> Result<(), Problem> {
    let hash = suppression::hash_of(keys, email);
    match suppression::find(conn, &hash).await? {
        None => Ok(()),
        Some(_) => Err(Problem::conflict(
            "suppressed",
            "whoever has this address has left the list: only they themselves can come back, by signing up again",
        )),
    }
}

fn email_taken() -> Problem {
    Problem::conflict("email_taken", "another subscriber has this address")
}

async fn find(conn: &AsyncPgConnection, id: SubscriberId) -> Result<FollowingSubscriber, Problem> {
    queries::find(conn, id)
        .await?
        .ok_or(Problem::NotFound("subscriber"))
}

async fn lock(
    conn: &AsyncPgConnection,
    id: SubscriberId,
    if_match: &IfMatch,
) -> Result<FollowingSubscriber, Problem> {
    let locked = queries::lock(conn, id)
        .await?
        .ok_or(Problem::NotFound("subscriber"))?;
    if if_match.allows(locked.row.version) {
        return Ok(locked);
    }
    Err(Problem::Stale {
        etag: shown(locked)?.etag.unwrap_or_default(),
        changes: serde_json::Value::Null,
    })
}

fn shown(subscriber: FollowingSubscriber) -> Result<Reply, Problem> {
    Reply::shown(subscriber.row.version, &Subscriber::from(subscriber))
}

/// The tags to filter by; `None` where no filter is asked for. What is no tag is followed by nobody.
pub async fn find_topics(
    conn: &mut AsyncPgConnection,
    asked: &[Reference<TagId>],
) -> Result<Option<Vec<TagId>>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    let found = tags::queries::resolve(conn, asked).await?;
    Ok(Some(
        found.into_iter().flatten().map(|tag| tag.id).collect(),
    ))
}
