//! Some thousand rows in one transaction: looked up, judged, written and remembered by a handful of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use futures::try_join;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::judging::{Judge, Person, Profile};
use super::model::{ImportRow, ImportState, Mode, Tally, Verdict};
use super::queries::{self, NewOutcome};
use super::reading::{Incoming, Place, Remark, Wish};
use crate::platform::Platform;
use crate::subscribers::bulk;
use crate::subscribers::ledger::{self, NewEntry};
use crate::subscribers::suppression::{self, SuppressionReason};
use crate::types::{EmailAddress, ImportId, SubscriberId, TagId};

/// Rows that are dealt with together.
pub struct Chunk {
    pub before: Place,
    pub rows: Vec<Taken>,
    pub after: Place,
}

/// A row that can be taken, or why it can't.
pub enum Taken {
    Row {
        row: Box<Incoming>,
        /// What the address is known by among the suppressed.
        hash: Vec<u8>,
    },
    Refused {
        number: u64,
        line: u64,
        remarks: Vec<Remark>,
    },
}

/// Why a chunk was not written.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Somebody changed what it is about in that moment: it can be tried again.
    #[error("what an import is about is being changed by others")]
    Again,
    /// Another instance is at it, or it is over.
    #[error("the import is in another's hands, or over")]
    Elsewhere,
    #[error("the database refused: {0}")]
    Database(#[from] diesel::result::Error),
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
}

/// The addresses that a dry run would have brought onto the list, by their hashes: in the database there is nothing of them.
#[derive(Default)]
pub struct Seen(HashSet<u64>);

impl Seen {
    /// How many are remembered at most, so that memory stays bounded.
    const MOST: usize = 4_000_000;

    fn has(&self, email: &EmailAddress) -> bool {
        self.0.contains(&xxh3_64(email.as_str().as_bytes()))
    }

    fn add(&mut self, email: &EmailAddress) {
        if self.0.len() < Self::MOST {
            self.0.insert(xxh3_64(email.as_str().as_bytes()));
        }
    }
}

/// Everybody whom a chunk is about.
struct People {
    at: HashMap<EmailAddress, usize>,
    all: Vec<(EmailAddress, Vec<u8>, Person)>,
}

/// Deals with a chunk. Call it in a transaction of its own; it ends with the ledger.
pub async fn write(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    id: ImportId,
    chunk: &Chunk,
    seen: &mut Seen,
) -> Result<(), Refusal> {
    let now = platform.clock.now();
    queries::commit_without_waiting(conn).await?;
    let import = queries::lock(conn, id).await?.ok_or(Refusal::Elsewhere)?;
    if import.state != ImportState::Running || import.place() != chunk.before {
        return Err(Refusal::Elsewhere);
    }
    let mut people = find_people(conn, chunk).await?;
    let judge = judge(platform, &import, now);
    let mut outcomes = Vec::with_capacity(chunk.rows.len());
    for row in &chunk.rows {
        outcomes.push(outcome(&judge, &mut people, row, import.mode, seen)?);
    }
    let (tally, remarks) = counted(&import, &outcomes);
    let mut entries = Vec::new();
    if import.mode == Mode::Write {
        let conn = &*conn;
        // While the database writes the people, the rest is made ready.
        let kept = async { Ok(queries::insert_rows(conn, id, &outcomes).await?) };
        try_join!(write_people(conn, &people.all, now), kept)?;
        refuse_suppressed_meanwhile(conn, &people.all).await?;
        entries = entries_of(people.all);
    } else {
        queries::insert_rows(conn, id, &outcomes).await?;
    }
    queries::advance(conn, id, chunk.after, tally, &remarks).await?;
    ledger::append(conn, now, &entries).await?;
    Ok(())
}

fn judge<'a>(platform: &'a Platform, import: &'a ImportRow, now: DateTime<Utc>) -> Judge<'a> {
    let consent = import.request.consent.as_ref();
    let wording = consent.and_then(|consent| consent.wording.as_ref());
    Judge {
        import: import.id,
        actor: import.actor(),
        request: &import.request,
        settings: &platform.config.subscriptions,
        wording_digest: wording.map(|text| {
            let digest = crate::platform::token::sha256(text.as_str().as_bytes());
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        }),
        now,
    }
}

/// The list first, and the suppressions after: who is deleted in between is found in one of them.
async fn find_people(conn: &mut AsyncPgConnection, chunk: &Chunk) -> Result<People, Refusal> {
    let mut addresses: Vec<(&EmailAddress, &Vec<u8>)> = chunk
        .rows
        .iter()
        .filter_map(|row| match row {
            Taken::Row { row, hash } => Some((&row.email, hash)),
            Taken::Refused { .. } => None,
        })
        .collect();
    // Whoever writes the same people at the same time meets them in the same order.
    addresses.sort_unstable_by_key(|(email, _)| email.as_str());
    addresses.dedup();
    let (emails, hashes): (Vec<_>, Vec<_>) = addresses.into_iter().unzip();
    let known = bulk::find_by_emails(conn, &emails).await?;
    let ids: Vec<SubscriberId> = known.iter().map(|row| row.id).collect();
    let mut topics: HashMap<SubscriberId, Vec<TagId>> = HashMap::new();
    if !ids.is_empty() {
        for (id, tag) in bulk::topics(conn, &ids).await? {
            topics.entry(id).or_default().push(tag);
        }
    }
    let suppressed = suppression::among(conn, &hashes).await?;
    let mut known: HashMap<EmailAddress, _> = known
        .into_iter()
        .map(|row| (row.email.clone(), row))
        .collect();
    let (mut at, mut all) = (HashMap::new(), Vec::with_capacity(emails.len()));
    for (email, hash) in emails.into_iter().zip(hashes) {
        let reason = suppressed.get(hash).copied();
        let person = match known.remove(email) {
            Some(row) => Person::known(&row, topics.remove(&row.id).unwrap_or_default(), reason),
            None => Person::stranger(reason),
        };
        at.insert(email.clone(), all.len());
        all.push((email.clone(), hash.clone(), person));
    }
    Ok(People { at, all })
}

fn outcome(
    judge: &Judge<'_>,
    people: &mut People,
    row: &Taken,
    mode: Mode,
    seen: &mut Seen,
) -> anyhow::Result<NewOutcome> {
    let row = match row {
        Taken::Row { row, .. } => row,
        Taken::Refused {
            number,
            line,
            remarks,
        } => {
            return Ok(NewOutcome {
                number: *number,
                line: *line,
                verdict: Verdict::Invalid,
                subscriber_id: None,
                remarks: Some(serde_json::to_value(remarks)?),
                prior: None,
                version: None,
            });
        }
    };
    let mut remarks = row.remarks.clone();
    let person = people
        .at
        .get(&row.email)
        .and_then(|at| people.all.get_mut(*at));
    let Some((email, _, person)) = person else {
        anyhow::bail!("a row of a chunk is about nobody");
    };
    let is_repeated = mode == Mode::DryRun && person.now.is_none() && seen.has(email);
    let verdict = if is_repeated {
        remarks.push(Remark::new("repeated", "an earlier row has this address"));
        match row.wish {
            Wish::Left(_) => Verdict::Update,
            Wish::Active | Wish::Pending => Verdict::Unchanged,
        }
    } else {
        let (verdict, remark) = judge.judge(person, row)?;
        remarks.extend(remark);
        verdict
    };
    if mode == Mode::DryRun && verdict == Verdict::Create {
        seen.add(email);
    }
    let is_written = mode == Mode::Write && person.changed_by == Some(row.number);
    let is_there = person.before.is_some() || (mode == Mode::Write && person.now.is_some());
    let before = person.before.as_ref().map_or(0, |(_, version)| *version);
    Ok(NewOutcome {
        number: row.number,
        line: row.line,
        verdict,
        subscriber_id: is_there.then_some(person.id),
        remarks: if remarks.is_empty() {
            None
        } else {
            Some(serde_json::to_value(remarks)?)
        },
        prior: if is_written { person.prior() } else { None },
        version: is_written.then_some(before + 1),
    })
}

async fn write_people(
    conn: &AsyncPgConnection,
    people: &[(EmailAddress, Vec<u8>, Person)],
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let (mut new, mut changed, mut topics) = (Vec::new(), Vec::new(), Vec::new());
    let mut suppressed: Vec<(Vec<u8>, SuppressionReason)> = Vec::new();
    for (_, hash, person) in people {
        let (Some(profile), Some(_)) = (&person.now, person.changed_by) else {
            continue;
        };
        suppressed.extend(person.to_suppress.map(|reason| (hash.clone(), reason)));
        let known = match &person.before {
            None => {
                new.push((person.id, 0, &profile.row));
                0
            }
            Some((before, version)) => {
                changed.push((person.id, *version, &profile.row));
                before.topics.len()
            }
        };
        topics.extend(added_topics(person.id, profile, known));
    }
    suppressed.sort_unstable();
    suppression::suppress(conn, &suppressed, now).await?;
    if !new.is_empty() {
        bulk::insert(conn, &new).await?;
    }
    if !changed.is_empty() && bulk::update(conn, &changed).await?.len() != changed.len() {
        return Err(Refusal::Again);
    }
    let left = people.iter().filter(|(_, _, person)| {
        person.before.is_some() && person.changed_by.is_some() && person.to_suppress.is_some()
    });
    let left: Vec<SubscriberId> = left.map(|(_, _, person)| person.id).collect();
    bulk::void_wishes(conn, &left).await?;
    Ok(bulk::add_topics(conn, &topics).await?)
}

fn added_topics(
    id: SubscriberId,
    profile: &Profile,
    known: usize,
) -> impl Iterator<Item = (SubscriberId, TagId, i32)> {
    let numbered = (0..).zip(&profile.topics);
    numbered
        .skip(known)
        .map(move |(position, tag)| (id, *tag, position))
}

/// Somebody may have been deleted, and suppressed by it, in the moment before they were written.
async fn refuse_suppressed_meanwhile(
    conn: &AsyncPgConnection,
    people: &[(EmailAddress, Vec<u8>, Person)],
) -> Result<(), Refusal> {
    let hashes: Vec<&Vec<u8>> = people
        .iter()
        .filter(|(_, _, person)| {
            person.changed_by.is_some()
                && person.suppressed.is_none()
                && person.to_suppress.is_none()
        })
        .map(|(_, hash, _)| hash)
        .collect();
    if hashes.is_empty() || suppression::among(conn, &hashes).await?.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Again)
    }
}

fn entries_of(people: Vec<(EmailAddress, Vec<u8>, Person)>) -> Vec<NewEntry> {
    people
        .into_iter()
        .flat_map(|(_, _, person)| person.entries)
        .collect()
}

/// How many rows came to which verdict, and all remarks so far.
fn counted(import: &ImportRow, outcomes: &[NewOutcome]) -> (Tally, Value) {
    let mut tally = Tally::default();
    let mut codes: BTreeMap<String, i64> = import
        .remarks
        .as_object()
        .into_iter()
        .flatten()
        .map(|(code, count)| (code.clone(), count.as_i64().unwrap_or_default()))
        .collect();
    for outcome in outcomes {
        tally.count(outcome.verdict);
        for remark in outcome
            .remarks
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let code = remark
                .get("code")
                .and_then(Value::as_str)
                .unwrap_or_default();
            *codes.entry(code.to_owned()).or_default() += 1;
        }
    }
    let remarks = codes
        .into_iter()
        .map(|(code, count)| (code, Value::from(count)));
    (tally, Value::Object(remarks.collect()))
}
