//! What a row says of somebody: cells turned into values, with remarks on what was left out.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::columns::Role;
use super::draft::Draft;
use super::layout::Layout;
use super::{Cells, RawRow};
use crate::subscribers::{Consent, SubscriberStatus};
use crate::tags::TagSummary;
use crate::types::{EmailAddress, Fault, JsonObject, Locale, TagId, TimeZone};

/// Something to say about a row: why it is invalid, or what of it was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The column that it is about. What stood in there is told nowhere.
    pub column: Option<String>,
    pub code: &'static str,
    pub detail: String,
}

impl Remark {
    /// A remark on the whole row.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            column: None,
            code,
            detail: detail.into(),
        }
    }

    /// A remark on one of its columns.
    pub fn on(column: &str, fault: Fault) -> Self {
        Self {
            column: Some(column.to_owned()),
            code: fault.code,
            detail: fault.detail.into_owned(),
        }
    }
}

/// What a row wants its person to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// On the list: the request says how far that is believed.
    Active,
    /// On the list, and not confirmed there.
    Pending,
    /// Gone from the list.
    Left(SubscriberStatus),
}

/// What a row says of consent, and when it was given or taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proof {
    pub asked_at: Option<DateTime<Utc>>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
    /// The client's address at the time.
    pub ip_address: Option<String>,
    /// A record of our own, from an export of our own.
    pub record: Option<Consent>,
}

/// A row that can be taken.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub number: u64,
    pub line: u64,
    pub email: EmailAddress,
    pub wish: Wish,
    pub name: Option<String>,
    pub locale: Option<Locale>,
    pub time_zone: Option<TimeZone>,
    pub paused_until: Option<DateTime<Utc>>,
    pub topics: Vec<TagId>,
    pub attributes: JsonObject,
    pub proof: Proof,
    pub remarks: Vec<Remark>,
}

/// Tags by all that they may be called.
#[derive(Debug, Default)]
pub struct Topics(HashMap<String, TagId>);

impl Topics {
    /// Of all tags there are. A slug goes before another tag's name.
    pub fn of(tags: &[TagSummary]) -> Self {
        let names = tags.iter().map(|tag| (tag.name.to_lowercase(), tag.id));
        let slugs = tags
            .iter()
            .map(|tag| (tag.slug.as_str().to_owned(), tag.id));
        let ids = tags.iter().map(|tag| (tag.id.to_string(), tag.id));
        Self(names.chain(slugs).chain(ids).collect())
    }

    /// The tag that is called so.
    pub fn find(&self, text: &str) -> Option<TagId> {
        self.0.get(&text.trim().to_lowercase()).copied()
    }
}

/// Turns raw rows into such as can be taken.
pub struct Rower {
    layout: Layout,
    told: BTreeMap<String, Role>,
    topics: Topics,
    /// What members of JSON objects mean, as far as it was asked.
    roles: HashMap<String, Role>,
    /// Nothing was done after it.
    now: DateTime<Utc>,
}

impl Rower {
    /// For a file of this layout.
    pub fn new(
        layout: Layout,
        told: BTreeMap<String, Role>,
        topics: Topics,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            layout,
            told,
            topics,
            roles: HashMap::new(),
            now,
        }
    }

    /// Reads a row, or says all that is wrong with it.
    pub fn row(&mut self, raw: RawRow) -> Result<Incoming, Vec<Remark>> {
        let mut draft = Draft::empty(&self.topics, self.layout.format, self.now);
        match raw.cells.map_err(|remark| vec![remark])? {
            Cells::Texts(texts) => {
                for (column, text) in self.layout.columns.iter().zip(&texts) {
                    draft.put_cell(&column.name, &column.role, text);
                }
            }
            Cells::Members(members) => {
                for (name, value) in members {
                    if !self.roles.contains_key(&name) {
                        let role = self.layout.role_of(&name, &self.told);
                        self.roles.insert(name.clone(), role);
                    }
                    if let Some(role) = self.roles.get(&name) {
                        draft.put_value(&name, role, value);
                    }
                }
            }
        }
        draft.finished(raw.number, raw.line, self.layout.all_are)
    }
}
