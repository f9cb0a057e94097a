use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::counter::{Counted, Numbers};
use crate::forms::values::VariantKey;
use crate::rest::body::FromBody;
use crate::rest::body::Members;
use crate::rest::problem::ValueFault;
use crate::rest::query::from_query;
use crate::types::{Fault, Parse, closed_set};

closed_set! {
    /// What a page tells of a form.
    pub enum FormEventKind {
        /// It has been loaded.
        Load = "load",
        /// A reader sees it.
        Show = "show",
        /// A reader has sent it away.
        Dismiss = "dismiss",
    }
}

impl From<FormEventKind> for Counted {
    fn from(kind: FormEventKind) -> Self {
        match kind {
            FormEventKind::Load => Self::Load,
            FormEventKind::Show => Self::Show,
            FormEventKind::Dismiss => Self::Dismiss,
        }
    }
}

/// Something that happened to a form on a page.
#[derive(ToSchema)]
pub struct FormEvent {
    pub kind: FormEventKind,
    /// `a`, the form itself, when absent.
    #[schema(value_type = Option<VariantKey>)]
    pub variant: VariantKey,
}

impl FromBody for FormEvent {
    const LIMIT: usize = 1024;

    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let kind = members.required("kind");
        let variant = members.optional("variant");
        Some(Self {
            kind: kind?,
            variant: variant?.unwrap_or_default(),
        })
    }
}

/// A day, by UTC; an instant means the day it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl Parse for Day {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_date = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let date = if is_date {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
        } else {
            DateTime::<Utc>::parse(text).ok().map(|at| at.date_naive())
        };
        date.map(Self).ok_or_else(|| {
            Fault::new(
                "invalid_day",
                "must be a day such as 2026-05-01, or an RFC 3339 time in it",
            )
        })
    }
}

/// Of which days to tell.
pub struct ReadStats {
    from: Option<Day>,
    until: Option<Day>,
}
from_query!(ReadStats { one from, one until });

impl ReadStats {
    /// Most days at once: a leap year.
    const MOST_DAYS: i64 = 366;

    /// First and last day: the last thirty, unless something else is asked for.
    pub fn days(&self, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), ValueFault> {
        let until = self.until.map_or(today, |Day(until)| until);
        let month_before = until.checked_sub_days(Days::new(29)).unwrap_or(until);
        let from = self.from.map_or(month_before, |Day(from)| from);
        let fault = |code, detail| Err(ValueFault::of("from", Fault::new(code, detail)));
        match (until - from).num_days() {
            ..0 => fault("conflicting", "must not be later than `until`"),
            Self::MOST_DAYS.. => fault("out_of_range", "must be at most 366 days before `until`"),
            _ => Ok((from, until)),
        }
    }
}

/// The parameters of statistics, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ReadStats` reads them")]
pub struct ReadStatsParams {
    /// The first day, by UTC: 30 days back when absent. At most 366 days at once.
    #[param(example = "2026-05-01", format = "date")]
    from: Option<String>,
    /// The last day, by UTC: today when absent.
    #[param(example = "2026-05-31", format = "date")]
    until: Option<String>,
}

/// How often something happened to a form.
#[derive(Debug, Default, Clone, Serialize, ToSchema)]
pub struct FormNumbers {
    pub loads: i64,
    pub shows: i64,
    pub dismissals: i64,
    pub submits: i64,
    pub confirms: i64,
    /// Confirmations per show; `null` where it was never shown.
    #[schema(examples(0.031))]
    pub conversion: Option<f64>,
}

impl From<Numbers> for FormNumbers {
    fn from([loads, shows, dismissals, submits, confirms]: Numbers) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact up to nine quadrillion, and a ratio beyond"
        )]
        let conversion = (shows > 0).then(|| confirms as f64 / shows as f64);
        Self {
            loads,
            shows,
            dismissals,
            submits,
            confirms,
            conversion,
        }
    }
}

/// What happened to a variant.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariantNumbers {
    pub key: VariantKey,
    #[serde(flatten)]
    pub numbers: FormNumbers,
}

/// What happened on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayNumbers {
    /// By UTC.
    pub day: NaiveDate,
    #[serde(flatten)]
    pub numbers: FormNumbers,
}

/// What happened to a form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormStats {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, which belongs to it.
    pub until: NaiveDate,
    pub totals: FormNumbers,
    /// Those that the form has, and those that it had when something happened to them.
    pub variants: Vec<VariantNumbers>,
    /// Every day from the first to the last.
    pub days: Vec<DayNumbers>,
}

impl FormStats {
    /// Adds up what was counted.
    pub fn of(
        (from, until): (NaiveDate, NaiveDate),
        variants: Vec<VariantKey>,
        counted: Vec<(NaiveDate, VariantKey, Numbers)>,
    ) -> Self {
        let mut totals = Numbers::default();
        let mut by_variant: BTreeMap<VariantKey, Numbers> = variants
            .into_iter()
            .map(|key| (key, Numbers::default()))
            .collect();
        let mut by_day: BTreeMap<NaiveDate, Numbers> = from
            .iter_days()
            .take_while(|day| *day <= until)
            .map(|day| (day, Numbers::default()))
            .collect();
        for (day, variant, numbers) in counted {
            let sums = [
                &mut totals,
                by_variant.entry(variant).or_default(),
                by_day.entry(day).or_default(),
            ];
            for sum in sums {
                for (sum, number) in sum.iter_mut().zip(numbers) {
                    *sum += number;
                }
            }
        }
        let variants = by_variant.into_iter().map(|(key, numbers)| VariantNumbers {
            key,
            numbers: numbers.into(),
        });
        let days = by_day.into_iter().map(|(day, numbers)| DayNumbers {
            day,
            numbers: numbers.into(),
        });
        Self {
            from,
            until,
            totals: totals.into(),
            variants: variants.collect(),
            days: days.collect(),
        }
    }
}
