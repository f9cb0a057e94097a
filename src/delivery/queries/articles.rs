use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::labels::labels_of;
use super::live::{HasHadSlug, IsLive, Kinds, seen};
use super::page::{all_of, page_of};
use crate::delivery::filter::PublicationFilter;
use crate::delivery::model::{PublicationRow, Published, WithBody};
use crate::platform::clock::Moment;
use crate::rest::cached::{Read, Source};
use crate::rest::page::{Count, Paging};
use crate::schema::publications;
use crate::types::{ArticleId, Parse, Slug};

/// A query of publications.
pub(super) type Boxed<'a> = publications::BoxedQuery<'a, Pg>;
/// Ids of publications, as a part of other statements.
pub type BoxedIds<'a> = publications::BoxedQuery<'a, Pg, diesel::sql_types::Uuid>;

/// Whether an answer shows bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    Shown,
    LeftOut,
}

/// A page of published articles, one more than it shows, with all that belongs to them.
pub async fn list(
    source: &Source,
    filter: &PublicationFilter,
    paging: &Paging,
    bodies: Bodies,
) -> QueryResult<Read<Published>> {
    let (conn, now): (&AsyncPgConnection, _) = (&source.conn, source.moment);
    let page = || page_of(filter, paging.slice(), paging.after(), now);
    let total = async {
        match paging.count() {
            Count::Unwanted => Ok(None),
            Count::Wanted => {
                let count = all_of(filter, now).count();
                let counted = async { count.get_result(&mut &*conn).await };
                source.total(counted).await.map(Some)
            }
        }
    };
    let (articles, labels, total, seen) = try_join!(
        rows(conn, page(), bodies),
        labels_of(conn, page()),
        total,
        seen(conn, now),
    )?;
    let found = Published {
        articles,
        labels,
        total,
    };
    Ok(Read { found, seen })
}

/// Names one article for readers: by its id, or by a slug that it has or had.
#[derive(Debug, Clone)]
pub enum Wanted {
    Id(ArticleId),
    Slug(String),
}

impl Wanted {
    /// Reads the last part of an address.
    pub fn of(address: String) -> Self {
        ArticleId::parse(&address).map_or(Self::Slug(address), Self::Id)
    }

    /// Whether it was asked for by another slug than it has.
    pub fn is_former_slug(&self, slug: &Slug) -> bool {
        matches!(self, Self::Slug(asked) if asked != slug.as_str())
    }
}

/// The publication that is meant.
fn one<'a>(wanted: &Wanted, now: Moment) -> Boxed<'a> {
    let live = publications::table.into_boxed().filter(IsLive {
        at: now,
        kinds: Kinds::Both,
    });
    match wanted {
        Wanted::Id(id) => live.filter(publications::article_id.eq(*id)),
        Wanted::Slug(slug) => live.filter(HasHadSlug {
            slug: slug.clone(),
            at: now,
        }),
    }
}

/// The same, as a part of other statements.
pub fn id_of<'a>(wanted: &Wanted, now: Moment) -> BoxedIds<'a> {
    one(wanted, now).select(publications::id)
}

/// Which article is meant, and the slug that it has.
pub async fn find_name(
    conn: &AsyncPgConnection,
    wanted: &Wanted,
    now: Moment,
) -> QueryResult<Option<(ArticleId, Slug)>> {
    one(wanted, now)
        .select((publications::article_id, publications::slug))
        .first(&mut &*conn)
        .await
        .optional()
}

/// One published article, with all that belongs to it. Its slug may be another than the one asked for.
pub async fn find(
    conn: &AsyncPgConnection,
    wanted: &Wanted,
    now: Moment,
) -> QueryResult<Read<Published>> {
    let (articles, labels, seen) = try_join!(
        rows(conn, one(wanted, now), Bodies::Shown),
        labels_of(conn, one(wanted, now)),
        seen(conn, now),
    )?;
    let found = Published {
        articles,
        labels,
        total: None,
    };
    Ok(Read { found, seen })
}

/// The articles of a query.
pub(super) async fn rows(
    conn: &AsyncPgConnection,
    query: Boxed<'_>,
    bodies: Bodies,
) -> QueryResult<Vec<WithBody>> {
    match bodies {
        Bodies::Shown => {
            let columns = (
                PublicationRow::as_select(),
                publications::body_html.nullable(),
            );
            query.select(columns).load(&mut &*conn).await
        }
        Bodies::LeftOut => {
            let rows: Vec<PublicationRow> = query
                .select(PublicationRow::as_select())
                .load(&mut &*conn)
                .await?;
            Ok(rows.into_iter().map(|row| (row, None)).collect())
        }
    }
}
