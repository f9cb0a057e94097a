use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::platform::config::ConsentEvidence;
use crate::platform::token::random_bytes;
use crate::schema::consent_ledger;
use crate::types::{FormId, SubscriberId, UserId, closed_set};

closed_set! {
    /// What happened to somebody's consent.
    pub enum ConsentAction {
        /// They, or somebody with their address, asked to be subscribed.
        Asked = "asked",
        /// They were sent the mail that asks whether it was them.
        Mailed = "mailed",
        /// They said yes.
        Confirmed = "confirmed",
        /// What they get has changed: `details` names the members.
        Changed = "changed",
        /// They said no.
        Unsubscribed = "unsubscribed",
        /// They came with an import.
        Imported = "imported",
        /// They, or an editor for them, had everything erased.
        Erased = "erased",
        /// Their mailbox takes no mail.
        Bounced = "bounced",
        /// They told their provider that our mail is unwanted.
        Complained = "complained",
    }
}

closed_set! {
    /// By which way it happened.
    pub enum ConsentSource {
        Form = "form",
        Api = "api",
        Editor = "editor",
        Import = "import",
        /// The holder of a mailed link.
        Person = "person",
        System = "system",
    }
}

/// The form that somebody saw, and which of its wordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worded {
    pub form: FormId,
    pub version: Option<i32>,
}

/// What a client showed of itself, as far as the settings ask for it, with a salt so that its digest can't be guessed.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence(pub(super) Value);

impl Evidence {
    /// Keeps of a client what the settings ask for; `None` when that is nothing.
    pub fn of(
        setting: ConsentEvidence,
        address: &str,
        agent: Option<&str>,
    ) -> anyhow::Result<Option<Self>> {
        let agent = match setting {
            ConsentEvidence::None => return Ok(None),
            ConsentEvidence::Address => None,
            // Long enough for any honest one.
            ConsentEvidence::AddressAndAgent => {
                agent.map(|agent| agent.chars().take(300).collect::<String>())
            }
        };
        let salt: String = random_bytes::<16>()?
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut evidence = json!({ "salt": salt, "address": address });
        if let Some(agent) = agent {
            evidence["agent"] = Value::String(agent);
        }
        Ok(Some(Self(evidence)))
    }
}

/// An entry that is to be written.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub subscriber: SubscriberId,
    pub action: ConsentAction,
    pub source: ConsentSource,
    /// The editor who did it.
    pub actor: Option<UserId>,
    pub form: Option<Worded>,
    /// Whatever else proves something. Never an address or a name: it can't be erased.
    pub details: Map<String, Value>,
    pub evidence: Option<Evidence>,
}

impl NewEntry {
    /// An entry without more about it.
    pub fn new(subscriber: SubscriberId, action: ConsentAction, source: ConsentSource) -> Self {
        Self {
            subscriber,
            action,
            source,
            actor: None,
            form: None,
            details: Map::new(),
            evidence: None,
        }
    }

    /// The same, with the editor who did it.
    pub fn by(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// The same, with the form that was seen.
    pub fn in_form(mut self, form: Option<Worded>) -> Self {
        self.form = form;
        self
    }

    /// The same, with one more detail.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with what the client showed.
    pub fn proved_by(mut self, evidence: Option<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }
}

/// An entry as it is stored. Words are kept as they are read: one that was tampered with must not stop the verification.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = consent_ledger)]
pub struct EntryRow {
    pub number: i64,
    pub subscriber_id: SubscriberId,
    pub at: DateTime<Utc>,
    pub action: String,
    pub source: String,
    pub actor_id: Option<Uuid>,
    pub form_id: Option<FormId>,
    pub wording_version: Option<i32>,
    pub details: Value,
    pub private: Option<Value>,
    pub private_digest: Option<Vec<u8>>,
    pub hash: Vec<u8>,
}
