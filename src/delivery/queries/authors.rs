use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::live::seen;
use crate::authors::AuthorRow;
use crate::delivery::model::{Counted, CountedAuthor};
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::rest::page::{Count, Paging};
use crate::schema::authors;
use crate::types::{AuthorId, Reference};

diesel::define_sql_function! {
    /// How many articles readers find by an author, at an instant.
    fn author_article_count(wanted: Uuid, at: Timestamptz) -> BigInt;
}

type Boxed<'a> = authors::BoxedQuery<'a, diesel::pg::Pg>;

/// The authors with something published.
fn published<'a>(now: Moment) -> Boxed<'a> {
    authors::table
        .into_boxed()
        .filter(author_article_count(authors::id, now).gt(0))
}

/// A page of authors with something published, one more than it shows.
pub async fn list_authors(
    conn: &AsyncPgConnection,
    paging: &Paging,
    now: Moment,
) -> QueryResult<Read<Counted<CountedAuthor>>> {
    let mut page = published(now)
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    if let Some(after) = paging.after() {
        page = page.filter(after);
    }
    let total = async {
        match paging.count() {
            Count::Unwanted => Ok(None),
            Count::Wanted => published(now)
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
        }
    };
    let (rows, total, seen) = try_join!(counted(conn, page, now), total, seen(conn, now))?;
    let found = Counted { rows, total };
    Ok(Read { found, seen })
}

/// One author with something published.
pub async fn find_author(
    conn: &AsyncPgConnection,
    wanted: &Reference<AuthorId>,
    now: Moment,
) -> QueryResult<Read<Counted<CountedAuthor>>> {
    let one = match wanted {
        Reference::Id(id) => published(now).filter(authors::id.eq(*id)),
        Reference::Slug(slug) => published(now).filter(authors::slug.eq(slug)),
    };
    let (rows, seen) = try_join!(counted(conn, one, now), seen(conn, now))?;
    let found = Counted { rows, total: None };
    Ok(Read { found, seen })
}

async fn counted(
    conn: &AsyncPgConnection,
    query: Boxed<'_>,
    now: Moment,
) -> QueryResult<Vec<CountedAuthor>> {
    query
        .select((
            AuthorRow::as_select(),
            author_article_count(authors::id, now),
        ))
        .load(&mut &*conn)
        .await
}
