use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::token::{ChangeToken, Place};
use crate::platform::events::ReaderAction;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, Slug, closed_set};

closed_set! {
    /// What kind of thing changed. A page is an article.
    pub enum ChangeKind {
        Article = "article",
        Tag = "tag",
        Author = "author",
    }
}

/// One change, with what readers may be told of it, if anything.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    pub place: Place,
    pub told: Option<Told>,
}

/// What readers are told of a change.
#[derive(Debug, Clone)]
pub struct Told {
    pub action: ReaderAction,
    pub kind: ChangeKind,
    pub id: Uuid,
    pub slug: Slug,
    pub cache_tags: Vec<String>,
}

/// A stretch of the changes, and where it stands, all of one snapshot.
#[derive(Debug)]
pub struct Feed {
    pub installation: Uuid,
    /// The newest place of all.
    pub newest: Place,
    /// The place that was asked for, if it is there.
    pub base: Option<Place>,
    pub rows: Vec<ChangeRow>,
}

/// Why nobody can go on from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is of another installation.
    Foreign,
    /// Nothing is known of its place: it is too old, or of a history that a backup undid.
    Unknown,
    /// What came right after it is not kept any more.
    Expired,
}

impl Feed {
    /// Whether all that came after a token is here to be told.
    pub fn admit(&self, token: ChangeToken, oldest_kept: DateTime<Utc>) -> Result<(), Refused> {
        if !token.is_of(self.installation) {
            return Err(Refused::Foreign);
        }
        let base = match token.position() {
            0 => Some(Place::BEGINNING),
            _ => self.base,
        };
        if !base.is_some_and(|base| token.names(base)) {
            return Err(Refused::Unknown);
        }
        match self.rows.first() {
            Some(first) if first.place.at < oldest_kept => Err(Refused::Expired),
            _ => Ok(()),
        }
    }
}

impl Refused {
    /// What the client is told; `parameter` is where the token stood.
    pub fn into_problem(self, parameter: &str) -> Problem {
        match self {
            Self::Foreign => {
                let detail = "is a token of another installation; start over here";
                let fault = Fault::new("foreign_token", detail);
                Problem::malformed(vec![ValueFault::of(parameter, fault)])
            }
            Self::Unknown | Self::Expired => Problem::Gone(
                "what came after this token is not kept any more; start over from \
                 `GET /api/v1/articles.ndjson`, and go on with its `X-Change-Token`",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: i64, second: i64) -> Place {
        Place {
            position,
            at: DateTime::from_timestamp(second, 0).unwrap(),
        }
    }

    #[test]
    fn a_token_is_admitted_when_all_that_came_after_it_is_there() {
        let (here, elsewhere) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let feed = |base, first: Option<Place>| Feed {
            installation: here,
            newest: place(9, 900),
            base,
            rows: first
                .into_iter()
                .map(|place| ChangeRow { place, told: None })
                .collect(),
        };
        let token = ChangeToken::new(here, place(5, 500));
        let beginning = ChangeToken::new(here, Place::BEGINNING);
        let oldest_kept = DateTime::from_timestamp(550, 0).unwrap();
        for (token, feed, verdict) in [
            (token, feed(Some(place(5, 500)), None), Ok(())),
            (
                token,
                feed(Some(place(5, 500)), Some(place(6, 600))),
                Ok(()),
            ),
            (
                token,
                feed(Some(place(5, 500)), Some(place(6, 510))),
                Err(Refused::Expired),
            ),
            (token, feed(None, None), Err(Refused::Unknown)),
            (
                token,
                feed(Some(place(5, 501)), None),
                Err(Refused::Unknown),
            ),
            (
                ChangeToken::new(elsewhere, place(5, 500)),
                feed(Some(place(5, 500)), None),
                Err(Refused::Foreign),
            ),
            (beginning, feed(None, Some(place(1, 600))), Ok(())),
            (
                beginning,
                feed(None, Some(place(1, 100))),
                Err(Refused::Expired),
            ),
        ] {
            assert_eq!(feed.admit(token, oldest_kept), verdict);
        }
    }
}
