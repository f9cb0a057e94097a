use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::page::Reader;
use crate::platform::Platform;
use crate::rest::Problem;
use crate::rest::form::Form;
use crate::rest::problem::ValueFault;
use crate::subscribers::dto::Topics;
use crate::subscribers::dto::own::UpdateSubscription;
use crate::subscribers::model::FollowingSubscriber;
use crate::subscribers::state::SubscriberStatus;
use crate::subscribers::topics;
use crate::subscribers::words::Language;
use crate::types::{Locale, Parse, Patch, TagId, TimeZone};

/// What is wrong with the fields: the names of the words that say so.
pub type Faults = BTreeMap<&'static str, &'static str>;

/// What the form of a page asks for, as any program would.
pub fn patch(action: &str, form: &Form) -> Result<UpdateSubscription, Faults> {
    let mut faults = Faults::new();
    let nothing = UpdateSubscription {
        name: Patch::Keep,
        topics: Patch::Keep,
        locale: Patch::Keep,
        time_zone: Patch::Keep,
        paused_until: Patch::Keep,
    };
    let patch = match action {
        "pause" => UpdateSubscription {
            paused_until: match form.one("paused_until").and_then(midnight) {
                Some(until) => Patch::Set(until),
                None => {
                    faults.insert("paused_until", "wrong_date");
                    Patch::Keep
                }
            },
            ..nothing
        },
        "resume" => UpdateSubscription {
            paused_until: Patch::Clear,
            ..nothing
        },
        _ => UpdateSubscription {
            name: field(form, "name", &mut faults),
            topics: topics_of(form, &mut faults),
            locale: field(form, "locale", &mut faults),
            time_zone: field(form, "time_zone", &mut faults),
            ..nothing
        },
    };
    if faults.is_empty() {
        Ok(patch)
    } else {
        Err(faults)
    }
}

/// What was put into a field; an empty one takes away what was there.
fn field<T: Parse>(form: &Form, name: &'static str, faults: &mut Faults) -> Patch<T> {
    match form.one(name).map(T::parse) {
        None => Patch::Clear,
        Some(Ok(value)) => Patch::Set(value),
        Some(Err(_)) => {
            faults.insert(name, "wrong_field");
            Patch::Keep
        }
    }
}

fn topics_of(form: &Form, faults: &mut Faults) -> Patch<Topics> {
    let topics: Result<Vec<_>, _> = form.all("topics").map(Parse::parse).collect();
    match topics {
        Ok(topics) if topics.len() <= Topics::MOST => Patch::Set(Topics(topics)),
        Ok(_) | Err(_) => {
            faults.insert("topics", "wrong_field");
            Patch::Keep
        }
    }
}

/// The beginning of a day.
fn midnight(day: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

/// The words for what a program would be told.
pub fn told(faults: &[ValueFault]) -> Faults {
    let pointers = faults.iter().filter_map(|fault| fault.pointer.as_deref());
    let word = |pointer: &str| match pointer.trim_start_matches("#/").split('/').next() {
        Some("paused_until") => ("paused_until", "wrong_date"),
        _ => ("topics", "wrong_field"),
    };
    pointers.map(word).collect()
}

/// The page on which somebody changes their subscription.
pub async fn page(
    platform: &Platform,
    request: &HttpRequest,
    conn: &mut AsyncPgConnection,
    subscriber: &FollowingSubscriber,
    notice: Option<&str>,
    faults: &Faults,
) -> Result<HttpResponse, Problem> {
    let row = &subscriber.row;
    let reader = Reader::of(request, &platform.config, row.locale.as_ref());
    let now = platform.clock.now();
    let paused_until = row.paused_until.filter(|until| *until > now);
    let paused_day = paused_until.map(|until| until.format("%Y-%m-%d").to_string());
    let state = match (row.standing.status, &paused_day) {
        (SubscriberStatus::Confirmed, Some(day)) => {
            reader.word("status_paused").replace("{date}", day)
        }
        (SubscriberStatus::Confirmed, None) => reader.word("status_confirmed"),
        (SubscriberStatus::Pending, _) => reader.word("status_pending"),
        (
            SubscriberStatus::Unsubscribed
            | SubscriberStatus::Bounced
            | SubscriberStatus::Complained,
            _,
        ) => reader.word("status_left"),
    };
    let is_active = matches!(
        row.standing.status,
        SubscriberStatus::Confirmed | SubscriberStatus::Pending
    );
    let said: BTreeMap<_, _> = faults
        .iter()
        .map(|(field, word)| (*field, reader.word(word)))
        .collect();
    let values = json!({
        "email": row.email,
        "state": state,
        "notice": notice.map(|notice| reader.word(notice)),
        "faults": said,
        "name": row.name.as_deref().unwrap_or_default(),
        "topics": topics(conn, subscriber).await?,
        "locales": locales(row.locale.as_ref()),
        "zones": TimeZone::names().collect::<Vec<_>>(),
        "time_zone": row.time_zone,
        "is_active": is_active,
        "paused_until": paused_day,
        "tomorrow": (now + TimeDelta::days(1)).format("%Y-%m-%d").to_string(),
    });
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let title = reader.word("preferences_title");
    reader.page(status, "preferences", &title, values)
}

/// What there is to choose from, and what they follow of it.
async fn topics(
    conn: &mut AsyncPgConnection,
    subscriber: &FollowingSubscriber,
) -> Result<Vec<Value>, Problem> {
    let offered = topics::offered_to(conn, subscriber).await?;
    let follows = |id: TagId| subscriber.topics.iter().any(|topic| topic.id == id);
    let shown = offered
        .iter()
        .map(|tag| json!({ "id": tag.id, "name": tag.name, "follows": follows(tag.id) }));
    Ok(shown.collect())
}

/// The languages to choose from, and the one that they have, whichever that is.
fn locales(current: Option<&Locale>) -> Vec<Value> {
    let current_language = current.and_then(Language::of);
    let mut options: Vec<Value> = Language::ALL
        .iter()
        .map(|(language, name)| {
            let is_chosen = current_language == Some(*language);
            // A region that they have is not lost by saving.
            let value = current
                .filter(|_| is_chosen)
                .map_or(language.as_str(), Locale::as_str);
            json!({ "value": value, "name": name, "is_chosen": is_chosen })
        })
        .collect();
    if let Some(other) = current.filter(|_| current_language.is_none()) {
        options.push(json!({ "value": other, "name": other, "is_chosen": true }));
    }
    options
}
