use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::consent::Consent;
use super::state::{Standing, SubscriberStatus};
use crate::platform::config::Subscriptions;
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::subscribers;
use crate::tags::TagRow;
use crate::types::{
    EmailAddress, FormId, JsonObject, Locale, SubscriberId, TagId, TimeZone, closed_set,
};

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
    pub time_zone: Option<TimeZone>,
    pub paused_until: Option<DateTime<Utc>>,
    pub source: SubscriberSource,
    #[diesel(embed)]
    pub arrival: Arrival,
    pub attributes: JsonObject,
    pub consent: Option<Consent>,
    #[diesel(embed)]
    pub address_kind: AddressKind,
    pub token_generation: i32,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The form by which somebody came, the wording it had, and which of its variants they saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = subscribers, treat_none_as_null = true)]
pub struct Arrival {
    pub form_id: Option<FormId>,
    pub wording_version: Option<i32>,
    pub variant: Option<String>,
}

/// What an address tells of whoever is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = subscribers)]
pub struct AddressKind {
    pub is_role_address: bool,
    pub is_disposable_address: bool,
}

impl AddressKind {
    /// The kind of an address.
    pub fn of(email: &EmailAddress, settings: &Subscriptions) -> Self {
        Self {
            is_role_address: ROLES.contains(&email.local_part()),
            is_disposable_address: settings.is_disposable(email.domain()),
        }
    }
}

/// Mailboxes that belong to an office rather than to a person (RFC 2142, and those that are as usual).
const ROLES: [&str; 32] = [
    "abuse",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "contact",
    "editor",
    "enquiries",
    "feedback",
    "ftp",
    "hello",
    "help",
    "hostmaster",
    "info",
    "jobs",
    "mail",
    "mailer-daemon",
    "marketing",
    "news",
    "newsroom",
    "no-reply",
    "noc",
    "noreply",
    "office",
    "postmaster",
    "root",
    "sales",
    "security",
    "support",
    "usenet",
    "webmaster",
    "www",
];

/// Everything of a subscriber that can be written, but for the topics.
#[derive(Debug, Clone, PartialEq, Insertable, AsChangeset)]
#[diesel(table_name = subscribers, treat_none_as_null = true)]
pub struct WritableSubscriber {
    pub email: EmailAddress,
    pub name: Option<String>,
    #[diesel(embed)]
    pub standing: Standing,
    pub locale: Option<Locale>,
    pub time_zone: Option<TimeZone>,
    pub paused_until: Option<DateTime<Utc>>,
    #[diesel(embed)]
    pub arrival: Arrival,
    pub attributes: JsonObject,
    pub consent: Option<Consent>,
    #[diesel(embed)]
    pub address_kind: AddressKind,
    pub token_generation: i32,
}

impl From<&SubscriberRow> for WritableSubscriber {
    /// As it is: what is to change is put over it.
    fn from(row: &SubscriberRow) -> Self {
        Self {
            email: row.email.clone(),
            name: row.name.clone(),
            standing: row.standing,
            locale: row.locale.clone(),
            time_zone: row.time_zone.clone(),
            paused_until: row.paused_until,
            arrival: row.arrival.clone(),
            attributes: row.attributes.clone(),
            consent: row.consent.clone(),
            address_kind: row.address_kind,
            token_generation: row.token_generation,
        }
    }
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
