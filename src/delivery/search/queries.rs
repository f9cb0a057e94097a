use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::filter::SearchFilter;
use super::mending::MeantWords;
use super::statement::SearchStatement;
use crate::delivery::model::{Labelled, PublicationRow};
use crate::delivery::queries::seen;
use crate::delivery::words::Words;
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::rest::ranked::RankedPaging;
use crate::types::{AuthorId, Slug, TagId};

/// How many words of a search are mended at most: each costs a look for similar words.
const MENDED: usize = 5;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub hits: Vec<HitRow>,
    pub facets: Facets,
    pub total: i64,
    /// The words that were searched for instead of those that were typed.
    pub corrected: Option<String>,
}

/// One hit.
#[derive(Debug)]
pub struct HitRow {
    pub publication: Labelled,
    /// With control characters around the words that were searched for.
    pub marked_title: String,
    /// The same, of a piece of the text.
    pub marked_piece: String,
    pub score: f64,
}

/// How the hits are distributed.
#[derive(Debug, Default)]
pub struct Facets {
    pub tags: Vec<(TagId, Slug, String, i64)>,
    pub authors: Vec<(AuthorId, Slug, String, i64)>,
    pub years: Vec<(i32, i64)>,
}

type HitTuple = (
    PublicationRow,
    Vec<(TagId, Slug, String)>,
    Vec<(AuthorId, Slug, String)>,
    String,
    String,
    f64,
    i64,
);

type FoundTuple = (
    i64,
    Option<Vec<(TagId, Slug, String, i64)>>,
    Option<Vec<(AuthorId, Slug, String, i64)>>,
    Option<Vec<(i32, i64)>>,
    Option<HitTuple>,
);

/// Searches. When nothing has the words, and they are plain words, it looks for what they may have meant, and searches for
/// that: the one case of more than one round trip.
pub async fn search(
    conn: &AsyncPgConnection,
    filter: &SearchFilter,
    paging: RankedPaging,
    now: Moment,
) -> QueryResult<Read<Found>> {
    let read = search_once(conn, filter, paging, now).await?;
    if read.found.total > 0 {
        return Ok(read);
    }
    let Some(mended) = mended(conn, &filter.words, now).await? else {
        return Ok(read);
    };
    let filter = filter.with_words(mended);
    let mut again = search_once(conn, &filter, paging, now).await?;
    // What nobody may see must not show in a correction either.
    if again.found.total > 0 {
        again.found.corrected = Some(filter.words.as_text().clone());
    }
    Ok(again)
}

async fn search_once(
    conn: &AsyncPgConnection,
    filter: &SearchFilter,
    paging: RankedPaging,
    now: Moment,
) -> QueryResult<Read<Found>> {
    let statement = SearchStatement::new(filter, paging.limit, paging.offset(), now);
    let rows = async { statement.load::<FoundTuple>(&mut &*conn).await };
    let (rows, seen) = try_join!(rows, seen(conn, now))?;
    let mut found = Found::default();
    for (total, tags, authors, years, hit) in rows {
        found.total = total;
        if let (Some(tags), Some(authors), Some(years)) = (tags, authors, years) {
            found.facets = Facets {
                tags,
                authors,
                years,
            };
        }
        found.hits.extend(hit.map(HitRow::from));
    }
    Ok(Read { found, seen })
}

impl From<HitTuple> for HitRow {
    fn from((row, tags, authors, marked_title, marked_piece, score, _): HitTuple) -> Self {
        Self {
            publication: Labelled { row, tags, authors },
            marked_title,
            marked_piece,
            score,
        }
    }
}

/// The same words with those replaced that readers find nowhere: by what they become with two neighbours swapped, or by
/// the most similar word. `None` when there is nothing to replace.
async fn mended(
    conn: &AsyncPgConnection,
    words: &Words,
    now: Moment,
) -> QueryResult<Option<Words>> {
    let Some(typed) = words.plain() else {
        return Ok(None);
    };
    if typed.is_empty() || typed.len() > MENDED {
        return Ok(None);
    }
    let meant: Vec<String> = MeantWords::new(&typed, now).load(&mut &*conn).await?;
    Ok((meant != typed).then(|| Words::all(&meant)))
}
