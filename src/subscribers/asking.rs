//! What comes of a sign-up: a mail that asks whether it was them, mostly.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::allowances::{self, Allowance, Recipient};
use super::ledger::{self, ConsentAction, ConsentSource, NewEntry};
use super::links::{self, TokenRow};
use super::model::{FollowingSubscriber, WritableSubscriber};
use super::state::{Mover, SubscriberStatus};
use super::suppression::{self, SuppressionReason};
use super::wishes::{self, WishRow};
use super::{events, mails, own, queries, terms};
use crate::platform::Platform;
use crate::platform::installation::Keys;
use crate::platform::jobs::{self, Job, Kind, NewJob, Outcome};
use crate::platform::mail::MailFault;
use crate::rest::Problem;
use crate::types::{SubscriberId, WishId};

const NAME: &str = "subscription.requested";

#[derive(Serialize, Deserialize)]
struct Payload {
    subscriber_id: SubscriberId,
    wish_id: WishId,
}

/// The kind of job that decides what to send. Mail servers may be away for days.
pub fn kind() -> Kind {
    Kind::new(NAME, |platform, job| Box::pin(ask(platform, job))).attempts(20)
}

/// Leaves a job that decides what comes of a wish, not before an instant.
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    wish: &WishRow,
    not_before: Option<DateTime<Utc>>,
) -> diesel::QueryResult<()> {
    let payload = json!({ "subscriber_id": wish.subscriber_id, "wish_id": wish.id });
    let job = NewJob {
        run_at: not_before,
        ..NewJob::new(NAME, payload)
    };
    jobs::enqueue(conn, job).await
}

/// What is to be done about a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// They have all they ask for, or nobody is there who could want it.
    Nothing,
    /// Their form takes their word for it.
    Grant,
    /// Send the mail that asks.
    Ask,
}

/// A mail to be sent.
struct Asking {
    subscriber: FollowingSubscriber,
    wish: WishRow,
    token: String,
}

async fn ask(platform: Platform, job: Job) -> Outcome {
    match try_ask(&platform, &job).await {
        Ok(()) => Outcome::Done,
        Err(outcome) => outcome,
    }
}

async fn try_ask(platform: &Platform, job: &Job) -> Result<(), Outcome> {
    let payload: Payload = job.read()?;
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    let asking = conn
        .transaction(async |tx| prepare(tx, platform, &payload, now).await)
        .await?;
    // No connection is held while a mail server takes its time.
    drop(conn);
    let Some(asking) = asking else {
        return Ok(());
    };
    let mail = mails::confirmation(
        platform,
        job.id,
        &asking.subscriber.row,
        &asking.wish,
        &asking.token,
    )?;
    let sent = platform.mailer.send(&mail).await;
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    conn.transaction(async |tx| match sent {
        Ok(()) => note_sent(tx, &asking, now).await,
        Err(MailFault::Refused(_)) => note_bounce(tx, &platform.keys, &asking, now).await,
        Err(fault) => Err(fault.into()),
    })
    .await
}

async fn note_sent(
    conn: &mut AsyncPgConnection,
    asking: &Asking,
    now: DateTime<Utc>,
) -> Result<(), Outcome> {
    allowances::spend(conn, asking.wish.id, now).await?;
    let id = asking.subscriber.row.id;
    let entry = NewEntry::new(id, ConsentAction::Mailed, ConsentSource::System)
        .with("mail", "confirmation")
        .in_form(asking.wish.worded());
    ledger::append(conn, now, &[entry]).await?;
    Ok(())
}

/// Nobody has that mailbox, so nobody waits for a confirmation of it. Who was on the list for another reason stays there: it
/// was a mail that they had not asked for.
async fn note_bounce(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    asking: &Asking,
    now: DateTime<Utc>,
) -> Result<(), Outcome> {
    allowances::spend(conn, asking.wish.id, now).await?;
    let Some(old) = queries::lock(conn, asking.subscriber.row.id).await? else {
        return Ok(());
    };
    if old.row.standing.status != SubscriberStatus::Pending {
        return Ok(());
    }
    let bounced = SubscriberStatus::Bounced;
    let standing = old.row.standing.moved_to(Mover::Editor, bounced, now);
    let new = WritableSubscriber {
        standing: standing.unwrap_or(old.row.standing),
        ..WritableSubscriber::from(&old.row)
    };
    queries::update(conn, old.row.id, &new).await?;
    wishes::delete_open(conn, &[old.row.id]).await?;
    let hash = suppression::hash_of(keys, &old.row.email);
    suppression::suppress(conn, &[(hash, SuppressionReason::Bounced)], now).await?;
    let new = queries::find(conn, old.row.id).await?;
    events::record(conn, None, "subscriber.bounced", Some(&old), new.as_ref()).await?;
    let entry = NewEntry::new(old.row.id, ConsentAction::Bounced, ConsentSource::System);
    ledger::append(conn, now, &[entry.with("mail", "confirmation")]).await?;
    Ok(())
}

/// Decides, and prepares what is needed to ask: the allowance, and the link.
async fn prepare(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    payload: &Payload,
    now: DateTime<Utc>,
) -> Result<Option<Asking>, Outcome> {
    let Some(subscriber) = queries::lock(conn, payload.subscriber_id).await? else {
        return Ok(None);
    };
    let Some(wish) = wishes::find(conn, payload.wish_id).await? else {
        return Ok(None);
    };
    let hash = suppression::hash_of(&platform.keys, &subscriber.row.email);
    let suppressed = suppression::find(conn, &hash).await?;
    let opt_in = terms::opt_in(conn, &wish).await?;
    match step(&subscriber, &wish, opt_in, suppressed) {
        Step::Nothing => {
            if wish.granted_at.is_none() {
                wishes::delete(conn, wish.id).await?;
            }
            Ok(None)
        }
        Step::Grant => {
            let id = subscriber.row.id;
            own::grant(conn, subscriber, &wish, Mover::Editor, now)
                .await
                .map_err(Problem::into_cause)?;
            let entry = NewEntry::new(id, ConsentAction::Confirmed, ConsentSource::Form)
                .with("opt_in", "single")
                .in_form(wish.worded());
            ledger::append(conn, now, &[entry]).await?;
            Ok(None)
        }
        Step::Ask => asking(conn, platform, subscriber, wish, now).await,
    }
}

fn step(
    subscriber: &FollowingSubscriber,
    wish: &WishRow,
    opt_in: terms::OptIn,
    suppressed: Option<SuppressionReason>,
) -> Step {
    let follows = |tag| subscriber.topics.iter().any(|topic| topic.id == tag);
    let is_confirmed = subscriber.row.standing.status == SubscriberStatus::Confirmed;
    let has_all = is_confirmed && wish.topics.iter().all(|tag| follows(*tag));
    if wish.granted_at.is_some() || has_all || subscriber.row.address_kind.is_disposable_address {
        return Step::Nothing;
    }
    let is_new =
        subscriber.row.standing.status == SubscriberStatus::Pending && suppressed.is_none();
    match opt_in {
        terms::OptIn::Single if is_new => Step::Grant,
        terms::OptIn::Single | terms::OptIn::Double => Step::Ask,
    }
}

async fn asking(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    subscriber: FollowingSubscriber,
    wish: WishRow,
    now: DateTime<Utc>,
) -> Result<Option<Asking>, Outcome> {
    let to = Recipient::new(&platform.keys, &subscriber.row.email, &wish.client_hash);
    match allowances::claim(conn, wish.id, &to, platform.config.rate_limits, now).await? {
        Allowance::Granted => {}
        Allowance::Spent => return Ok(None),
        Allowance::Later(instant) => {
            enqueue(conn, &wish, Some(instant)).await?;
            return Ok(None);
        }
        Allowance::Refused => {
            wishes::delete(conn, wish.id).await?;
            return Ok(None);
        }
    }
    let token = links::mint_confirm()?;
    let row = TokenRow {
        token_hash: token.hash.as_bytes().to_vec(),
        subscriber_id: subscriber.row.id,
        wish_id: wish.id,
        created_at: now,
        expires_at: now + links::GOOD_FOR,
        used_at: None,
    };
    links::insert(conn, &row).await?;
    Ok(Some(Asking {
        subscriber,
        wish,
        token: token.text,
    }))
}
