//! What every way to sign up has in common, from a parsed request to a note in the database.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::dto::RequestSubscription;
use super::ledger::Evidence;
use super::model::Arrival;
use super::sign_up::{self, SignUp, Wish};
use super::terms::OptIn;
use super::{own, topics};
use crate::forms::Counter;
use crate::forms::admission::{Admission, Submission};
use crate::forms::subscribing::{self, FormForSubscribing};
use crate::forms::values::{FieldKind, VariantKey};
use crate::platform::Platform;
use crate::platform::config::Subscriptions;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, TagId};

/// Who seems to ask.
pub struct Asker {
    pub client_hash: Vec<u8>,
    pub evidence: Option<Evidence>,
    pub by: Way,
}

/// By which way somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A program of ours or of the site's, which can prove some work.
    Script,
    /// A page that works without scripts.
    Page,
}

/// What is to be counted when a sign-up was committed.
#[derive(Default)]
pub struct Noted(Option<(FormForSubscribing, Option<VariantKey>)>);

impl Noted {
    /// Counts it, for the statistics of its form. Where nobody is asked by mail, it is a confirmation as well.
    pub fn count(self, counter: &Counter, now: DateTime<Utc>) {
        let Some((form, variant)) = self.0 else {
            return;
        };
        subscribing::count_submit(counter, &form, variant.clone(), now);
        if OptIn::of(&form) == OptIn::Single {
            let variant = form.own_variant(variant);
            subscribing::count_confirm(counter, form.id, Some(variant), now);
        }
    }
}

/// Notes a sign-up, unless a program made it up: then all is checked and nothing is done, and nobody can tell. Call it last:
/// it writes into the ledger.
pub async fn accept(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    request: RequestSubscription,
    asker: Asker,
    now: DateTime<Utc>,
) -> Result<Noted, Problem> {
    let form = form_of(conn, &request).await?;
    let submission = Submission {
        form: form.as_ref().map(|form| form.id),
        email_as_typed: &request.email.typed,
        challenge: request.challenge.as_deref(),
        nonce: request.nonce.as_deref(),
        honeypot: request.website.content(),
    };
    let admission = match asker.by {
        Way::Script => subscribing::admit(conn, platform, submission, now).await?,
        Way::Page => subscribing::admit_without_script(conn, platform, submission, now).await?,
    };
    let mut faults = field_faults(form.as_ref(), &request);
    let topics = topics_of(conn, form.as_ref(), &request).await;
    let topics = own::or_noted(topics, &mut faults)?;
    let arrival = arrival_of(conn, form.as_ref(), &request).await;
    let arrival = own::or_noted(arrival, &mut faults)?;
    let (Some(topics), Some(arrival), true) = (topics, arrival, faults.is_empty()) else {
        return Err(Problem::Invalid(faults));
    };
    let noted = form.map(|form| (form, request.variant.clone()));
    let sign_up = SignUp {
        email: request.email.address,
        wish: Wish {
            name: request.name.map(|name| name.as_str().to_owned()),
            topics,
            locale: request.locale,
            time_zone: request.time_zone,
            attributes: request.attributes.unwrap_or_default(),
            arrival,
            source_url: request.source_url,
            client_hash: asker.client_hash,
        },
        evidence: asker.evidence,
    };
    let settings = &platform.config.subscriptions;
    match admission {
        Admission::Real => {
            sign_up::note(conn, sign_up, settings, now).await?;
            Ok(Noted(noted))
        }
        Admission::Bot => {
            pretend(conn, sign_up, settings, now).await?;
            Ok(Noted::default())
        }
    }
}

/// Notes a sign-up and takes it back at once: it costs a program the time that it costs a person.
async fn pretend(
    conn: &mut AsyncPgConnection,
    sign_up: SignUp,
    settings: &Subscriptions,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut noted = Ok(());
    // Within the transaction of the request this is a savepoint, so what was spent before stays spent.
    let taken_back = conn
        .transaction(async |tx| {
            noted = sign_up::note(tx, sign_up, settings, now).await;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
        .await;
    match taken_back {
        Ok(()) | Err(diesel::result::Error::RollbackTransaction) => noted,
        Err(fault) => Err(fault.into()),
    }
}

async fn form_of(
    conn: &mut AsyncPgConnection,
    request: &RequestSubscription,
) -> Result<Option<FormForSubscribing>, Problem> {
    let Some(wanted) = &request.form_id else {
        return Ok(None);
    };
    let form = subscribing::lookup(conn, wanted).await?;
    match form.filter(|form| form.active) {
        Some(form) => Ok(Some(form)),
        None => Err(Problem::invalid(
            "/form_id",
            "unknown_form",
            "there is no such form, or it is not in use",
        )),
    }
}

/// What is lacking of the form's fields, and what was entered in none of them.
fn field_faults(
    form: Option<&FormForSubscribing>,
    request: &RequestSubscription,
) -> Vec<ValueFault> {
    let entered = request.attributes.clone().unwrap_or_default();
    let mut faults = Vec::new();
    match form {
        Some(form) => {
            let needs = |kind| {
                let mut fields = form.fields.iter();
                fields.any(|field| field.kind == kind && field.required)
            };
            let has_topics = request
                .topics
                .as_ref()
                .is_some_and(|list| !list.0.is_empty());
            if needs(FieldKind::Name) && request.name.is_none() {
                faults.push(ValueFault::at("/name", Fault::required()));
            }
            if needs(FieldKind::Topics) && !has_topics {
                faults.push(ValueFault::at("/topics", Fault::required()));
            }
            faults.extend(form.check_attributes(&entered));
        }
        None if entered.members().is_empty() => {}
        None => {
            let detail = "only what the fields of a form are for is kept; name the form";
            let fault = Fault::new("unknown_field", detail);
            faults.push(ValueFault::at("/attributes", fault));
        }
    }
    faults
}

/// By which form somebody came, and what of it they saw: words that it has or had, in a variant that it has or had then.
async fn arrival_of(
    conn: &mut AsyncPgConnection,
    form: Option<&FormForSubscribing>,
    request: &RequestSubscription,
) -> Result<Arrival, Problem> {
    let Some(form) = form else {
        return Ok(Arrival::default());
    };
    let mut faults = Vec::new();
    let seen = request.wording_version.map(|seen| seen.get());
    let seen = seen.map_or(Ok(form.wording_version), i32::try_from);
    let seen = seen.ok().filter(|seen| *seen <= form.wording_version);
    if seen.is_none() {
        let fault = Fault::new("unknown_wording", "the form never had such a version");
        faults.push(ValueFault::at("/wording_version", fault));
    }
    let variant = request.variant.clone().unwrap_or_default();
    let mut is_known = form.has_variant(&variant);
    if let Some(seen) = seen.filter(|seen| !is_known && *seen < form.wording_version) {
        let then = subscribing::wording(conn, form.id, seen).await?;
        is_known = then.is_some_and(|then| then.variants.get(&variant).is_some());
    }
    if !is_known {
        let fault = Fault::new("unknown_variant", "the form has no such variant");
        faults.push(ValueFault::at("/variant", fault));
    }
    if !faults.is_empty() {
        return Err(Problem::Invalid(faults));
    }
    Ok(Arrival {
        form_id: Some(form.id),
        wording_version: seen,
        variant: Some(variant.as_str().to_owned()),
    })
}

/// What was chosen of what the form has, and what comes with a form that leaves no choice.
async fn topics_of(
    conn: &mut AsyncPgConnection,
    form: Option<&FormForSubscribing>,
    request: &RequestSubscription,
) -> Result<Vec<TagId>, Problem> {
    let mut topics = match (&request.topics, form) {
        (Some(chosen), Some(form)) => topics::resolve_among(conn, chosen, &form.topics).await?,
        (Some(chosen), None) => topics::resolve(conn, chosen).await?,
        (None, _) => Vec::new(),
    };
    if let Some(form) = form.filter(|form| !form.offers_topics()) {
        let own = form.topics.iter().map(|tag| tag.id);
        let more: Vec<TagId> = own.filter(|tag| !topics.contains(tag)).collect();
        topics.extend(more);
    }
    Ok(topics)
}
