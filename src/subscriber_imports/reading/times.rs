use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::types::Parse;

/// An instant as other systems write it: RFC 3339, or without an offset, which is taken for UTC; or a day.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse(text) {
        return Some(instant);
    }
    let plain = text.trim_end_matches(" UTC").trim_end_matches(" +0000");
    let forms = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ];
    let at = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(plain, form).ok());
    let day = || NaiveDate::parse_from_str(plain, "%Y-%m-%d").ok();
    let at = at
        .or_else(|| Some(day()?.and_time(NaiveTime::MIN)))?
        .and_utc();
    // Through the same door, for the years that can be stored.
    DateTime::parse(&at.to_rfc3339()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_others_write_them() {
        for (text, read) in [
            (
                "2026-05-01T08:00:00.5+02:00",
                "2026-05-01T06:00:00.500+00:00",
            ),
            ("2019-05-07 08:12:11", "2019-05-07T08:12:11+00:00"),
            ("2019-05-07 08:12:11 UTC", "2019-05-07T08:12:11+00:00"),
            ("2019-05-07", "2019-05-07T00:00:00+00:00"),
        ] {
            assert_eq!(instant(text).unwrap().to_rfc3339(), read);
        }
        for text in ["", "yesterday", "07/05/2019", "2019-13-01", "0000-01-01"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
