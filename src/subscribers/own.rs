//! What somebody does to their own subscription, by a link that was mailed to them: no other way in, and no other way back.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::dto::own::UpdateSubscription;
use super::ledger::{self, ConsentAction, ConsentSource, Evidence, NewEntry};
use super::links::{self, Managed};
use super::model::{FollowingSubscriber, WritableSubscriber};
use super::state::{Mover, Standing, SubscriberStatus};
use super::suppression::{self, SuppressionReason};
use super::wishes::{self, WishRow};
use super::{events, queries, story, topics, welcoming};
use crate::forms::values::VariantKey;
use crate::forms::{Counter, subscribing};
use crate::platform::installation::Keys;
use crate::platform::token::TokenHash;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, Parse, Patch, TagId};

/// How far ahead somebody may pause.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(366 * 5);
/// How many topics somebody can follow.
const MOST_TOPICS: usize = 50;

/// What a confirmation came to.
pub enum Confirmation {
    /// It was the first with this link, and granted this.
    Now(FollowingSubscriber, Box<WishRow>),
    /// The link had been used before, and did nothing again.
    Before(FollowingSubscriber),
}

impl Confirmation {
    /// Whose it is.
    pub fn subscriber(&self) -> &FollowingSubscriber {
        match self {
            Self::Now(subscriber, _) | Self::Before(subscriber) => subscriber,
        }
    }

    /// Counts it, for the statistics of its form, when it is committed.
    pub fn count(&self, counter: &Counter, now: DateTime<Utc>) {
        let Self::Now(_, wish) = self else { return };
        let variant = wish.variant.as_deref();
        let variant = variant.and_then(|variant| VariantKey::parse(variant).ok());
        if let Some(form) = wish.form_id {
            subscribing::count_confirm(counter, form, variant, now);
        }
    }
}

/// What is said of links that we did not make, and of those whose subscription is gone.
pub fn unknown() -> Problem {
    Problem::NotFound("subscription")
}

/// What is said of confirmation links that were left for too long.
fn expired() -> Problem {
    Problem::Gone("the link was good for seven days; sign up again to get a new one")
}

/// A link's subscriber, locked, and what they asked for.
pub async fn asked_by(
    conn: &mut AsyncPgConnection,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> Result<(FollowingSubscriber, WishRow, links::TokenRow), Problem> {
    let token = links::find(conn, hash).await?.ok_or_else(unknown)?;
    let subscriber = queries::lock(conn, token.subscriber_id)
        .await?
        .ok_or_else(unknown)?;
    let wish = wishes::find(conn, token.wish_id)
        .await?
        .ok_or_else(unknown)?;
    if token.used_at.is_none() && token.expires_at <= now {
        return Err(expired());
    }
    Ok((subscriber, wish, token))
}

/// The subscriber whom a link manages, locked.
pub async fn managed(
    conn: &mut AsyncPgConnection,
    managed: Managed,
) -> Result<FollowingSubscriber, Problem> {
    let subscriber = queries::lock(conn, managed.subscriber)
        .await?
        .ok_or_else(unknown)?;
    if subscriber.row.token_generation == managed.generation {
        Ok(subscriber)
    } else {
        Err(unknown())
    }
}

/// Grants what was asked for, because whoever has the mailbox says so. This alone lifts a suppression. Call it last: it
/// writes into the ledger.
pub async fn confirm(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    hash: &TokenHash,
    evidence: Option<Evidence>,
    now: DateTime<Utc>,
) -> Result<Confirmation, Problem> {
    let (old, wish, _) = asked_by(conn, hash, now).await?;
    if !links::spend(conn, hash, now).await? {
        return Ok(Confirmation::Before(old));
    }
    suppression::lift(conn, &suppression::hash_of(keys, &old.row.email)).await?;
    let entry = NewEntry::new(old.row.id, ConsentAction::Confirmed, ConsentSource::Person);
    let new = grant(conn, old, &wish, Mover::Person, now).await?;
    let entry = entry.in_form(wish.worded()).proved_by(evidence);
    ledger::append(conn, now, &[entry]).await?;
    Ok(Confirmation::Now(new, Box::new(wish)))
}

/// Makes a wish true: who asked for it becomes confirmed, follows its topics as well, and is welcomed. The ledger is not
/// told yet.
pub async fn grant(
    conn: &mut AsyncPgConnection,
    old: FollowingSubscriber,
    wish: &WishRow,
    mover: Mover,
    now: DateTime<Utc>,
) -> Result<FollowingSubscriber, Problem> {
    let standing = moved(old.row.standing, mover, SubscriberStatus::Confirmed, now)?;
    let is_new = old.row.standing.status != standing.status;
    queries::update(conn, old.row.id, &wish.granted_to(&old.row, standing)).await?;
    let mut topics: Vec<TagId> = old.topics.iter().map(|tag| tag.id).collect();
    let more = wish.topics.iter().filter(|tag| !topics.contains(tag));
    let more: Vec<TagId> = more.copied().collect();
    topics.extend(more);
    topics.truncate(MOST_TOPICS);
    topics::put(conn, old.row.id, &topics).await?;
    wishes::grant(conn, wish.id, now).await?;
    let new = find(conn, &old).await?;
    let (before, after) = (Some(&old), Some(&new));
    events::record(conn, None, "subscriber.confirmed", before, after).await?;
    if is_new {
        welcoming::enqueue(conn, wish).await?;
    }
    Ok(new)
}

/// Ends a subscription, and voids what still waits for a confirmation. Twice is as good as once. Call it last: it writes into the ledger.
pub async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    old: FollowingSubscriber,
    evidence: Option<Evidence>,
    now: DateTime<Utc>,
) -> Result<FollowingSubscriber, Problem> {
    let next = SubscriberStatus::Unsubscribed;
    // An older link must not undo it: whoever comes back signs up anew.
    wishes::delete_open(conn, &[old.row.id]).await?;
    if old.row.standing.status == next {
        return Ok(old);
    }
    let new = WritableSubscriber {
        standing: moved(old.row.standing, Mover::Person, next, now)?,
        paused_until: None,
        ..WritableSubscriber::from(&old.row)
    };
    queries::update(conn, old.row.id, &new).await?;
    let hash = suppression::hash_of(keys, &old.row.email);
    suppression::suppress(conn, &[(hash, SuppressionReason::Unsubscribed)], now).await?;
    let new = find(conn, &old).await?;
    let (before, after) = (Some(&old), Some(&new));
    events::record(conn, None, "subscriber.unsubscribed", before, after).await?;
    let entry = NewEntry::new(
        old.row.id,
        ConsentAction::Unsubscribed,
        ConsentSource::Person,
    );
    ledger::append(conn, now, &[entry.proved_by(evidence)]).await?;
    Ok(new)
}

/// What somebody changes of their own subscription.
pub struct Changes {
    pub written: WritableSubscriber,
    /// `None`: they stay as they are.
    pub topics: Option<Vec<TagId>>,
}

impl Changes {
    /// What a patch makes of a subscription, or all that is wrong with it.
    pub async fn asked(
        conn: &mut AsyncPgConnection,
        old: &FollowingSubscriber,
        patch: UpdateSubscription,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let topics = match patch.topics {
            Patch::Keep => Ok(None),
            Patch::Clear => Ok(Some(Vec::new())),
            Patch::Set(asked) => {
                let offered = topics::offered_to(conn, old).await?;
                let chosen = topics::resolve_among(conn, &asked, &offered).await;
                chosen.map(Some)
            }
        };
        let topics = or_noted(topics, &mut faults)?;
        if let Patch::Set(until) = patch.paused_until {
            faults.extend(pause_fault(until, now));
        }
        if !faults.is_empty() {
            return Err(Problem::Invalid(faults));
        }
        let name = patch.name.map(|name| name.as_str().to_owned());
        let written = WritableSubscriber {
            name: name.over(old.row.name.clone()),
            locale: patch.locale.over(old.row.locale.clone()),
            time_zone: patch.time_zone.over(old.row.time_zone.clone()),
            paused_until: patch.paused_until.over(old.row.paused_until),
            ..WritableSubscriber::from(&old.row)
        };
        Ok(Self {
            written,
            topics: topics.flatten(),
        })
    }
}

/// What is wrong with a pause until this instant.
fn pause_fault(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<ValueFault> {
    let is_right = until > now && until < now + LONGEST_PAUSE;
    let fault = || Fault::new("out_of_range", "must be to come, within five years");
    (!is_right).then(|| ValueFault::at("/paused_until", fault()))
}

/// A value; or nothing, and its faults among others, so that all are told at once.
pub fn or_noted<T>(
    found: Result<T, Problem>,
    faults: &mut Vec<ValueFault>,
) -> Result<Option<T>, Problem> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(Problem::Invalid(more)) => {
            faults.extend(more);
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

/// Changes a subscription as its owner wants it. Call it last: it writes into the ledger.
pub async fn change(
    conn: &mut AsyncPgConnection,
    old: FollowingSubscriber,
    changes: Changes,
    now: DateTime<Utc>,
) -> Result<FollowingSubscriber, Problem> {
    queries::update(conn, old.row.id, &changes.written).await?;
    if let Some(topics) = &changes.topics {
        queries::delete_topics_but(conn, old.row.id, topics).await?;
        topics::put(conn, old.row.id, topics).await?;
    }
    let new = find(conn, &old).await?;
    let members = story::changed_members(&old, &new);
    if members.is_empty() {
        return Ok(new);
    }
    let (before, after) = (Some(&old), Some(&new));
    events::record(conn, None, "subscriber.updated", before, after).await?;
    let entry = NewEntry::new(old.row.id, ConsentAction::Changed, ConsentSource::Person)
        .with("members", json!(members));
    ledger::append(conn, now, &[entry]).await?;
    Ok(new)
}

fn moved(
    standing: Standing,
    mover: Mover,
    next: SubscriberStatus,
    now: DateTime<Utc>,
) -> Result<Standing, Problem> {
    standing
        .moved_to(mover, next, now)
        .ok_or_else(|| Problem::conflict("illegal_transition", "this subscription can't become so"))
}

async fn find(
    conn: &AsyncPgConnection,
    old: &FollowingSubscriber,
) -> Result<FollowingSubscriber, Problem> {
    queries::find(conn, old.row.id).await?.ok_or_else(unknown)
}
