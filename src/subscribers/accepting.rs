//! What every way to sign up has in common, from a parsed request to a note in the database.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::dto::RequestSubscription;
use super::handlers::resolve_topics;
use super::ledger::Evidence;
use super::model::Arrival;
use super::sign_up::{self, SignUp, Wish};
use super::terms::OptIn;
use crate::forms::Counter;
use crate::forms::admission::{Admission, Submission};
use crate::forms::subscribing::{self, FormForSubscribing};
use crate::forms::values::{FieldKind, VariantKey};
use crate::platform::Platform;
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

/// Notes a sign-up, unless a program made it up: then nothing is done, and nobody can tell. Call it last: it writes into the
/// ledger.
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
    check_fields(form.as_ref(), &request)?;
    let topics = topics_of(conn, form.as_ref(), &request).await?;
    if admission == Admission::Bot {
        return Ok(Noted::default());
    }
    let noted = form.clone().map(|form| (form, request.variant.clone()));
    let sign_up = SignUp {
        email: request.email.address,
        wish: Wish {
            name: request.name.map(|name| name.as_str().to_owned()),
            topics,
            locale: request.locale,
            time_zone: request.time_zone,
            attributes: request.attributes.unwrap_or_default(),
            arrival: form.map_or_else(Arrival::default, |form| {
                let seen = request.wording_version.map(|seen| seen.get());
                let seen = seen.and_then(|seen| i32::try_from(seen).ok());
                Arrival {
                    form_id: Some(form.id),
                    // Nobody has seen what is not written yet.
                    wording_version: Some(
                        seen.unwrap_or(form.wording_version)
                            .min(form.wording_version),
                    ),
                    variant: Some(form.own_variant(request.variant).as_str().to_owned()),
                }
            }),
            source_url: request.source_url,
            client_hash: asker.client_hash,
        },
        evidence: asker.evidence,
    };
    sign_up::note(conn, sign_up, &platform.config.subscriptions, now).await?;
    Ok(Noted(noted))
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
fn check_fields(
    form: Option<&FormForSubscribing>,
    request: &RequestSubscription,
) -> Result<(), Problem> {
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
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::Invalid(faults))
    }
}

/// What was chosen, and what comes with a form that leaves no choice.
async fn topics_of(
    conn: &mut AsyncPgConnection,
    form: Option<&FormForSubscribing>,
    request: &RequestSubscription,
) -> Result<Vec<TagId>, Problem> {
    let mut topics = match &request.topics {
        Some(topics) => resolve_topics(conn, topics).await?,
        None => Vec::new(),
    };
    if let Some(form) = form.filter(|form| !form.offers_topics()) {
        let own = form.topics.iter().map(|tag| tag.id);
        let more: Vec<TagId> = own.filter(|tag| !topics.contains(tag)).collect();
        topics.extend(more);
    }
    Ok(topics)
}
