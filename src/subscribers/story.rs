//! What the consent ledger is told of an editor's changes.

use serde_json::{Value, json};

use super::consent::Consent;
use super::ledger::{ConsentAction, ConsentSource, NewEntry};
use super::model::{FollowingSubscriber, SubscriberRow};
use super::state::SubscriberStatus;
use crate::platform::token::sha256;
use crate::types::UserId;

/// The entry for somebody whom an editor entered.
pub fn entered(row: &SubscriberRow, actor: UserId) -> NewEntry {
    let entry = |action| NewEntry::new(row.id, action, ConsentSource::Editor).by(actor);
    match (row.standing.status, &row.consent) {
        (SubscriberStatus::Confirmed, Some(consent)) => {
            vouched(entry(ConsentAction::Confirmed), consent)
        }
        (status, _) => entry(ConsentAction::Changed).with("entered_as", status.as_str()),
    }
}

/// The entries for what an editor changed: the status has one of its own, all other members share one that names them.
pub fn changed(
    old: &FollowingSubscriber,
    new: &FollowingSubscriber,
    actor: UserId,
) -> Vec<NewEntry> {
    let entry = |action| NewEntry::new(new.row.id, action, ConsentSource::Editor).by(actor);
    let mut entries = Vec::new();
    let members = changed_members(old, new);
    if !members.is_empty() {
        entries.push(entry(ConsentAction::Changed).with("members", json!(members)));
    }
    let status = new.row.standing.status;
    if status != old.row.standing.status {
        let moved = entry(action_of(status));
        entries.push(match &new.row.consent {
            Some(consent) if status == SubscriberStatus::Confirmed => vouched(moved, consent),
            _ => moved,
        });
    }
    entries
}

/// What it is called to come to a status.
fn action_of(status: SubscriberStatus) -> ConsentAction {
    match status {
        // Nobody comes back to it.
        SubscriberStatus::Pending => ConsentAction::Changed,
        SubscriberStatus::Confirmed => ConsentAction::Confirmed,
        SubscriberStatus::Unsubscribed => ConsentAction::Unsubscribed,
        SubscriberStatus::Bounced => ConsentAction::Bounced,
        SubscriberStatus::Complained => ConsentAction::Complained,
    }
}

/// The names of the members that differ, without their values: those can be erased, this can't.
pub fn changed_members(old: &FollowingSubscriber, new: &FollowingSubscriber) -> Vec<&'static str> {
    let ids = |subscriber: &FollowingSubscriber| {
        let topics = subscriber.topics.iter();
        topics.map(|tag| tag.id).collect::<Vec<_>>()
    };
    let (before, after) = (&old.row, &new.row);
    [
        ("email", before.email != after.email),
        ("name", before.name != after.name),
        ("topics", ids(old) != ids(new)),
        ("locale", before.locale != after.locale),
        ("time_zone", before.time_zone != after.time_zone),
        ("paused_until", before.paused_until != after.paused_until),
        ("attributes", before.attributes != after.attributes),
        ("consent", before.consent != after.consent),
    ]
    .into_iter()
    .filter_map(|(member, differs)| differs.then_some(member))
    .collect()
}

/// Adds how somebody agreed. The words themselves go with the subscriber; their digest proves them until then.
fn vouched(entry: NewEntry, consent: &Consent) -> NewEntry {
    let wording = consent.wording.as_ref().map(|text| {
        let digest = sha256(text.as_str().as_bytes());
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    });
    let entry = entry
        .with("method", consent.method.as_str())
        .with("asked_at", consent.asked_at.to_rfc3339());
    match wording {
        Some(digest) => entry.with("wording_sha256", Value::String(digest)),
        None => entry,
    }
}
