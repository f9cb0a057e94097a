use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::consent::Consent;
use super::state::{Standing, SubscriberStatus};
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::subscribers;
use crate::tags::TagRow;
use crate::types::{EmailAddress, JsonObject, Locale, SubscriberId, TagId, closed_set};

closed_set! {
    /// How somebody came onto the list.
    pub enum SubscriberSource {
        /// Signed up in a form.
        Form = "form",
        /// Signed up through a program that calls the API.
        Api = "api",
        /// Was entered by an editor.
        Editor = "editor",
        /// Came with an import.
        Import = "import",
    }
}

/// A subscriber as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = subscribers)]
pub struct SubscriberRow {
    pub id: SubscriberId,
    pub email: EmailAddress,
    pub name: Option<String>,
    #[diesel(embed)]
    pub standing: Standing,
    pub locale: Option<Locale>,
    pub source: SubscriberSource,
    pub attributes: JsonObject,
    pub consent: Option<Consent>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Everything of a subscriber that can be written, but for the topics.
#[derive(Debug, Clone, PartialEq, Insertable, AsChangeset)]
#[diesel(table_name = subscribers, treat_none_as_null = true)]
pub struct WritableSubscriber {
    pub email: EmailAddress,
    pub name: Option<String>,
    #[diesel(embed)]
    pub standing: Standing,
    pub locale: Option<Locale>,
    pub attributes: JsonObject,
    pub consent: Option<Consent>,
}

/// A subscriber with the tags they follow, in their order.
#[derive(Debug, Clone)]
pub struct FollowingSubscriber {
    pub row: SubscriberRow,
    pub topics: Vec<TagRow>,
}

/// Which subscribers a list is about. An empty list of words asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct SubscriberFilter {
    /// Part of the address or of the name, in any case.
    pub part: Option<String>,
    /// The same text, where it is a whole address in some spelling.
    pub email: Option<EmailAddress>,
    pub statuses: Vec<SubscriberStatus>,
    pub sources: Vec<SubscriberSource>,
    /// Following any of these tags: none of them, when the list is empty.
    pub topics: Option<Vec<TagId>>,
    pub created_after: Option<DateTime<Utc>>,
    pub created_before: Option<DateTime<Utc>>,
}

closed_set! {
    /// What subscribers can be sorted by.
    pub enum SubscriberSort {
        CreatedAt = "created_at",
        Email = "email",
        UpdatedAt = "updated_at",
    }
}

impl SortKey for SubscriberSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::CreatedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "subscribers.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "subscribers";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::CreatedAt => ("subscribers.created_at", KeyKind::Time),
            Self::Email => ("subscribers.email", KeyKind::Text),
            Self::UpdatedAt => ("subscribers.updated_at", KeyKind::Time),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl FollowingSubscriber {
    /// The subscriber's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "subscribers.created_at" => KeyValue::Time(self.row.created_at),
            "subscribers.email" => KeyValue::Text(self.row.email.as_str().to_owned()),
            "subscribers.updated_at" => KeyValue::Time(self.row.updated_at),
            _ => KeyValue::Id(self.row.id.as_uuid()),
        }
    }
}
