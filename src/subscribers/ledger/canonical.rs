//! The one way to write an entry as bytes, and the hash that covers it and the one before. It never changes: every
//! ledger there is was made with it.

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::entry::{EntryRow, NewEntry};
use crate::platform::token::sha256;
use crate::types::UserId;

/// What stands before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// The rows of new entries behind an entry with this number and hash.
pub fn chained(
    last_number: i64,
    last_hash: &[u8],
    at: DateTime<Utc>,
    entries: &[NewEntry],
) -> Vec<EntryRow> {
    let mut previous = last_hash.to_vec();
    let numbered = (last_number + 1..).zip(entries);
    numbered
        .map(|(number, entry)| {
            let mut row = row(number, at, entry);
            row.hash = hash_after(&previous, &row);
            previous.clone_from(&row.hash);
            row
        })
        .collect()
}

fn row(number: i64, at: DateTime<Utc>, entry: &NewEntry) -> EntryRow {
    let private = entry.evidence.as_ref().map(|evidence| evidence.0.clone());
    EntryRow {
        number,
        subscriber_id: entry.subscriber,
        at,
        action: entry.action.as_str().to_owned(),
        source: entry.source.as_str().to_owned(),
        actor_id: entry.actor.map(UserId::as_uuid),
        form_id: entry.form.map(|form| form.form),
        wording_version: entry.form.and_then(|form| form.version),
        details: Value::Object(entry.details.clone()),
        private_digest: private.as_ref().map(digest_of),
        private,
        hash: Vec::new(),
    }
}

/// The hash of an entry that follows one with the hash `previous`.
pub fn hash_after(previous: &[u8], row: &EntryRow) -> Vec<u8> {
    let mut sum = Sum(Context::new(&SHA256));
    sum.part(previous);
    sum.part(&row.number.to_be_bytes());
    sum.part(row.subscriber_id.as_uuid().as_bytes());
    sum.part(&row.at.timestamp_micros().to_be_bytes());
    sum.part(row.action.as_bytes());
    sum.part(row.source.as_bytes());
    sum.perhaps(row.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
    let form = row.form_id.map(|form| form.as_uuid());
    sum.perhaps(form.as_ref().map(|id| id.as_bytes().as_slice()));
    let version = row.wording_version.map(i32::to_be_bytes);
    sum.perhaps(version.as_ref().map(<[u8; 4]>::as_slice));
    sum.part(canonical(&row.details).as_bytes());
    sum.perhaps(row.private_digest.as_deref());
    sum.0.finish().as_ref().to_vec()
}

/// The digest that the chain covers in the place of what may be erased.
pub fn digest_of(private: &Value) -> Vec<u8> {
    sha256(canonical(private).as_bytes())
}

/// Adds parts with their lengths, so that no two entries give the same bytes.
struct Sum(Context);

impl Sum {
    fn part(&mut self, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_be_bytes());
        self.0.update(bytes);
    }

    fn perhaps(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                self.0.update(&[1]);
                self.part(bytes);
            }
            None => self.0.update(&[0]),
        }
    }
}

/// JSON in one form, whatever way it was stored: members sorted, no white space, whole numbers without a point.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            out.push_str(&float.map_or_else(|| number.to_string(), |float| float.to_string()));
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::entry::{ConsentAction, ConsentSource};
    use super::*;
    use crate::types::SubscriberId;

    fn entry() -> NewEntry {
        let subscriber = SubscriberId::from(uuid::Uuid::nil());
        NewEntry::new(subscriber, ConsentAction::Asked, ConsentSource::Form)
            .with("topics", json!(["a"]))
    }

    fn instant() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn json_has_one_form() {
        let one: Value = serde_json::from_str(r#"{"b": 1.0, "a": [true, null, "é\n"]}"#).unwrap();
        assert_eq!(canonical(&one), r#"{"a":[true,null,"é\n"],"b":1}"#);
    }

    #[test]
    fn the_form_of_entries_never_changes() {
        let rows = chained(0, &GENESIS, instant(), &[entry(), entry()]);
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(rows[1].number, 2);
        assert_ne!(rows[0].hash, rows[1].hash);
        assert_eq!(
            hex(&rows[0].hash),
            "43ef70a393f164b7f1922c8d987d5a5c2898ca43e7a23adcde4a3aa97f675244"
        );
    }

    #[test]
    fn every_member_is_covered() {
        let row = chained(0, &GENESIS, instant(), &[entry()]).remove(0);
        let changed: [fn(&mut EntryRow); 9] = [
            |row| row.number += 1,
            |row| row.subscriber_id = SubscriberId::mint(),
            |row| row.at += chrono::TimeDelta::microseconds(1),
            |row| row.action = "confirmed".to_owned(),
            |row| row.source = "api".to_owned(),
            |row| row.actor_id = Some(uuid::Uuid::nil()),
            |row| row.wording_version = Some(1),
            |row| row.details = json!({ "topics": ["b"] }),
            |row| row.private_digest = Some(vec![0; 32]),
        ];
        for change in changed {
            let mut other = row.clone();
            change(&mut other);
            assert_ne!(hash_after(&GENESIS, &other), row.hash, "{other:?}");
        }
        assert_ne!(hash_after(&[1; 32], &row), row.hash);
    }
}
