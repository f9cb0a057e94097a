use diesel::dsl::not;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::linked::{by_authors, with_tags};
use super::live::{Contains, HasHadSlug, IsLive, Kinds, seen};
use crate::authors::AuthorRow;
use crate::delivery::filter::PublicationFilter;
use crate::delivery::model::{PublicationRow, Published, WithBody};
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::rest::page::{Count, Paging};
use crate::schema::{authors, publication_authors, publication_tags, publications, tags};
use crate::tags::TagRow;
use crate::types::{ArticleId, Locale, Parse, PublicationId, Slug};

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

fn filtered(filter: &PublicationFilter, now: Moment) -> Boxed<'_> {
    let mut query = publications::table.into_boxed().filter(IsLive {
        at: now,
        kinds: Kinds::of(&filter.kinds),
    });
    if !filter.locales.is_empty() {
        query = query.filter(publications::locale.eq_any(&filter.locales));
    }
    if let Some(featured) = filter.featured {
        query = query.filter(publications::featured.eq(featured));
    }
    if let Some(after) = filter.published_after {
        query = query.filter(publications::published_at.gt(after));
    }
    if let Some(before) = filter.published_before {
        query = query.filter(publications::published_at.lt(before));
    }
    if let Some(words) = &filter.words {
        let locale = filter
            .locales
            .as_slice()
            .first()
            .cloned()
            .unwrap_or_else(Locale::default);
        query = query.filter(Contains {
            words: words.as_text().clone(),
            locale: locale.as_str().to_owned(),
        });
    }
    if !filter.authors.is_empty() {
        query = query.filter(by_authors(&filter.authors));
    }
    tagged(query, filter)
}

fn tagged<'a>(mut query: Boxed<'a>, filter: &'a PublicationFilter) -> Boxed<'a> {
    if !filter.tags.is_empty() {
        query = query.filter(with_tags(&filter.tags));
    }
    for tag in &filter.tags_all {
        query = query.filter(with_tags(std::slice::from_ref(tag)));
    }
    if !filter.tags_not.is_empty() {
        query = query.filter(not(with_tags(&filter.tags_not)));
    }
    query
}

/// A page of published articles, one more than it shows, with all that belongs to them.
pub async fn list(
    conn: &AsyncPgConnection,
    filter: &PublicationFilter,
    paging: &Paging,
    bodies: Bodies,
    now: Moment,
) -> QueryResult<Read<Published>> {
    let page = || {
        let page = filtered(filter, now).order(paging.slice());
        match paging.after() {
            Some(after) => page.filter(after),
            None => page,
        }
    };
    let total = async {
        match paging.count() {
            Count::Unwanted => Ok(None),
            Count::Wanted => filtered(filter, now)
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
        }
    };
    let (articles, tags, authors, total, seen) = try_join!(
        rows(conn, page(), bodies),
        tags_of(conn, page().select(publications::id)),
        authors_of(conn, page().select(publications::id)),
        total,
        seen(conn, now),
    )?;
    let found = Published {
        articles,
        tags,
        authors,
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
    let (articles, tags, authors, seen) = try_join!(
        rows(conn, one(wanted, now), Bodies::Shown),
        tags_of(conn, id_of(wanted, now)),
        authors_of(conn, id_of(wanted, now)),
        seen(conn, now),
    )?;
    let found = Published {
        articles,
        tags,
        authors,
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

/// The tags of these publications, in order.
pub async fn tags_of(
    conn: &AsyncPgConnection,
    ids: BoxedIds<'_>,
) -> QueryResult<Vec<(PublicationId, TagRow)>> {
    publication_tags::table
        .inner_join(tags::table)
        .filter(publication_tags::publication_id.eq_any(ids))
        .order((publication_tags::publication_id, publication_tags::position))
        .select((publication_tags::publication_id, TagRow::as_select()))
        .load(&mut &*conn)
        .await
}

/// The bylines of these publications, in order.
pub async fn authors_of(
    conn: &AsyncPgConnection,
    ids: BoxedIds<'_>,
) -> QueryResult<Vec<(PublicationId, AuthorRow)>> {
    publication_authors::table
        .inner_join(authors::table)
        .filter(publication_authors::publication_id.eq_any(ids))
        .order((
            publication_authors::publication_id,
            publication_authors::position,
        ))
        .select((publication_authors::publication_id, AuthorRow::as_select()))
        .load(&mut &*conn)
        .await
}
