use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use crate::authors::AuthorRow;
use crate::delivery::{Bodies, NewestOf, newest, seen};
use crate::feeds::model::{FeedRows, Subject};
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::schema::{authors, publications, tags};
use crate::tags::TagRow;
use crate::types::Reference;

/// The newest articles that a feed shows, what it is about, and when something last went away.
pub async fn read_feed(
    conn: &AsyncPgConnection,
    of: &NewestOf,
    limit: i64,
    bodies: Bodies,
    now: Moment,
) -> QueryResult<Read<FeedRows>> {
    let ended_at = publications::table
        .filter(publications::live_until.assume_not_null().le(now))
        .select(max(publications::live_until))
        .get_result(&mut &*conn);
    let (subject, published, ended_at, seen) = try_join!(
        find_subject(conn, of),
        newest(conn, of, limit, bodies, now),
        ended_at,
        seen(conn, now),
    )?;
    let found = FeedRows {
        subject,
        published,
        ended_at,
    };
    Ok(Read { found, seen })
}

async fn find_subject(conn: &AsyncPgConnection, of: &NewestOf) -> QueryResult<Option<Subject>> {
    let row = match of {
        NewestOf::Site => return Ok(Some(Subject::Site)),
        NewestOf::Tag(wanted) => {
            let tags = tags::table.select(TagRow::as_select()).into_boxed();
            let tag = match wanted {
                Reference::Id(id) => tags.filter(tags::id.eq(*id)),
                Reference::Slug(slug) => tags.filter(tags::slug.eq(slug)),
            };
            tag.first(&mut &*conn).await.map(Subject::Tag)
        }
        NewestOf::Author(wanted) => {
            let authors = authors::table.select(AuthorRow::as_select()).into_boxed();
            let author = match wanted {
                Reference::Id(id) => authors.filter(authors::id.eq(*id)),
                Reference::Slug(slug) => authors.filter(authors::slug.eq(slug)),
            };
            author.first(&mut &*conn).await.map(Subject::Author)
        }
    };
    row.optional()
}
