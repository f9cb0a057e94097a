//! What a creation or a change makes of a subscriber: pure rules, told the time.

use chrono::{DateTime, Utc};

use super::dto::{CreateSubscriber, UpdateSubscriber, consent_needed};
use super::model::{AddressKind, Arrival, SubscriberRow, WritableSubscriber};
use super::state::{Mover, Standing, SubscriberStatus};
use crate::platform::config::Subscriptions;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, JsonObject, Line, Patch};

/// The subscriber that an editor enters.
pub fn created(
    input: &CreateSubscriber,
    settings: &Subscriptions,
    now: DateTime<Utc>,
) -> Result<WritableSubscriber, Problem> {
    Ok(WritableSubscriber {
        email: input.email.clone(),
        name: input.name.as_ref().map(text),
        standing: moved(Standing::PENDING, input.status.into(), now)?,
        locale: input.locale.clone(),
        time_zone: input.time_zone.clone(),
        paused_until: input.paused_until,
        arrival: Arrival::default(),
        attributes: input.attributes.clone(),
        consent: input.consent.clone(),
        address_kind: AddressKind::of(&input.email, settings),
        token_generation: 1,
    })
}

/// The subscriber after an editor's patch.
pub fn patched(
    old: &SubscriberRow,
    patch: UpdateSubscriber,
    settings: &Subscriptions,
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
    let email = patch.email.unwrap_or_else(|| old.email.clone());
    let is_elsewhere = email != old.email;
    Ok(WritableSubscriber {
        name: patch.name.map(|name| text(&name)).over(old.name.clone()),
        standing,
        locale: patch.locale.over(old.locale.clone()),
        time_zone: patch.time_zone.over(old.time_zone.clone()),
        paused_until: patch.paused_until.over(old.paused_until),
        arrival: old.arrival.clone(),
        attributes,
        consent,
        address_kind: AddressKind::of(&email, settings),
        // Links that were mailed to the old address are not for whoever reads the new one.
        token_generation: old.token_generation + i32::from(is_elsewhere),
        email,
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
        SubscriberStatus::Pending | SubscriberStatus::Confirmed => {
            "a subscriber can't be made to wait for a confirmation again"
        }
        SubscriberStatus::Unsubscribed
        | SubscriberStatus::Bounced
        | SubscriberStatus::Complained => {
            "who gets no mail any more stays so: only they themselves can come back, by signing up again"
        }
    };
    standing
        .moved_to(Mover::Editor, next, now)
        .ok_or_else(|| Problem::conflict("illegal_transition", detail))
}
