//! What people ask for in sign-ups. A wish becomes true when whoever has the mailbox confirms it, and until then changes
//! nothing of anybody who is on the list.

mod queries;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

pub use queries::{delete, delete_open, find, grant, insert, list};

use super::consent::{Consent, ConsentMethod, FormKey};
use super::ledger::Worded;
use super::model::{Arrival, SubscriberRow, WritableSubscriber};
use super::state::Standing;
use crate::schema::subscription_wishes;
use crate::types::{FormId, JsonObject, Locale, SubscriberId, TagId, TimeZone, WebAddress, WishId};

/// A wish as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = subscription_wishes)]
pub struct WishRow {
    pub id: WishId,
    pub subscriber_id: SubscriberId,
    pub at: DateTime<Utc>,
    pub name: Option<String>,
    pub topics: Vec<TagId>,
    pub locale: Option<Locale>,
    pub time_zone: Option<TimeZone>,
    pub attributes: JsonObject,
    pub form_id: Option<FormId>,
    pub wording_version: Option<i32>,
    pub variant: Option<String>,
    pub source_url: Option<WebAddress>,
    pub client_hash: Vec<u8>,
    pub granted_at: Option<DateTime<Utc>>,
}

impl WishRow {
    /// The form in which it was made, and its words.
    pub fn worded(&self) -> Option<Worded> {
        let version = self.wording_version;
        self.form_id.map(|form| Worded { form, version })
    }

    /// The record of it that editors see.
    pub fn consent(&self) -> Consent {
        Consent {
            asked_at: self.at,
            method: match self.form_id {
                Some(_) => ConsentMethod::Form,
                None => ConsentMethod::Api,
            },
            wording: None,
            source_url: self.source_url.clone(),
            form_id: self.form_id.map(FormKey::from),
        }
    }

    /// The subscriber after this wish was granted, with a new standing. Who was on the list keeps what they had told; the
    /// wish only completes it, for anybody may have made it. Who comes to the list by it comes as it says.
    pub fn granted_to(&self, old: &SubscriberRow, standing: Standing) -> WritableSubscriber {
        let is_back = old.standing.status != standing.status;
        let mut attributes = old.attributes.clone();
        for (name, value) in self.attributes.members() {
            if is_back || !attributes.members().contains_key(name) {
                attributes.set(name, value.clone());
            }
        }
        let (arrival, consent) = if is_back {
            let arrival = Arrival {
                form_id: self.form_id,
                wording_version: self.wording_version,
                variant: self.variant.clone(),
            };
            (arrival, Some(self.consent()))
        } else {
            (old.arrival.clone(), old.consent.clone())
        };
        WritableSubscriber {
            name: old.name.clone().or_else(|| self.name.clone()),
            standing,
            locale: old.locale.clone().or_else(|| self.locale.clone()),
            time_zone: old.time_zone.clone().or_else(|| self.time_zone.clone()),
            paused_until: old.paused_until.filter(|_| !is_back),
            arrival,
            attributes,
            consent,
            ..WritableSubscriber::from(old)
        }
    }
}
