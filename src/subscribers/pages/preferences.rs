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
use crate::subscribers::model::{FollowingSubscriber, WritableSubscriber};
use crate::subscribers::own::Changes;
use crate::subscribers::state::SubscriberStatus;
use crate::subscribers::terms;
use crate::subscribers::words::Language;
use crate::types::{Line, Locale, Parse, TagId, TimeZone};

/// What is wrong with the fields: the names of the words that say so.
pub type Faults = BTreeMap<&'static str, &'static str>;

/// How far ahead somebody may pause.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(366 * 5);

/// What the form of a page asks for.
pub fn changes(
    old: &FollowingSubscriber,
    action: &str,
    form: &Form,
    now: DateTime<Utc>,
) -> Result<Changes, Faults> {
    let mut written = WritableSubscriber::from(&old.row);
    match action {
        "pause" => {
            let until = form.one("paused_until").and_then(|day| midnight(day, now));
            let fault = || Faults::from([("paused_until", "wrong_date")]);
            written.paused_until = Some(until.ok_or_else(fault)?);
            return Ok(Changes {
                written,
                topics: None,
            });
        }
        "resume" => {
            written.paused_until = None;
            return Ok(Changes {
                written,
                topics: None,
            });
        }
        _ => {}
    }
    let name = form.one("name").map(Line::<200>::parse).transpose();
    let name = name.map_err(|_| Faults::from([("name", "wrong_field")]))?;
    written.name = name.map(|name| name.as_str().to_owned());
    // What a select sends is one of its options; anything else is nobody's choice.
    written.locale = form.one("locale").and_then(|text| Locale::parse(text).ok());
    let zone = form.one("time_zone");
    written.time_zone = zone.and_then(|text| TimeZone::parse(text).ok());
    let mut topics: Vec<TagId> = Vec::new();
    for topic in form
        .all("topics")
        .filter_map(|text| TagId::parse(text).ok())
    {
        if !topics.contains(&topic) && topics.len() < 50 {
            topics.push(topic);
        }
    }
    Ok(Changes {
        written,
        topics: Some(topics),
    })
}

/// The beginning of a day to come.
fn midnight(day: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    let until = day.and_time(NaiveTime::MIN).and_utc();
    (until > now && until < now + LONGEST_PAUSE).then_some(until)
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

/// What they follow, and what else the form by which they came has to offer.
async fn topics(
    conn: &mut AsyncPgConnection,
    subscriber: &FollowingSubscriber,
) -> Result<Vec<Value>, Problem> {
    let followed = subscriber.topics.iter().map(|tag| (tag, true));
    let offered = terms::topics(conn, subscriber.row.arrival.form_id).await?;
    let is_new = |id: TagId| subscriber.topics.iter().all(|topic| topic.id != id);
    let others = offered.iter().filter(|tag| is_new(tag.id));
    let others = others.map(|tag| (tag, false));
    Ok(followed
        .chain(others)
        .map(|(tag, follows)| json!({ "id": tag.id, "name": tag.name, "follows": follows }))
        .collect())
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
