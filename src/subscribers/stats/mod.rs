//! How the list grows and shrinks. Counted by the database, from the list as it is: whoever was erased counts for nothing.

mod queries;

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::SubscriberSource;
use crate::platform::Platform;
use crate::rest::query::{FromQuery, Params};
use crate::rest::reply::Reply;
use crate::rest::{Editor, Problem, Query};
use crate::tags::TagSummary;
use crate::types::{Fault, FormId};
use queries::{Day, Group};

/// How many days may be asked for at once, and how many are when nothing is said.
const MOST_DAYS: i64 = 366;
const USUAL_DAYS: i64 = 30;

/// How the list grows and shrinks.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberStats {
    /// The first day (UTC).
    pub from: NaiveDate,
    /// The last day, which is counted as well.
    pub until: NaiveDate,
    /// How many there are now.
    pub now: SubscriberTotals,
    /// How many signed up or were entered in that time.
    pub requested: i64,
    /// How many became confirmed.
    pub joined: i64,
    /// How many who were confirmed left: unsubscribed, bounced or complained.
    pub left: i64,
    /// How many got mail before the first day.
    pub active_before: i64,
    /// How many got it after the last.
    pub active_after: i64,
    /// What part of those before has left; `null`: there was nobody.
    pub churn: Option<f64>,
    pub by_source: Vec<SourceStats>,
    /// The forms by which they came, the most fruitful first; at most 100.
    pub by_form: Vec<FormSourceStats>,
    /// The tags they follow, the most followed first; at most 100.
    pub by_topic: Vec<TopicStats>,
    /// Day by day, with none left out.
    pub days: Vec<SubscriberDay>,
}

/// How many subscribers there are.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SubscriberTotals {
    /// Wait for their confirmation.
    pub pending: i64,
    pub confirmed: i64,
    /// Of the confirmed, those who get nothing for a while.
    pub paused: i64,
    pub unsubscribed: i64,
    pub bounced: i64,
    pub complained: i64,
}

/// How many came in one way.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceStats {
    pub source: SubscriberSource,
    /// How many of them there are, whatever their status.
    pub subscribers: i64,
    /// How many of them are confirmed now.
    pub confirmed: i64,
}

/// How many came by one form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormSourceStats {
    pub form_id: FormId,
    /// How many of them there are, whatever their status.
    pub subscribers: i64,
    /// How many of them are confirmed now.
    pub confirmed: i64,
}

/// How many follow one tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicStats {
    pub topic: TagSummary,
    /// How many who are confirmed.
    pub confirmed: i64,
}

/// One day (UTC).
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberDay {
    pub day: NaiveDate,
    pub requested: i64,
    pub joined: i64,
    pub left: i64,
    /// How many get mail at its end.
    pub active: i64,
}

/// Which days.
pub struct Span {
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

/// A day as it is written in a query.
struct QueryDay(NaiveDate);

impl crate::types::Parse for QueryDay {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_plain = text.len() == 10 && text.is_ascii();
        let day = text.parse().ok().filter(|_| is_plain);
        let fault = || Fault::new("invalid_day", "must be a day such as 2026-05-01");
        day.map(Self).ok_or_else(fault)
    }
}

impl FromQuery for Span {
    fn from_query(params: &mut Params) -> Option<Self> {
        let from = params.one::<QueryDay>("from");
        let until = params.one::<QueryDay>("until");
        let (from, until) = (from?.map(|day| day.0), until?.map(|day| day.0));
        if let (Some(from), Some(until)) = (from, until)
            && !(0..MOST_DAYS).contains(&(until - from).num_days())
        {
            let fault = "must be no earlier than `from`, and at most 366 days of it";
            params.fault("until", Fault::new("out_of_range", fault));
            return None;
        }
        Some(Self { from, until })
    }
}

impl Span {
    /// The first and the last day.
    fn days(&self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let back = TimeDelta::days(USUAL_DAYS - 1);
        match (self.from, self.until) {
            (Some(from), Some(until)) => (from, until),
            (None, until) => {
                let until = until.unwrap_or(today);
                (until - back, until)
            }
            (Some(from), None) => {
                let last = from + TimeDelta::days(MOST_DAYS - 1);
                (from, today.clamp(from, last.max(from)))
            }
        }
    }
}

/// The parameters of statistics, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `Span` reads them")]
pub struct SpanParams {
    /// The first day (UTC). 30 days before the last when absent.
    #[param(example = "2026-05-01")]
    from: Option<NaiveDate>,
    /// The last day, at most 366 with the first. Today when absent.
    #[param(example = "2026-05-31")]
    until: Option<NaiveDate>,
}

/// Read statistics of the list
///
/// How many there are and wait, how many joined and left within a number of days, by which way and form they came, which
/// tags they follow, and all of it day by day.
#[utoipa::path(tag = "subscribers", params(SpanParams), responses((status = 200, description = "The statistics", body = SubscriberStats)))]
#[get("/subscribers/stats")]
pub async fn read_subscriber_stats(
    _: Editor,
    platform: Data<Platform>,
    query: Query<Span>,
) -> Result<Reply, Problem> {
    let now = platform.clock.now();
    let (from, until) = query.0.days(now.date_naive());
    let conn = platform.db.get().await?;
    let (groups, topics, days) = try_join!(
        queries::groups(&conn, now),
        queries::topics(&conn),
        queries::days(&conn, start_of(from), start_of(until + TimeDelta::days(1))),
    )?;
    Reply::plain(StatusCode::OK, &stats(from, until, groups, topics, &days))
}

fn start_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn stats(
    from: NaiveDate,
    until: NaiveDate,
    groups: Vec<Group>,
    topics: Vec<TopicStats>,
    counted: &[Day],
) -> SubscriberStats {
    let before = counted.iter().find(|day| day.day.is_none());
    let active_before = before.map_or(0, |day| day.joined - day.left);
    let mut active = active_before;
    let within = from.iter_days().take_while(|day| *day <= until);
    let days: Vec<SubscriberDay> = within
        .map(|day| {
            let found = counted.iter().find(|other| other.day == Some(day));
            let (requested, joined, left) =
                found.map_or((0, 0, 0), |day| (day.requested, day.joined, day.left));
            active += joined - left;
            SubscriberDay {
                day,
                requested,
                joined,
                left,
                active,
            }
        })
        .collect();
    let sum = |count: fn(&SubscriberDay) -> i64| days.iter().map(count).sum::<i64>();
    let left_of_before = counted.iter().filter(|day| day.day.is_some());
    let left_of_before: i64 = left_of_before.map(|day| day.left_of_before).sum();
    let (now, by_source, by_form) = grouped(groups);
    #[expect(clippy::cast_precision_loss, reason = "a ratio of numbers of people")]
    let churn = (active_before > 0).then(|| left_of_before as f64 / active_before as f64);
    SubscriberStats {
        from,
        until,
        now,
        requested: sum(|day| day.requested),
        joined: sum(|day| day.joined),
        left: sum(|day| day.left),
        active_before,
        active_after: active,
        churn,
        by_source,
        by_form,
        by_topic: topics,
        days,
    }
}

fn grouped(groups: Vec<Group>) -> (SubscriberTotals, Vec<SourceStats>, Vec<FormSourceStats>) {
    let (mut totals, mut sources, mut forms) =
        (SubscriberTotals::default(), Vec::new(), Vec::new());
    for group in groups {
        let (subscribers, confirmed) = (group.subscribers, group.confirmed);
        if let Some(source) = group.source {
            sources.push(SourceStats {
                source,
                subscribers,
                confirmed,
            });
        } else if let Some(form_id) = group.form_id {
            forms.push(FormSourceStats {
                form_id,
                subscribers,
                confirmed,
            });
        } else if let Some(status) = group.status {
            totals.count(status, subscribers, group.paused);
        }
    }
    forms.sort_by_key(|form: &FormSourceStats| std::cmp::Reverse(form.confirmed));
    forms.truncate(100);
    (totals, sources, forms)
}

impl SubscriberTotals {
    fn count(&mut self, status: super::state::SubscriberStatus, subscribers: i64, paused: i64) {
        use super::state::SubscriberStatus::{
            Bounced, Complained, Confirmed, Pending, Unsubscribed,
        };
        match status {
            Pending => self.pending = subscribers,
            Confirmed => (self.confirmed, self.paused) = (subscribers, paused),
            Unsubscribed => self.unsubscribed = subscribers,
            Bounced => self.bounced = subscribers,
            Complained => self.complained = subscribers,
        }
    }
}
