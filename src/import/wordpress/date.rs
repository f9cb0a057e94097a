use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

/// Gives the first date that is one, in the order of trust: GMT, the site's own time, RSS.
///
/// The export does not name the site's time zone, so its own time is taken as UTC.
pub fn first_of(gmt: &str, local: &str, rss: &str) -> Option<DateTime<Utc>> {
    wordpress(gmt)
        .or_else(|| wordpress(local))
        .or_else(|| rfc2822(rss))
}

fn wordpress(text: &str) -> Option<DateTime<Utc>> {
    let date = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S").ok()?;
    plausible(date.and_utc())
}

fn rfc2822(text: &str) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    plausible(date.to_utc())
}

/// Refuses year −1 and its like, which WordPress writes for "no date".
fn plausible(date: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9999).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(gmt: &str, local: &str, rss: &str) -> String {
        first_of(gmt, local, rss).map_or("none".to_owned(), |date| date.to_rfc3339())
    }

    #[test]
    fn the_most_trusted_date_wins_and_zero_dates_are_absent() {
        let zero = "0000-00-00 00:00:00";
        let local = "2026-05-01 10:00:00";
        let rss = "Fri, 01 May 2026 10:00:00 +0200";
        assert_eq!(
            told("2026-05-01 08:00:00", local, rss),
            "2026-05-01T08:00:00+00:00"
        );
        assert_eq!(told(zero, local, rss), "2026-05-01T10:00:00+00:00");
        assert_eq!(told(zero, zero, rss), "2026-05-01T08:00:00+00:00");
        assert_eq!(told("", "", "Mon, 30 Nov -0001 00:00:00 +0000"), "none");
        assert_eq!(told("-0001-11-30 00:00:00", "2026-13-45 1:2:3", ""), "none");
    }
}
