use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::values::{FormKey, Settings, Wording};
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::{form_versions, forms};
use crate::tags::TagRow;
use crate::types::{FormId, UserId, closed_set};

/// A form as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = forms)]
pub struct FormRow {
    pub id: FormId,
    pub key: FormKey,
    pub name: String,
    pub active: bool,
    pub settings: Settings,
    pub wording_version: i32,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Everything of a form that can be written, but for the topics.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = forms)]
pub struct WritableForm {
    pub key: FormKey,
    pub name: String,
    pub active: bool,
    pub settings: Settings,
    pub wording_version: i32,
}

/// A form with what it says, and its topics in their order.
#[derive(Debug, Clone)]
pub struct WholeForm {
    pub row: FormRow,
    pub wording: Wording,
    pub topics: Vec<TagRow>,
}

/// One wording of a form.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = form_versions)]
pub struct VersionRow {
    pub form_id: FormId,
    pub number: i32,
    pub wording: Wording,
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

/// Which forms a list is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormFilter {
    pub active: Option<bool>,
}

closed_set! {
    /// What forms can be sorted by.
    pub enum FormSort {
        Name = "name",
        Key = "key",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
    }
}

impl SortKey for FormSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::Name, Direction::Ascending)];
    const TIE: SortColumn = SortColumn {
        sql: "forms.id",
        kind: KeyKind::Id,
        direction: Direction::Ascending,
    };
    const LIST: &'static str = "forms";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::Name => ("forms.name", KeyKind::Text),
            Self::Key => ("forms.key", KeyKind::Text),
            Self::CreatedAt => ("forms.created_at", KeyKind::Time),
            Self::UpdatedAt => ("forms.updated_at", KeyKind::Time),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl WholeForm {
    /// The form's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "forms.name" => KeyValue::Text(self.row.name.clone()),
            "forms.key" => KeyValue::Text(self.row.key.as_str().to_owned()),
            "forms.created_at" => KeyValue::Time(self.row.created_at),
            "forms.updated_at" => KeyValue::Time(self.row.updated_at),
            _ => KeyValue::Id(self.row.id.as_uuid()),
        }
    }
}

closed_set! {
    /// What versions of a form can be sorted by.
    pub enum VersionSort {
        Number = "number",
    }
}

impl SortKey for VersionSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::Number, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "form_versions.form_id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "form_versions";

    fn column(self, direction: Direction) -> SortColumn {
        SortColumn {
            sql: "form_versions.number",
            kind: KeyKind::Number,
            direction,
        }
    }
}

impl VersionRow {
    /// The version's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "form_versions.number" => KeyValue::Number(self.number.into()),
            _ => KeyValue::Id(self.form_id.as_uuid()),
        }
    }
}
