//! The names of the sitemap's parts: `2026-11` for what was published in a month, and `2026-11-<date>-<article>` for what
//! comes in it from a date (in microseconds) and an article on.

use std::fmt;

use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, Utc};

use super::model::PartRow;
use crate::types::{ArticleId, Fault, Parse};

/// Names a part of the sitemap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    month: NaiveDate,
    from: Option<(DateTime<Utc>, ArticleId)>,
}

impl Part {
    /// The date and article that it begins with; a month begins before every article.
    pub fn start(&self) -> (DateTime<Utc>, ArticleId) {
        self.from
            .unwrap_or_else(|| (midnight(self.month), ArticleId::from(uuid::Uuid::nil())))
    }

    /// The instant that it ends before.
    pub fn end(&self) -> DateTime<Utc> {
        let next = self.month.checked_add_months(Months::new(1));
        next.map_or(DateTime::<Utc>::MAX_UTC, midnight)
    }
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    NaiveDateTime::from(date).and_utc()
}

impl From<&PartRow> for Part {
    fn from(row: &PartRow) -> Self {
        Self {
            month: row.month.date(),
            from: row.from_date.zip(row.from_article),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.month.format("%Y-%m"))?;
        match self.from {
            Some((date, article)) => write!(f, "-{}-{article}", date.timestamp_micros()),
            None => Ok(()),
        }
    }
}

impl Parse for Part {
    /// Reads only what [`Part`] itself writes: one part has one address.
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = || Fault::new("invalid_part", "must be a month such as 2026-11");
        let month = text.get(..7).ok_or_else(fault)?;
        let month = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d");
        let from = match text.get(7..) {
            None | Some("") => None,
            Some(rest) => {
                let (date, article) = rest
                    .strip_prefix('-')
                    .and_then(|rest| rest.split_once('-'))
                    .ok_or_else(fault)?;
                let date = date.parse().ok().and_then(DateTime::from_timestamp_micros);
                Some((date.ok_or_else(fault)?, ArticleId::parse(article)?))
            }
        };
        let part = Self {
            month: month.map_err(|_| fault())?,
            from,
        };
        let is_inside = (midnight(part.month)..part.end()).contains(&part.start().0);
        if is_inside && part.to_string() == text {
            Ok(part)
        } else {
            Err(fault())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_back_from_its_name() {
        for name in [
            "2026-11",
            "2024-02",
            "0001-01",
            "2026-11-1793620800000000-0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
        ] {
            assert_eq!(Part::parse(name).unwrap().to_string(), name);
        }
        let december = Part::parse("2026-12").unwrap();
        assert_eq!(december.end().to_rfc3339(), "2027-01-01T00:00:00+00:00");
    }

    #[test]
    fn what_no_part_is_named_is_refused() {
        for name in [
            "",
            "2026",
            "2026-1",
            "2026-13",
            "2026-00",
            "+026-11",
            "2026-11-",
            "2026-11-0",
            "2026-11-0-",
            "2026-11-0-0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
            "2026-11-01793620800000000-0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
            "2026-11-1793620800000000-0192E4A0-7B1C-7C3E-9D55-3F1F6A2B8C4D",
            "2026-11-99999999999999999999-0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
            "2026-é1",
        ] {
            assert!(Part::parse(name).is_err(), "{name:?} was accepted");
        }
    }
}
