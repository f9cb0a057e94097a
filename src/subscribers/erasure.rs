//! How somebody leaves the list for good: what goes, and what must stay so that they get no mail again.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::ledger::{self, ConsentAction, ConsentSource, NewEntry};
use super::model::{FollowingSubscriber, SubscriberRow};
use super::suppression::{self, SuppressionReason};
use super::{events, queries};
use crate::platform::installation::Keys;
use crate::platform::{jobs, replays};
use crate::types::{SubscriberId, UserId};

/// Who has somebody removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Editor(UserId),
    Person,
}

impl By {
    fn actor(self) -> Option<UserId> {
        match self {
            Self::Editor(actor) => Some(actor),
            Self::Person => None,
        }
    }

    fn entry(self, id: SubscriberId) -> NewEntry {
        match self {
            Self::Editor(actor) => {
                NewEntry::new(id, ConsentAction::Erased, ConsentSource::Editor).by(actor)
            }
            Self::Person => NewEntry::new(id, ConsentAction::Erased, ConsentSource::Person),
        }
    }
}

/// Where a subscriber is found by editors.
pub fn path_of(id: SubscriberId) -> String {
    format!("/api/v1/editor/subscribers/{id}")
}

/// Suppresses the address of somebody whose status says that they want, or take, no mail.
pub async fn suppress_by_status(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    row: &SubscriberRow,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(reason) = SuppressionReason::of(row.standing.status) else {
        return Ok(());
    };
    let hash = suppression::hash_of(keys, &row.email);
    suppression::suppress(conn, &[(hash, reason)], now).await
}

/// Removes a subscriber from the list. Who had left it before stays suppressed; anybody else may be entered again.
/// Call it last: it writes into the ledger.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    old: &FollowingSubscriber,
    by: By,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    suppress_by_status(conn, keys, &old.row, now).await?;
    events::record(conn, by.actor(), "subscriber.deleted", Some(old), None).await?;
    let reason = SuppressionReason::of(old.row.standing.status);
    let entry = by
        .entry(old.row.id)
        .with("suppressed", reason.map(SuppressionReason::as_str));
    remove(conn, old.row.id, entry, now).await
}

/// Erases everything of a subscriber but a keyed hash of the address, by which it is never written to again unless they
/// sign up and confirm. Call it last: it writes into the ledger.
pub async fn erase(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    old: &FollowingSubscriber,
    by: By,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let hash = suppression::hash_of(keys, &old.row.email);
    suppression::suppress_erased(conn, &hash, now).await?;
    events::record(conn, by.actor(), "subscriber.erased", Some(old), None).await?;
    let reason = SuppressionReason::Erased.as_str();
    let entry = by.entry(old.row.id).with("suppressed", reason);
    remove(conn, old.row.id, entry, now).await
}

async fn remove(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    entry: NewEntry,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    queries::delete(conn, id).await?;
    // The answer to the request that made them shows the address.
    replays::forget(conn, &path_of(id)).await?;
    // What nobody tries any more would tell of them for as long as nobody throws it away.
    jobs::forget_dead(conn, "subscriber_id", &id.to_string()).await?;
    ledger::forget_evidence(conn, id).await?;
    ledger::append(conn, now, &[entry]).await
}
