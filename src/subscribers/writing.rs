//! What a creation, a change or a sign-up makes of a subscriber: pure rules, told the time.

use chrono::{DateTime, SubsecRound, Utc};

use super::consent::{Consent, ConsentMethod};
use super::dto::{CreateSubscriber, RequestSubscription, UpdateSubscriber, consent_needed};
use super::model::{SubscriberRow, SubscriberSource, WritableSubscriber};
use super::state::{Standing, SubscriberStatus};
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, JsonObject, Line, Patch};

/// The subscriber that an editor enters.
pub fn created(
    input: &CreateSubscriber,
    now: DateTime<Utc>,
) -> Result<WritableSubscriber, Problem> {
    Ok(WritableSubscriber {
        email: input.email.clone(),
        name: input.name.as_ref().map(text),
        standing: moved(Standing::PENDING, input.status.into(), now)?,
        locale: input.locale.clone(),
        attributes: input.attributes.clone(),
        consent: input.consent.clone(),
    })
}

/// The subscriber that a sign-up leaves where there was none, and where they came from.
pub fn requested(
    input: &RequestSubscription,
    now: DateTime<Utc>,
) -> (SubscriberSource, WritableSubscriber) {
    let (source, method) = match input.form_id {
        Some(_) => (SubscriberSource::Form, ConsentMethod::Form),
        None => (SubscriberSource::Api, ConsentMethod::Api),
    };
    let consent = Consent {
        // As fine as the database keeps all other times.
        asked_at: now.trunc_subsecs(6),
        method,
        wording: None,
        source_url: None,
        form_id: input.form_id.clone(),
    };
    let subscriber = WritableSubscriber {
        email: input.email.clone(),
        name: input.name.as_ref().map(text),
        standing: Standing::PENDING,
        locale: input.locale.clone(),
        attributes: JsonObject::default(),
        consent: Some(consent),
    };
    (source, subscriber)
}

/// The subscriber after an editor's patch.
pub fn patched(
    old: &SubscriberRow,
    patch: UpdateSubscriber,
    now: DateTime<Utc>,
) -> Result<WritableSubscriber, Problem> {
    let standing = match patch.status {
        None => old.standing,
        Some(status) => moved(old.standing, status, now)?,
    };
    let attributes = match patch.attributes {
        Patch::Keep => old.attributes.clone(),
        Patch::Clear => JsonObject::default(),
        Patch::Set(changes) => old
            .attributes
            .merged(&changes)
            .map_err(|fault| refused("/attributes", fault))?,
    };
    let consent = match patch.consent {
        Patch::Keep => old.consent.clone(),
        Patch::Clear => None,
        Patch::Set(changes) => {
            let consent = changes.over(old.consent.clone());
            Some(consent.map_err(Problem::Invalid)?)
        }
    };
    // Somebody who came without a record, by an import, can be changed in all other ways.
    let is_new_to_it = old.standing.status != SubscriberStatus::Confirmed || old.consent.is_some();
    if standing.status == SubscriberStatus::Confirmed && consent.is_none() && is_new_to_it {
        return Err(refused("/consent", consent_needed()));
    }
    Ok(WritableSubscriber {
        email: patch.email.unwrap_or_else(|| old.email.clone()),
        name: patch.name.map(|name| text(&name)).over(old.name.clone()),
        standing,
        locale: patch.locale.over(old.locale.clone()),
        attributes,
        consent,
    })
}

fn text(line: &Line<200>) -> String {
    line.as_str().to_owned()
}

fn refused(pointer: &str, fault: Fault) -> Problem {
    Problem::Invalid(vec![ValueFault::at(pointer, fault)])
}

fn moved(
    standing: Standing,
    next: SubscriberStatus,
    now: DateTime<Utc>,
) -> Result<Standing, Problem> {
    let detail = match standing.status {
        SubscriberStatus::Unsubscribed => {
            "who has unsubscribed stays so: only they themselves can come back, by signing up again"
        }
        SubscriberStatus::Pending | SubscriberStatus::Confirmed => {
            "a confirmed subscriber can become unsubscribed, and nothing else"
        }
    };
    standing
        .moved_to(next, now)
        .ok_or_else(|| Problem::conflict("illegal_transition", detail))
}
