use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::platform::epoch::Edition;

/// The most that is kept, in bytes.
const BYTES: u64 = 1 << 20;

/// Parameters that say which part of a list is wanted, or how it is shown: all others say what is in it.
const NOT_THE_LIST: [&str; 7] = [
    "count", "cursor", "fields", "include", "limit", "page", "sort",
];

/// How many entries lists have. Counting takes as long as the list is, so the pages of one list share it for as long as
/// readers could notice no change.
pub struct Totals(Cache<Arc<str>, Total>);

#[derive(Debug, Clone, Copy)]
struct Total {
    entries: i64,
    edition: Edition,
    /// When it changes by itself, on [`Clock::elapsed`](crate::platform::clock::Clock::elapsed).
    ends_at: Option<Duration>,
}

impl Default for Totals {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(BYTES)
                .weigher(|list: &Arc<str>, _: &Total| {
                    u32::try_from(list.len() + 128).unwrap_or(u32::MAX)
                })
                .build(),
        )
    }
}

impl Totals {
    /// How many entries a list had in this edition, unless it was not counted or has changed by itself since.
    pub fn find(&self, list: &str, edition: Edition, now: Duration) -> Option<i64> {
        let total = self.0.get(list)?;
        let is_current = total.ends_at.is_none_or(|ends_at| now < ends_at);
        (total.edition == edition && is_current).then_some(total.entries)
    }

    /// Keeps what was counted.
    pub fn note(&self, list: &str, edition: Edition, ends_at: Option<Duration>, entries: i64) {
        let total = Total {
            entries,
            edition,
            ends_at,
        };
        self.0.insert(list.into(), total);
    }
}

/// What names a list, whatever part of it is shown: its path, and what it is filtered by.
pub fn list_name(path: &str, canonical: &str) -> String {
    let filters = canonical.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !NOT_THE_LIST.contains(&name)
    });
    filters.fold(format!("{path}?"), |name, filter| name + filter + "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::epoch::{Epoch, Position};

    #[test]
    fn all_pages_of_a_list_are_that_list() {
        let first = list_name("/articles", "limit=20&page=1&tag=frost");
        let other = list_name("/articles", "fields=id&limit=5&page=9&sort=title&tag=frost");
        assert_eq!(first, other);
        assert_ne!(first, list_name("/articles", "limit=20&page=1&tag=ice"));
        assert_ne!(first, list_name("/articles", "limit=20&page=1"));
        assert_ne!(first, list_name("/authors", "limit=20&page=1&tag=frost"));
    }

    #[test]
    fn a_total_holds_for_its_edition_until_something_changes_by_itself() {
        let (totals, epoch) = (Totals::default(), Epoch::default());
        let edition = epoch.newest();
        let at = Duration::from_secs;
        totals.note("list", edition, Some(at(9)), 7);
        assert_eq!(totals.find("list", edition, at(8)), Some(7));
        assert_eq!(totals.find("list", edition, at(9)), None);
        epoch.learn(Position(1));
        assert_eq!(totals.find("list", epoch.newest(), at(8)), None);
    }
}
