//! What begins and ends by the clock. Delivery compares with the clock when it reads, so nothing has to happen for it; but
//! whoever follows the changes must be told, once, and in the order in which readers saw it.
//!
//! An article's transitions are told while its working copy is locked: by the worker when their instant has come, or by
//! whatever changes the article before the worker came to it.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::model::UntoldRow;
use super::{events, queries};
use crate::platform::events::ReaderAction;
use crate::types::ArticleId;

pub use queries::find_next_untold as next_due;

/// One transition, as readers saw it.
#[derive(Debug, PartialEq, Eq)]
pub struct Transition<'a> {
    pub at: DateTime<Utc>,
    pub action: ReaderAction,
    pub publication: &'a UntoldRow,
}

/// Tells of what began or ended since it was told last, for at most so many articles; says for how many it did. Articles
/// that somebody is working on are left out: whoever that is tells of theirs, or the next call does.
pub async fn tell_due(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    most: i64,
) -> diesel::QueryResult<usize> {
    let articles = queries::lock_untold(conn, now, most).await?;
    for article in &articles {
        tell(conn, *article, now).await?;
    }
    Ok(articles.len())
}

/// The same for one article, which must be locked.
pub async fn tell(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let untold = queries::list_untold(conn, article, now).await?;
    if untold.is_empty() {
        return Ok(());
    }
    for transition in transitions(&untold, now) {
        events::record_transition(conn, article, &transition).await?;
    }
    let ids: Vec<_> = untold.iter().map(|row| row.id).collect();
    queries::set_told(conn, &ids, now).await
}

/// What readers saw happen until now, in order. Where one publication follows another without a gap, that is one update.
fn transitions(untold: &[UntoldRow], now: DateTime<Utc>) -> Vec<Transition<'_>> {
    // An empty span was never seen.
    let seen = || {
        untold
            .iter()
            .filter(|row| row.live_until != Some(row.live_from))
    };
    let begun = || seen().filter(|row| !row.begin_told && row.live_from <= now);
    let mut found = Vec::new();
    for row in begun() {
        let follows = seen().any(|other| other.live_until == Some(row.live_from));
        found.push(Transition {
            at: row.live_from,
            action: if follows {
                ReaderAction::Updated
            } else {
                ReaderAction::Published
            },
            publication: row,
        });
    }
    for row in seen().filter(|row| !row.end_told) {
        let Some(at) = row.live_until.filter(|at| *at <= now) else {
            continue;
        };
        if !begun().any(|next| next.live_from == at) {
            found.push(Transition {
                at,
                action: ReaderAction::Withdrawn,
                publication: row,
            });
        }
    }
    found.sort_by_key(|transition| transition.at);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Parse, PublicationId, Slug};
    use ReaderAction::{Published, Updated, Withdrawn};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    /// A publication of which nothing was told, or its beginning.
    fn row(from: i64, until: Option<i64>, begin_told: &str) -> UntoldRow {
        UntoldRow {
            id: PublicationId::mint(),
            revision: 1,
            slug: Slug::parse("story").unwrap(),
            live_from: at(from),
            live_until: until.map(at),
            begin_told: begin_told == "begin told",
            end_told: false,
        }
    }

    #[test]
    fn each_transition_is_told_once_in_the_order_in_which_readers_saw_it() {
        let (begun, nothing) = ("begin told", "nothing told");
        for (rows, now, told) in [
            (vec![row(10, None, nothing)], 9, vec![]),
            (vec![row(10, None, nothing)], 10, vec![(10, Published)]),
            (vec![row(10, Some(20), nothing)], 19, vec![(10, Published)]),
            (
                vec![row(10, Some(20), nothing)],
                30,
                vec![(10, Published), (20, Withdrawn)],
            ),
            (vec![row(1, Some(20), begun)], 20, vec![(20, Withdrawn)]),
            // One replaces the other without a gap.
            (
                vec![row(20, None, nothing), row(1, Some(20), begun)],
                25,
                vec![(20, Updated)],
            ),
            // With a gap.
            (
                vec![row(1, Some(20), begun), row(22, Some(24), nothing)],
                25,
                vec![(20, Withdrawn), (22, Published), (24, Withdrawn)],
            ),
            (vec![row(10, Some(10), nothing)], 30, vec![]),
        ] {
            let found: Vec<_> = transitions(&rows, at(now))
                .iter()
                .map(|transition| (transition.at.timestamp(), transition.action))
                .collect();
            assert_eq!(found, told, "{rows:?} at {now}");
        }
    }
}
