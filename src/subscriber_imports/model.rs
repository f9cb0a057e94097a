use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reading::{FileFormat, ImportMediaType, Layout, Place, Role};
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::{subscriber_import_rows, subscriber_imports};
use crate::subscribers::FirstStatus;
use crate::types::{ImportId, Prose, SubscriberId, UserId, closed_set, stored_as_json};

closed_set! {
    /// How far an import has come.
    pub enum ImportState {
        /// The file is still on its way.
        Receiving = "receiving",
        /// It waits for its turn.
        Queued = "queued",
        Running = "running",
        Finished = "finished",
        /// It was given up; what was done by then stays, and can be taken back.
        Failed = "failed",
        Reverting = "reverting",
        Reverted = "reverted",
    }
}

closed_set! {
    /// Whether an import writes.
    pub enum Mode {
        Write = "write",
        DryRun = "dry_run",
    }
}

closed_set! {
    /// What becomes of a row.
    pub enum Verdict {
        /// Its person comes onto the list.
        Create = "create",
        /// Its person is there, and changes.
        Update = "update",
        /// Its person is there, and nothing is new.
        Unchanged = "unchanged",
        /// Its person has left, and stays so.
        Suppressed = "suppressed",
        /// It can't be taken: `remarks` say why.
        Invalid = "invalid",
    }
}

closed_set! {
    /// What became of a row that was to be taken back.
    pub enum Undone {
        /// Its person is gone from the list.
        Removed = "removed",
        /// Its person is as before, but for having left.
        Restored = "restored",
        /// Its person has changed since, and stays so.
        Kept = "kept",
    }
}

closed_set! {
    /// What to do about rows whose address is on the list.
    pub enum OnConflict {
        /// Leave their people as they are, unless the row says that they left.
        Skip = "skip",
        /// Put what the row says over what is there, and add topics and attributes.
        Update = "update",
    }
}

/// When people agreed whom an import makes `confirmed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedAt {
    /// When the file says, for each.
    FromFile,
    At(DateTime<Utc>),
}

/// What an editor vouches for who imports people as `confirmed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    pub asked_at: AskedAt,
    pub wording: Option<Prose<2000>>,
}

const FROM_FILE: &str = "from_file";

impl Serialize for AskedAt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::FromFile => serializer.serialize_str(FROM_FILE),
            Self::At(instant) => instant.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AskedAt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == FROM_FILE {
            return Ok(Self::FromFile);
        }
        let instant = crate::types::Parse::parse(&text);
        instant
            .map(Self::At)
            .map_err(|fault: crate::types::Fault| serde::de::Error::custom(fault.detail))
    }
}

/// What was asked for.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Request {
    pub media_type: ImportMediaType,
    pub format: Option<FileFormat>,
    pub status: FirstStatus,
    pub consent: Option<Vouched>,
    pub on_conflict: OnConflict,
    pub columns: BTreeMap<String, Role>,
}
stored_as_json!(Request);

/// How many rows came to which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscriber_imports)]
pub struct Tally {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub suppressed: i64,
    pub invalid: i64,
}

impl Tally {
    /// Counts a row.
    pub fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Create => &mut self.created,
            Verdict::Update => &mut self.updated,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Suppressed => &mut self.suppressed,
            Verdict::Invalid => &mut self.invalid,
        } += 1;
    }
}

/// How many rows were taken back, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscriber_imports)]
pub struct Undoing {
    pub removed: i64,
    pub restored: i64,
    pub kept: i64,
}

/// An import as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = subscriber_imports)]
pub struct ImportRow {
    pub id: ImportId,
    pub state: ImportState,
    pub mode: Mode,
    pub request: Request,
    pub layout: Option<Layout>,
    pub size_bytes: i64,
    pub bytes_read: i64,
    pub lines_read: i64,
    pub rows_read: i64,
    #[diesel(embed)]
    pub tally: Tally,
    pub remarks: Value,
    pub revert_before: Option<i64>,
    #[diesel(embed)]
    pub undoing: Undoing,
    pub failure: Option<String>,
    pub created_by: Option<uuid::Uuid>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub reverted_at: Option<DateTime<Utc>>,
}

impl ImportRow {
    /// Who asked for it; `None` for the command line.
    pub fn actor(&self) -> Option<UserId> {
        self.created_by.map(UserId::from)
    }

    /// Where it goes on.
    pub fn place(&self) -> Place {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Place {
            bytes: number(self.bytes_read),
            lines: number(self.lines_read),
            rows: number(self.rows_read),
        }
    }
}

/// What became of a row, as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = subscriber_import_rows)]
pub struct OutcomeRow {
    pub number: i64,
    pub line: i64,
    pub verdict: Verdict,
    pub subscriber_id: Option<SubscriberId>,
    pub remarks: Option<Value>,
    pub prior: Option<Prior>,
    pub version: Option<i64>,
    pub undone: Option<Undone>,
}

/// What somebody was before an import changed them.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Prior {
    pub version: i64,
    pub status: crate::subscribers::SubscriberStatus,
    /// When they were confirmed, unsubscribed, bounced, complained.
    pub times: [Option<DateTime<Utc>>; 4],
    pub name: Option<String>,
    pub locale: Option<crate::types::Locale>,
    pub time_zone: Option<crate::types::TimeZone>,
    pub paused_until: Option<DateTime<Utc>>,
    pub attributes: crate::types::JsonObject,
    pub consent: Option<crate::subscribers::Consent>,
    pub topics: Vec<crate::types::TagId>,
}
stored_as_json!(Prior);

closed_set! {
    /// What imports can be sorted by.
    pub enum ImportSort {
        CreatedAt = "created_at",
    }
}

impl SortKey for ImportSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::CreatedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "subscriber_imports.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "subscriber-imports";

    fn column(self, direction: Direction) -> SortColumn {
        SortColumn {
            sql: "subscriber_imports.created_at",
            kind: KeyKind::Time,
            direction,
        }
    }
}

impl ImportRow {
    /// The import's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.kind {
            KeyKind::Time => KeyValue::Time(self.created_at),
            _ => KeyValue::Id(self.id.as_uuid()),
        }
    }
}

closed_set! {
    /// What the rows of an import can be sorted by.
    pub enum OutcomeSort {
        Number = "number",
    }
}

impl SortKey for OutcomeSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::Number, Direction::Ascending)];
    const TIE: SortColumn = SortColumn {
        sql: "subscriber_import_rows.number",
        kind: KeyKind::Number,
        direction: Direction::Ascending,
    };
    const LIST: &'static str = "subscriber-import-rows";

    fn column(self, direction: Direction) -> SortColumn {
        SortColumn {
            direction,
            ..Self::TIE
        }
    }
}

impl OutcomeRow {
    /// The row's value in a sort column.
    pub fn key(&self, _: SortColumn) -> KeyValue {
        KeyValue::Number(self.number)
    }
}
