use chrono::{DateTime, Utc};

use crate::rest::Problem;
use crate::types::closed_set;

closed_set! {
    /// Where an article stands.
    pub enum ArticleStatus {
        /// Being written; readers have never seen it.
        Draft = "draft",
        /// Submitted; waits for an editor.
        InReview = "in_review",
        /// Goes live by itself at `publish_at`.
        Scheduled = "scheduled",
        /// Readers see it.
        Published = "published",
        /// Readers saw it once, and don't any more.
        Unpublished = "unpublished",
    }
}

/// The span in which readers see an article, with or without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

/// Whether someone has asked for a review since the last publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    Requested,
    NotRequested,
}

/// Judges the status from what is stored: nothing has to happen for a scheduled article to be published.
pub fn status(span: Option<Span>, review: Review, now: DateTime<Utc>) -> ArticleStatus {
    match span {
        Some(span) if span.from > now => ArticleStatus::Scheduled,
        Some(span) if span.until.is_none_or(|until| until > now) => ArticleStatus::Published,
        _ if review == Review::Requested => ArticleStatus::InReview,
        Some(_) => ArticleStatus::Unpublished,
        None => ArticleStatus::Draft,
    }
}

/// A step in an article's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Submit,
    Publish,
    Unpublish,
    Trash,
}

/// Whether an article may take a step; a conflict that says why not otherwise.
pub fn allow(step: Move, status: ArticleStatus) -> Result<(), Problem> {
    use ArticleStatus::{Draft, InReview, Published, Scheduled, Unpublished};
    match (step, status) {
        (Move::Submit, Draft | Unpublished | Published) => Ok(()),
        (Move::Submit, InReview) => Err(Problem::conflict(
            "already_in_review",
            "the article waits for review already",
        )),
        (Move::Submit, Scheduled) => Err(Problem::conflict(
            "already_scheduled",
            "the article is scheduled already; it needs no review",
        )),
        (Move::Unpublish, Published | Scheduled) => Ok(()),
        (Move::Unpublish, Draft | InReview | Unpublished) => Err(Problem::conflict(
            "not_published",
            "the article is neither published nor scheduled",
        )),
        (Move::Publish | Move::Trash, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::ArticleStatus::{Draft, InReview, Published, Scheduled, Unpublished};
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn span(from: i64, until: Option<i64>) -> Option<Span> {
        Some(Span {
            from: at(from),
            until: until.map(at),
        })
    }

    #[test]
    fn the_status_follows_the_clock() {
        use Review::{NotRequested, Requested};
        for (span, review, expected) in [
            (None, NotRequested, Draft),
            (None, Requested, InReview),
            (span(200, None), NotRequested, Scheduled),
            (span(100, None), NotRequested, Published),
            (span(50, Some(101)), Requested, Published),
            (span(50, Some(100)), NotRequested, Unpublished),
            (span(50, Some(100)), Requested, InReview),
        ] {
            assert_eq!(
                status(span, review, at(100)),
                expected,
                "{span:?} {review:?}"
            );
        }
    }

    #[test]
    fn only_legal_moves_are_allowed() {
        for (step, from) in [
            (Move::Submit, vec![Draft, Published, Unpublished]),
            (
                Move::Publish,
                vec![Draft, InReview, Scheduled, Published, Unpublished],
            ),
            (Move::Unpublish, vec![Scheduled, Published]),
            (
                Move::Trash,
                vec![Draft, InReview, Scheduled, Published, Unpublished],
            ),
        ] {
            for status in [Draft, InReview, Scheduled, Published, Unpublished] {
                assert_eq!(
                    allow(step, status).is_ok(),
                    from.contains(&status),
                    "{step:?} from {status:?}"
                );
            }
        }
    }
}
