//! Taking an import back, from its last row to its first. Who has changed since stays, and so does everybody's having left.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{ImportRow, ImportState, OutcomeRow, Prior, Undone, Verdict};
use super::writing::Refusal;
use super::{events, queries};
use crate::platform::Platform;
use crate::platform::jobs::{Job, Kind, NewJob, Outcome};
use crate::subscribers::ledger::{self, ConsentAction, ConsentSource, NewEntry};
use crate::subscribers::suppression::SuppressionReason;
use crate::subscribers::{Standing, SubscriberRow, WritableSubscriber, bulk};
use crate::types::{ImportId, SubscriberId, TagId};

/// How many rows are taken back in one transaction.
const ROWS: i64 = 5_000;

const NAME: &str = "subscriber_import.revert";

#[derive(Serialize, Deserialize)]
struct Payload {
    import_id: ImportId,
}

/// The job that takes an import back.
pub fn kind() -> Kind {
    let kind = Kind::new(NAME, |platform, job| Box::pin(attempt(platform, job)));
    kind.within(Duration::from_secs(24 * 60 * 60))
}

/// Has an import taken back, by whichever instance takes it first.
pub fn job(id: ImportId) -> NewJob<'static> {
    NewJob::new(NAME, json!({ "import_id": id }))
}

async fn attempt(platform: Platform, job: Job) -> Outcome {
    let payload: Payload = match job.read() {
        Ok(payload) => payload,
        Err(outcome) => return outcome,
    };
    match revert(&platform, payload.import_id).await {
        Ok(()) | Err(Refusal::Elsewhere) => Outcome::Done,
        Err(fault) => Outcome::Retry(fault.to_string()),
    }
}

/// Which version a restored person had before the row that was taken back, and has now: an earlier row of the same import
/// knows the one, and must not take the other for somebody else's change.
type Restored = HashMap<SubscriberId, (i64, i64)>;

/// Takes an import back, from wherever it is.
pub async fn revert(platform: &Platform, id: ImportId) -> Result<(), Refusal> {
    let mut restored = Restored::new();
    loop {
        let now = platform.clock.now();
        let conn = platform.db.get().await;
        let mut conn = conn.map_err(|fault| Refusal::Broken(anyhow::Error::new(fault)))?;
        let is_over = conn
            .transaction(async |tx| step(tx, id, &mut restored, now).await)
            .await?;
        if is_over {
            return Ok(());
        }
    }
}

/// Takes some rows back; tells whether they were the last.
async fn step(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    restored: &mut Restored,
    now: DateTime<Utc>,
) -> Result<bool, Refusal> {
    let import = queries::lock(conn, id).await?.ok_or(Refusal::Elsewhere)?;
    if import.state != ImportState::Reverting {
        return Err(Refusal::Elsewhere);
    }
    let before = import.revert_before.unwrap_or(i64::MAX);
    let rows = queries::rows_to_undo(conn, id, before, ROWS).await?;
    if rows.is_empty() {
        queries::end_revert(conn, id, now).await?;
        events::record(conn, &import, "subscriber_import.reverted").await?;
        return Ok(true);
    }
    let ids: Vec<SubscriberId> = rows.iter().filter_map(|row| row.subscriber_id).collect();
    let there = bulk::find(conn, &ids).await?;
    let there: HashMap<SubscriberId, SubscriberRow> =
        there.into_iter().map(|row| (row.id, row)).collect();
    let mut plan = Plan::default();
    let (mut met, mut first) = (HashSet::new(), before);
    for row in &rows {
        // An earlier row about the same person has its turn when the later one has been taken back.
        if row.subscriber_id.is_some_and(|id| !met.insert(id)) {
            break;
        }
        plan.add(row, &there, restored);
        first = row.number;
    }
    let (undone, entries) = plan.carry_out(conn, &import, restored).await?;
    for (which, numbers) in &undone {
        queries::undo_rows(conn, id, numbers, *which).await?;
    }
    let count = |which: usize| i64::try_from(undone[which].1.len()).unwrap_or_default();
    queries::advance_revert(conn, id, first, [count(0), count(1), count(2)]).await?;
    ledger::append(conn, now, &entries).await?;
    Ok(false)
}

/// What is to be done about some rows.
#[derive(Default)]
struct Plan {
    removing: Vec<(i64, SubscriberId, i64, Option<SuppressionReason>)>,
    restoring: Vec<Restoring>,
    keeping: Vec<i64>,
}

struct Restoring {
    number: i64,
    id: SubscriberId,
    version: i64,
    row: WritableSubscriber,
    topics: Vec<TagId>,
    prior_version: i64,
}

impl Plan {
    fn add(
        &mut self,
        row: &OutcomeRow,
        there: &HashMap<SubscriberId, SubscriberRow>,
        restored: &Restored,
    ) {
        let person = row.subscriber_id.and_then(|id| there.get(&id));
        let unchanged = person.filter(|person| {
            let expected = match restored.get(&person.id) {
                Some((was, is)) if row.version == Some(*was) => Some(*is),
                _ => row.version,
            };
            Some(person.version) == expected
        });
        match (unchanged, &row.prior, row.verdict) {
            (Some(person), _, Verdict::Create) => {
                let reason = SuppressionReason::of(person.standing.status);
                self.removing
                    .push((row.number, person.id, person.version, reason));
            }
            (Some(person), Some(prior), Verdict::Update) => {
                self.restoring.push(Restoring {
                    number: row.number,
                    id: person.id,
                    version: person.version,
                    row: as_before(person, prior),
                    topics: prior.topics.clone(),
                    prior_version: prior.version,
                });
            }
            _ => self.keeping.push(row.number),
        }
    }

    /// Removes and restores; says which rows came to what, and what the ledger is told.
    async fn carry_out(
        mut self,
        conn: &mut AsyncPgConnection,
        import: &ImportRow,
        restored: &mut Restored,
    ) -> Result<([(Undone, Vec<i64>); 3], Vec<NewEntry>), Refusal> {
        let entry = |id, action| {
            let entry = NewEntry::new(id, action, ConsentSource::Import);
            entry
                .with("import", import.id.to_string())
                .with("reverted", true)
        };
        let (mut entries, mut removed, mut was_restored) = (Vec::new(), Vec::new(), Vec::new());
        let old: Vec<_> = self
            .removing
            .iter()
            .map(|(_, id, version, _)| (*id, *version))
            .collect();
        let gone = bulk::delete(conn, &old).await?;
        let gone: HashSet<SubscriberId> = gone.into_iter().collect();
        for (number, id, _, reason) in self.removing {
            if gone.contains(&id) {
                removed.push(number);
                let reason = reason.map(SuppressionReason::as_str);
                entries.push(entry(id, ConsentAction::Erased).with("suppressed", reason));
            } else {
                self.keeping.push(number);
            }
        }
        let ids: Vec<SubscriberId> = gone.iter().copied().collect();
        ledger::forget_evidence_of(conn, &ids).await?;
        let rows: Vec<bulk::Numbered<'_>> = self
            .restoring
            .iter()
            .map(|one| (one.id, one.version, &one.row))
            .collect();
        if !rows.is_empty() && bulk::update(conn, &rows).await?.len() != rows.len() {
            return Err(Refusal::Again);
        }
        let ids: Vec<SubscriberId> = self.restoring.iter().map(|one| one.id).collect();
        bulk::clear_topics(conn, &ids).await?;
        let mut topics = Vec::new();
        for one in &self.restoring {
            topics.extend(
                (0..)
                    .zip(&one.topics)
                    .map(|(position, tag)| (one.id, *tag, position)),
            );
            restored.insert(one.id, (one.prior_version, one.version + 1));
            was_restored.push(one.number);
            entries.push(entry(one.id, ConsentAction::Changed));
        }
        bulk::add_topics(conn, &topics).await?;
        let undone = [
            (Undone::Removed, removed),
            (Undone::Restored, was_restored),
            (Undone::Kept, self.keeping),
        ];
        Ok((undone, entries))
    }
}

/// Somebody as they were. That they left is no matter of the import: it stays.
fn as_before(person: &SubscriberRow, prior: &Prior) -> WritableSubscriber {
    let [confirmed_at, unsubscribed_at, bounced_at, complained_at] = prior.times;
    let standing = match SuppressionReason::of(person.standing.status) {
        Some(_) => person.standing,
        None => Standing {
            status: prior.status,
            confirmed_at,
            unsubscribed_at,
            bounced_at,
            complained_at,
        },
    };
    WritableSubscriber {
        name: prior.name.clone(),
        standing,
        locale: prior.locale.clone(),
        time_zone: prior.time_zone.clone(),
        paused_until: prior.paused_until,
        attributes: prior.attributes.clone(),
        consent: prior.consent.clone(),
        ..WritableSubscriber::from(person)
    }
}
