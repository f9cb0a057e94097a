//! A row while it is read: each cell adds to it, and in the end it is taken or refused as a whole.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::columns::Role;
use super::layout::FileFormat;
use super::row::{Incoming, Proof, Remark, Topics, Wish};
use super::{Extent, csv, times};
use crate::subscribers::{Consent, SubscriberStatus};
use crate::types::{EmailAddress, Fault, JsonObject, Line, Locale, Parse, TagId, TimeZone};

/// A row as far as it has been read.
pub struct Draft<'a> {
    topics_known: &'a Topics,
    now: DateTime<Utc>,
    /// Whether an export of ours wrote it.
    is_ours: bool,
    email: Option<EmailAddress>,
    names: [Option<String>; 3],
    status: Option<Wish>,
    is_disabled: bool,
    /// When they unsubscribed, bounced, complained.
    left: [Option<DateTime<Utc>>; 3],
    has_left: [bool; 3],
    locale: Option<Locale>,
    time_zone: Option<TimeZone>,
    paused_until: Option<DateTime<Utc>>,
    topics: Vec<TagId>,
    unknown_topics: Vec<Value>,
    attributes: Map<String, Value>,
    proof: Proof,
    record: Map<String, Value>,
    faults: Vec<Remark>,
    remarks: Vec<Remark>,
}

impl<'a> Draft<'a> {
    /// Nothing of it yet.
    pub fn empty(topics_known: &'a Topics, format: FileFormat, now: DateTime<Utc>) -> Self {
        Self {
            topics_known,
            now,
            is_ours: format == FileFormat::Masthead,
            email: None,
            names: [None, None, None],
            status: None,
            is_disabled: false,
            left: [None; 3],
            has_left: [false; 3],
            locale: None,
            time_zone: None,
            paused_until: None,
            topics: Vec::new(),
            unknown_topics: Vec::new(),
            attributes: Map::new(),
            proof: Proof::default(),
            record: Map::new(),
            faults: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Takes a cell of a table.
    pub fn put_cell(&mut self, column: &str, role: &Role, text: &str) {
        let text = if self.is_ours { defanged(text) } else { text };
        self.put_text(column, role, text);
    }

    fn put_text(&mut self, column: &str, role: &Role, text: &str) {
        // Postgres holds no NUL.
        let text = text.replace('\0', "");
        let text = text.trim();
        if text.is_empty() && *role != Role::Email {
            return;
        }
        match role {
            Role::Attribute(name) => {
                self.attributes.insert(name.clone(), Value::from(text));
            }
            Role::Attributes => match serde_json::from_str(text) {
                Ok(Value::Object(members)) => self.attributes.extend(members),
                _ => self.refuse(column, Fault::new("invalid_json", "must be a JSON object")),
            },
            Role::Topics => {
                let names = csv::record(text.as_bytes(), b',', Extent::All);
                let names = names.map(|names| names.fields).unwrap_or_default();
                for name in names {
                    self.put_topic(column, &String::from_utf8_lossy(&name));
                }
            }
            role => self.put(column, role, text),
        }
    }

    /// Takes a member of an object.
    pub fn put_value(&mut self, column: &str, role: &Role, value: Value) {
        match (role, value) {
            (_, Value::Null) => {}
            (Role::Attribute(name), value) => {
                self.attributes.insert(name.clone(), value);
            }
            (Role::Attributes, Value::Object(members)) => self.attributes.extend(members),
            (Role::Topics, Value::Array(items)) => {
                for item in items {
                    let name = item.get("slug").or(item.get("name")).unwrap_or(&item);
                    self.put_topic(column, name.as_str().unwrap_or_default());
                }
            }
            // The records of our own exports.
            (Role::Ignored, Value::Object(members)) if column == "consent" && self.is_ours => {
                self.record = members;
            }
            (role, Value::String(text)) => self.put_text(column, role, &text),
            (Role::Ignored, _) => {}
            (role, value @ (Value::Bool(_) | Value::Number(_))) => {
                self.put_text(column, role, &value.to_string())
            }
            (_, Value::Array(_) | Value::Object(_)) => {
                self.refuse(column, Fault::new("wrong_type", "must be text"));
            }
        }
    }

    fn put(&mut self, column: &str, role: &Role, text: &str) {
        match role {
            Role::Email => match EmailAddress::parse(text) {
                Ok(email) => self.email = Some(email),
                Err(fault) => self.refuse(column, fault),
            },
            Role::Name => self.names[0] = self.line(column, text),
            Role::FirstName => self.names[1] = self.line(column, text),
            Role::LastName => self.names[2] = self.line(column, text),
            Role::Status => match wish(text) {
                Some(wish) => self.status = Some(wish),
                None => {
                    let detail = "is none of: pending confirmed active subscribed unsubscribed bounced complained …";
                    self.refuse(column, Fault::new("unknown_status", detail));
                }
            },
            Role::Disabled => {
                self.is_disabled = ["true", "1", "yes"].contains(&text.to_lowercase().as_str())
            }
            Role::Locale => self.locale = self.perhaps(column, Parse::parse(text)),
            Role::TimeZone => self.time_zone = self.perhaps(column, Parse::parse(text)),
            Role::PausedUntil => self.paused_until = self.instant(column, text),
            Role::AskedAt => self.proof.asked_at = self.past(column, text),
            Role::ConfirmedAt => self.proof.confirmed_at = self.past(column, text),
            Role::UnsubscribedAt => self.put_left(0, column, text),
            Role::BouncedAt => self.put_left(1, column, text),
            Role::ComplainedAt => self.put_left(2, column, text),
            Role::IpAddress => {
                let address = text.parse::<std::net::IpAddr>().ok();
                self.proof.ip_address = address.map(|address| address.to_string());
            }
            Role::ConsentMethod => self.put_record("method", text),
            Role::ConsentWording => self.put_record("wording", text),
            Role::ConsentSourceUrl => self.put_record("source_url", text),
            Role::ConsentFormId => self.put_record("form_id", text),
            Role::Topics | Role::Attributes | Role::Attribute(_) | Role::Ignored => {}
        }
    }

    fn put_record(&mut self, member: &str, text: &str) {
        self.record.insert(member.to_owned(), Value::from(text));
    }

    fn put_left(&mut self, which: usize, column: &str, text: &str) {
        self.has_left[which] = true;
        self.left[which] = self.past(column, text);
    }

    fn put_topic(&mut self, column: &str, name: &str) {
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        match self.topics_known.find(name) {
            Some(tag) if self.topics.contains(&tag) => {}
            Some(tag) => self.topics.push(tag),
            None => {
                self.unknown_topics
                    .push(Value::from(name.replace('\0', "")));
                let detail = "there is no such tag; its name is kept in the attribute `tags`";
                self.remark(column, Fault::new("unknown_tag", detail));
            }
        }
    }

    fn line(&mut self, column: &str, text: &str) -> Option<String> {
        let line = Line::<200>::clipped(text)?;
        if line.as_str() != text {
            let detail = "was cut or cleaned until it was one line of at most 200 characters";
            self.remark(column, Fault::new("mended", detail));
        }
        Some(line.as_str().to_owned())
    }

    fn instant(&mut self, column: &str, text: &str) -> Option<DateTime<Utc>> {
        let instant = times::instant(text);
        if instant.is_none() {
            self.remark(
                column,
                Fault::new(
                    "invalid_time",
                    "is no time that can be read, and was left out",
                ),
            );
        }
        instant
    }

    /// When something happened: what is to come is no evidence of anything.
    fn past(&mut self, column: &str, text: &str) -> Option<DateTime<Utc>> {
        let instant = self.instant(column, text)?;
        if instant <= self.now {
            return Some(instant);
        }
        let detail = "is a time to come, and was left out";
        self.remark(column, Fault::new("in_the_future", detail));
        None
    }

    /// A value that can be left out when it is not right.
    fn perhaps<T>(&mut self, column: &str, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_err(|fault| self.remark(column, fault)).ok()
    }

    fn refuse(&mut self, column: &str, fault: Fault) {
        self.faults.push(Remark::on(column, fault));
    }

    fn remark(&mut self, column: &str, fault: Fault) {
        let remark = Remark::on(column, fault);
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// What it says of somebody, or all that is wrong with it.
    pub fn finished(
        mut self,
        number: u64,
        line: u64,
        all_are: Option<SubscriberStatus>,
    ) -> Result<Incoming, Vec<Remark>> {
        let wish = self.wish(all_are);
        if !self.unknown_topics.is_empty() {
            let names = std::mem::take(&mut self.unknown_topics);
            self.attributes
                .insert("tags".to_owned(), Value::Array(names));
        }
        let attributes = JsonObject::parse(Value::Object(std::mem::take(&mut self.attributes)));
        let attributes = attributes
            .and_then(without_nul)
            .map_err(|fault| Remark::on("attributes", fault));
        let attributes = attributes.map_err(|remark| self.faults.push(remark)).ok();
        if self.email.is_none() && self.faults.is_empty() {
            self.faults.push(Remark::new("required", "has no address"));
        }
        self.proof.record = self.consent();
        let (Some(email), Some(attributes), true) =
            (self.email, attributes, self.faults.is_empty())
        else {
            return Err(self.faults);
        };
        let [name, first, last] = self.names;
        let both = || {
            let parts: Vec<String> = first.into_iter().chain(last).collect();
            Line::<200>::clipped(&parts.join(" ")).map(|line| line.as_str().to_owned())
        };
        Ok(Incoming {
            number,
            line,
            email,
            wish,
            name: name.or_else(both),
            locale: self.locale,
            time_zone: self.time_zone,
            paused_until: self.paused_until,
            topics: self.topics,
            attributes,
            proof: self.proof,
            remarks: self.remarks,
        })
    }

    /// What the row wants. Any sign that somebody left outweighs all others.
    fn wish(&mut self, all_are: Option<SubscriberStatus>) -> Wish {
        let states = [
            SubscriberStatus::Unsubscribed,
            SubscriberStatus::Bounced,
            SubscriberStatus::Complained,
        ];
        let by_time = [2, 0, 1].into_iter().find(|which| self.has_left[*which]);
        let left = match self.status {
            Some(Wish::Left(status)) => Some(status),
            _ => by_time.map(|which| states[which]),
        };
        let disabled = self.is_disabled.then_some(SubscriberStatus::Unsubscribed);
        let left = left.or(disabled).or(all_are);
        if let Some(status) = left {
            let at = states.iter().position(|known| *known == status);
            self.proof.left_at = at.and_then(|which| self.left[which]);
            return Wish::Left(status);
        }
        self.status.unwrap_or(Wish::Active)
    }

    /// A record of our own that says enough.
    fn consent(&mut self) -> Option<Consent> {
        if !self.is_ours {
            return None;
        }
        let mut record = std::mem::take(&mut self.record);
        if let Some(asked_at) = self.proof.asked_at {
            record.insert("asked_at".to_owned(), Value::from(asked_at.to_rfc3339()));
        }
        let names = ["asked_at", "method", "wording", "source_url", "form_id"];
        record.retain(|name, _| names.contains(&name.as_str()));
        let consent: Consent = serde_json::from_value(Value::Object(record)).ok()?;
        if consent.asked_at > self.now {
            return None;
        }
        self.proof.asked_at = Some(consent.asked_at);
        Some(consent)
    }
}

/// What a status is called elsewhere.
fn wish(text: &str) -> Option<Wish> {
    Some(match text.to_lowercase().as_str() {
        "confirmed" | "active" | "subscribed" | "enabled" | "true" | "1" | "yes" => Wish::Active,
        "pending" | "unconfirmed" | "validating" => Wish::Pending,
        "unsubscribed" | "inactive" | "disabled" | "blocklisted" | "false" | "0" | "no" => {
            Wish::Left(SubscriberStatus::Unsubscribed)
        }
        "bounced" | "cleaned" | "invalid" | "undeliverable" => {
            Wish::Left(SubscriberStatus::Bounced)
        }
        "complained" | "spam" | "abuse" => Wish::Left(SubscriberStatus::Complained),
        _ => return None,
    })
}

/// Refuses what Postgres can't hold.
fn without_nul(object: JsonObject) -> Result<JsonObject, Fault> {
    fn is_clean(value: &Value) -> bool {
        match value {
            Value::String(text) => !text.contains('\0'),
            Value::Array(items) => items.iter().all(is_clean),
            Value::Object(members) => members
                .iter()
                .all(|(name, value)| !name.contains('\0') && is_clean(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
        }
    }
    let is_clean = object
        .members()
        .iter()
        .all(|(name, value)| !name.contains('\0') && is_clean(value));
    if is_clean {
        Ok(object)
    } else {
        Err(Fault::new("invalid_text", "must be text without NUL"))
    }
}

/// A cell as it was before our export took the teeth out of what a spreadsheet would compute.
fn defanged(text: &str) -> &str {
    let behind = text.trim_start_matches('\'');
    let would_compute = behind.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match text.strip_prefix('\'') {
        Some(rest) if would_compute => rest,
        _ => text,
    }
}
