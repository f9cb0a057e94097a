//! What a row makes of its person: pure rules, told the time. Whoever has left stays so, whatever a row or a request says.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::{AskedAt, OnConflict, Prior, Request, Verdict};
use super::reading::{Incoming, Remark, Wish};
use crate::platform::config::Subscriptions;
use crate::subscribers::ledger::{ConsentAction, ConsentSource, Evidence, NewEntry};
use crate::subscribers::suppression::SuppressionReason;
use crate::subscribers::{
    AddressKind, Arrival, Consent, ConsentMethod, FirstStatus, Mover, Standing, SubscriberRow,
    SubscriberStatus, WritableSubscriber,
};
use crate::types::{ImportId, JsonObject, SubscriberId, TagId, UserId};

/// Somebody as they are, or are to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub row: WritableSubscriber,
    pub topics: Vec<TagId>,
}

/// Somebody whom rows are about.
#[derive(Debug)]
pub struct Person {
    pub id: SubscriberId,
    /// As the database has them, with their version.
    pub before: Option<(Profile, i64)>,
    pub now: Option<Profile>,
    /// Why their address must not be written to.
    pub suppressed: Option<SuppressionReason>,
    /// Why it must not from now on.
    pub to_suppress: Option<SuppressionReason>,
    pub entries: Vec<NewEntry>,
    /// The first row that changes them.
    pub changed_by: Option<u64>,
}

impl Person {
    /// Somebody who is not on the list.
    pub fn stranger(suppressed: Option<SuppressionReason>) -> Self {
        Self {
            id: SubscriberId::mint(),
            before: None,
            now: None,
            suppressed,
            to_suppress: None,
            entries: Vec::new(),
            changed_by: None,
        }
    }

    /// Somebody who is.
    pub fn known(
        row: &SubscriberRow,
        topics: Vec<TagId>,
        suppressed: Option<SuppressionReason>,
    ) -> Self {
        let profile = Profile {
            row: WritableSubscriber::from(row),
            topics,
        };
        Self {
            id: row.id,
            before: Some((profile.clone(), row.version)),
            now: Some(profile),
            ..Self::stranger(suppressed)
        }
    }

    /// What is kept so that the change can be taken back.
    pub fn prior(&self) -> Option<Prior> {
        let (before, version) = self.before.as_ref()?;
        let row = &before.row;
        let standing = row.standing;
        Some(Prior {
            version: *version,
            status: standing.status,
            times: [
                standing.confirmed_at,
                standing.unsubscribed_at,
                standing.bounced_at,
                standing.complained_at,
            ],
            name: row.name.clone(),
            locale: row.locale.clone(),
            time_zone: row.time_zone.clone(),
            paused_until: row.paused_until,
            attributes: row.attributes.clone(),
            consent: row.consent.clone(),
            topics: before.topics.clone(),
        })
    }
}

/// What becomes of a row, and why, where that needs saying.
pub type Judgement = (Verdict, Option<Remark>);

/// Judges the rows of one import.
pub struct Judge<'a> {
    pub import: ImportId,
    pub actor: Option<UserId>,
    pub request: &'a Request,
    pub settings: &'a Subscriptions,
    pub wording_digest: Option<String>,
    pub now: DateTime<Utc>,
}

impl Judge<'_> {
    /// Lets a row change its person, as far as it may.
    pub fn judge(&self, person: &mut Person, row: &Incoming) -> anyhow::Result<Judgement> {
        let (judgement, changed, entries) = match &person.now {
            None if person.suppressed.is_some() => {
                (suppressed(person.suppressed), None, Vec::new())
            }
            None => self.create(person.id, row)?,
            Some(profile) => self.change(person, profile, row)?,
        };
        if let Some(profile) = changed {
            person.to_suppress =
                SuppressionReason::of(profile.row.standing.status).or(person.to_suppress);
            person.now = Some(profile);
            person.entries.extend(entries);
            person.changed_by = person.changed_by.or(Some(row.number));
        }
        Ok(judgement)
    }

    fn create(&self, id: SubscriberId, row: &Incoming) -> anyhow::Result<Change> {
        let (standing, remark) = match row.wish {
            Wish::Left(status) => (self.left(Standing::PENDING, status, row), None),
            Wish::Pending => (None, None),
            Wish::Active => self.confirmed(Standing::PENDING, row),
        };
        let standing = standing.unwrap_or(Standing::PENDING);
        let is_confirmed = standing.status == SubscriberStatus::Confirmed;
        let consent = if is_confirmed {
            self.consent(row)
        } else {
            row.proof.record.clone()
        };
        let new = WritableSubscriber {
            email: row.email.clone(),
            name: row.name.clone(),
            standing,
            locale: row.locale.clone(),
            time_zone: row.time_zone.clone(),
            paused_until: row.paused_until,
            arrival: Arrival::default(),
            attributes: row.attributes.clone(),
            consent,
            address_kind: AddressKind::of(&row.email, self.settings),
            token_generation: 1,
        };
        let entry = self
            .entry(id, ConsentAction::Imported)
            .with("status", standing.status.as_str());
        let mut entry = self.proved(entry, row)?;
        if is_confirmed {
            entry = self.vouched(entry, row);
        }
        let profile = Profile {
            row: new,
            topics: row.topics.clone(),
        };
        Ok(((Verdict::Create, remark), Some(profile), vec![entry]))
    }

    fn change(&self, person: &Person, old: &Profile, row: &Incoming) -> anyhow::Result<Change> {
        let standing = old.row.standing;
        if let Wish::Left(status) = row.wish {
            let Some(moved) = self.left(standing, status, row) else {
                return Ok(((Verdict::Unchanged, None), None, Vec::new()));
            };
            let mut new = old.clone();
            new.row.standing = moved;
            let entry = self.proved(self.entry(person.id, action_of(status)), row)?;
            return Ok(((Verdict::Update, None), Some(new), vec![entry]));
        }
        let (mut new, members) = match merged(old, row) {
            Ok(merged) => merged,
            Err(remark) => return Ok(((Verdict::Invalid, Some(remark)), None, Vec::new())),
        };
        let has_left = SuppressionReason::of(standing.status);
        let (moved, remark) = match row.wish {
            Wish::Active => self.confirmed(standing, row),
            _ => (None, None),
        };
        let is_news = !members.is_empty() || moved.is_some_and(|moved| moved != standing);
        let wants_more = has_left.is_some();
        if let Some(reason) = has_left.or(person.suppressed)
            && (is_news || wants_more)
        {
            return Ok((suppressed(Some(reason)), None, Vec::new()));
        }
        if !is_news {
            return Ok(((Verdict::Unchanged, remark), None, Vec::new()));
        }
        if self.request.on_conflict == OnConflict::Skip {
            let remark = if person.before.is_some() {
                let detail = "is on the list already; `on_conflict=update` would change them";
                Remark::new("exists", detail)
            } else {
                let detail = "an earlier row has this address; `on_conflict=update` would change what it said";
                Remark::new("repeated", detail)
            };
            return Ok(((Verdict::Unchanged, Some(remark)), None, Vec::new()));
        }
        let mut entries = Vec::new();
        if !members.is_empty() {
            let entry = self.entry(person.id, ConsentAction::Changed);
            entries.push(entry.with("members", json!(members)));
        }
        if let Some(moved) = moved.filter(|moved| *moved != standing) {
            new.row.standing = moved;
            new.row.consent = self.consent(row);
            let entry = self.entry(person.id, ConsentAction::Confirmed);
            let entry = self.proved(entry, row)?;
            entries.push(self.vouched(entry, row));
        }
        Ok(((Verdict::Update, remark), Some(new), entries))
    }

    /// The standing of somebody who left; `None` where that is no news.
    fn left(
        &self,
        standing: Standing,
        status: SubscriberStatus,
        row: &Incoming,
    ) -> Option<Standing> {
        let at = row.proof.left_at.unwrap_or(self.now).min(self.now);
        let moved = standing.moved_to(Mover::Editor, status, at)?;
        (moved != standing).then_some(moved)
    }

    /// The standing of somebody for whom the request vouches; `None`, perhaps with a reason, where it doesn't.
    fn confirmed(&self, standing: Standing, row: &Incoming) -> (Option<Standing>, Option<Remark>) {
        if self.request.status != FirstStatus::Confirmed
            || standing.status != SubscriberStatus::Pending
        {
            return (None, None);
        }
        let Some(asked_at) = self.asked_at(row) else {
            let detail = "the file does not say when they agreed: they stay pending";
            return (None, Some(Remark::new("no_consent_time", detail)));
        };
        let at = row.proof.confirmed_at.unwrap_or(asked_at).min(self.now);
        (
            standing.moved_to(Mover::Editor, SubscriberStatus::Confirmed, at),
            None,
        )
    }

    fn asked_at(&self, row: &Incoming) -> Option<DateTime<Utc>> {
        match self.request.consent.as_ref()?.asked_at {
            AskedAt::At(instant) => Some(instant),
            AskedAt::FromFile => row.proof.asked_at.or(row.proof.confirmed_at),
        }
    }

    fn consent(&self, row: &Incoming) -> Option<Consent> {
        if let Some(record) = &row.proof.record {
            return Some(record.clone());
        }
        let vouched = self.request.consent.as_ref()?;
        Some(Consent {
            asked_at: self.asked_at(row)?,
            method: ConsentMethod::Import,
            wording: vouched.wording.clone(),
            source_url: None,
            form_id: None,
        })
    }

    fn entry(&self, id: SubscriberId, action: ConsentAction) -> NewEntry {
        let entry = NewEntry::new(id, action, ConsentSource::Import)
            .with("import", self.import.to_string());
        match self.actor {
            Some(actor) => entry.by(actor),
            None => entry,
        }
    }

    /// Adds what the file says of when and where.
    fn proved(&self, mut entry: NewEntry, row: &Incoming) -> anyhow::Result<NewEntry> {
        let times = [
            ("asked_at", row.proof.asked_at),
            ("confirmed_at", row.proof.confirmed_at),
            ("left_at", row.proof.left_at),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                entry = entry.with(name, time.to_rfc3339());
            }
        }
        match &row.proof.ip_address {
            Some(address) => {
                let evidence = Evidence::of(self.settings.evidence, address, None)?;
                Ok(entry.proved_by(evidence))
            }
            None => Ok(entry),
        }
    }

    /// Adds what the request vouches for.
    fn vouched(&self, entry: NewEntry, row: &Incoming) -> NewEntry {
        let mut entry = entry.with("method", ConsentMethod::Import.as_str());
        if let Some(asked_at) = self.asked_at(row) {
            entry = entry.with("asked_at", asked_at.to_rfc3339());
        }
        match &self.wording_digest {
            Some(digest) => entry.with("wording_sha256", digest.as_str()),
            None => entry,
        }
    }
}

/// The judgement, what the person is after it where that is new, and what the ledger is told.
type Change = (Judgement, Option<Profile>, Vec<NewEntry>);

fn suppressed(reason: Option<SuppressionReason>) -> Judgement {
    let reason = reason.map_or("", SuppressionReason::as_str);
    let detail =
        "has left the list: only they themselves can come back, by signing up and confirming";
    let remark = Remark::new(
        match reason {
            "erased" => "erased",
            "bounced" => "bounced",
            "complained" => "complained",
            _ => "unsubscribed",
        },
        detail,
    );
    (Verdict::Suppressed, Some(remark))
}

fn action_of(status: SubscriberStatus) -> ConsentAction {
    match status {
        SubscriberStatus::Bounced => ConsentAction::Bounced,
        SubscriberStatus::Complained => ConsentAction::Complained,
        SubscriberStatus::Unsubscribed => ConsentAction::Unsubscribed,
        SubscriberStatus::Pending | SubscriberStatus::Confirmed => ConsentAction::Changed,
    }
}

/// What a row says put over what is there, and which members that changes.
fn merged(old: &Profile, row: &Incoming) -> Result<(Profile, Vec<&'static str>), Remark> {
    let mut new = old.clone();
    let mut members = Vec::new();
    if row.name.is_some() && row.name != old.row.name {
        new.row.name.clone_from(&row.name);
        members.push("name");
    }
    if row.locale.is_some() && row.locale != old.row.locale {
        new.row.locale.clone_from(&row.locale);
        members.push("locale");
    }
    if row.time_zone.is_some() && row.time_zone != old.row.time_zone {
        new.row.time_zone.clone_from(&row.time_zone);
        members.push("time_zone");
    }
    if row.paused_until.is_some() && row.paused_until != old.row.paused_until {
        new.row.paused_until = row.paused_until;
        members.push("paused_until");
    }
    let unknown = row.topics.iter().filter(|tag| !old.topics.contains(tag));
    let unknown: Vec<TagId> = unknown.copied().collect();
    if !unknown.is_empty() && old.topics.len() + unknown.len() <= MOST_TOPICS {
        new.topics.extend(unknown);
        members.push("topics");
    }
    let current = old.row.attributes.members();
    let changes = row.attributes.members().iter();
    let changes: Vec<_> = changes
        .filter(|(name, value)| current.get(*name) != Some(value))
        .collect();
    if !changes.is_empty() {
        let mut all = current.clone();
        all.extend(
            changes
                .into_iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let all = JsonObject::parse(serde_json::Value::Object(all));
        new.row.attributes = all.map_err(|fault| Remark::new(fault.code, fault.detail))?;
        members.push("attributes");
    }
    Ok((new, members))
}

/// How many topics somebody may have, as where they are entered by hand.
const MOST_TOPICS: usize = 50;
