use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::articles::model::{ArticleFilter, ArticleRow, BodyRow, Owner, Place};
use crate::articles::state::ArticleStatus;
use crate::authors::AuthorRow;
use crate::rest::page::{Count, Paging};
use crate::schema::{article_authors, article_tags, articles, authors, tags, users};
use crate::tags::TagRow;
use crate::types::{ArticleId, AuthorId, Reference, UserId};

diesel::define_sql_function! {
    /// Where an article stands at an instant.
    fn article_status(from: Nullable<Timestamptz>, until: Nullable<Timestamptz>, in_review: Bool, at: Timestamptz) -> Text;
}

type Boxed<'a> = articles::BoxedQuery<'a, Pg>;

fn filtered(filter: &ArticleFilter, now: DateTime<Utc>) -> Boxed<'_> {
    let mut query = articles::table.into_boxed();
    query = match filter.place {
        Place::Desk => query.filter(articles::trashed_at.is_null()),
        Place::Trash => query.filter(articles::trashed_at.is_not_null()),
    };
    if !filter.kinds.is_empty() {
        query = query.filter(articles::kind.eq_any(&filter.kinds));
    }
    if !filter.locales.is_empty() {
        query = query.filter(articles::locale.eq_any(&filter.locales));
    }
    if let Some(featured) = filter.featured {
        query = query.filter(articles::featured.eq(featured));
    }
    if let Some(after) = filter.updated_after {
        query = query.filter(articles::updated_at.gt(after));
    }
    if let Some(text) = &filter.text {
        let pattern = crate::platform::db::containing(text);
        query = query.filter(
            articles::title
                .ilike(pattern.clone())
                .or(articles::slug.ilike(pattern.clone()))
                .or(articles::excerpt.assume_not_null().ilike(pattern)),
        );
    }
    let status = article_status(
        articles::live_from,
        articles::live_until,
        articles::in_review,
        now,
    );
    if !filter.statuses.is_empty() {
        query = query.filter(status.eq_any(&filter.statuses));
    }
    if let Some(wanted) = filter.has_unpublished_changes {
        let is_out = status.eq_any([ArticleStatus::Published, ArticleStatus::Scheduled]);
        let differs = is_out.and(
            articles::published_revision
                .assume_not_null()
                .lt(articles::revision),
        );
        query = if wanted {
            query.filter(differs)
        } else {
            query.filter(not(differs))
        };
    }
    if let Some(owner) = filter.owner {
        query = owned(query, owner);
    }
    related(query, filter)
}

fn owned(query: Boxed<'_>, owner: Owner) -> Boxed<'_> {
    let in_byline = article_authors::table
        .filter(article_authors::article_id.eq(articles::id))
        .filter(article_authors::author_id.eq(owner.author));
    query.filter(
        articles::created_by
            .assume_not_null()
            .eq(owner.user)
            .or(exists(in_byline)),
    )
}

fn related<'a>(mut query: Boxed<'a>, filter: &'a ArticleFilter) -> Boxed<'a> {
    if !filter.tags.is_empty() {
        let (ids, slugs) = Reference::split(&filter.tags);
        query = query.filter(exists(
            article_tags::table
                .inner_join(tags::table)
                .filter(article_tags::article_id.eq(articles::id))
                .filter(tags::id.eq_any(ids).or(tags::slug.eq_any(slugs))),
        ));
    }
    if !filter.authors.is_empty() {
        let (ids, slugs) = Reference::split(&filter.authors);
        query = query.filter(exists(
            article_authors::table
                .inner_join(authors::table)
                .filter(article_authors::article_id.eq(articles::id))
                .filter(authors::id.eq_any(ids).or(authors::slug.eq_any(slugs))),
        ));
    }
    query
}

/// One more article than the page has, and the number of all where it is wanted.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &ArticleFilter,
    paging: &Paging,
    now: DateTime<Utc>,
) -> QueryResult<(Vec<ArticleRow>, Option<i64>)> {
    let mut page = filtered(filter, now)
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    if let Some(after) = paging.after() {
        page = page.filter(after);
    }
    let rows = page.select(ArticleRow::as_select()).load(conn).await?;
    let total = match paging.count() {
        Count::Wanted => Some(filtered(filter, now).count().get_result(conn).await?),
        Count::Unwanted => None,
    };
    Ok((rows, total))
}

/// The article with this id.
pub async fn find(conn: &AsyncPgConnection, id: ArticleId) -> QueryResult<Option<ArticleRow>> {
    articles::table
        .find(id)
        .select(ArticleRow::as_select())
        .first(&mut &*conn)
        .await
        .optional()
}

/// The article with this id and its body, locked until the transaction ends.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
) -> QueryResult<Option<(ArticleRow, BodyRow)>> {
    articles::table
        .find(id)
        .select((ArticleRow::as_select(), BodyRow::as_select()))
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// The bodies of these articles, in no order.
pub async fn with_body(
    conn: &AsyncPgConnection,
    ids: &[ArticleId],
) -> QueryResult<Vec<(ArticleId, BodyRow)>> {
    articles::table
        .filter(articles::id.eq_any(ids))
        .select((articles::id, BodyRow::as_select()))
        .load(&mut &*conn)
        .await
}

/// The tags of these articles, each article's in its order.
pub async fn list_tags(
    conn: &AsyncPgConnection,
    ids: &[ArticleId],
) -> QueryResult<Vec<(ArticleId, TagRow)>> {
    article_tags::table
        .inner_join(tags::table)
        .filter(article_tags::article_id.eq_any(ids))
        .order((article_tags::article_id, article_tags::position))
        .select((article_tags::article_id, TagRow::as_select()))
        .load(&mut &*conn)
        .await
}

/// The bylines of these articles, each in its order.
pub async fn list_authors(
    conn: &AsyncPgConnection,
    ids: &[ArticleId],
) -> QueryResult<Vec<(ArticleId, AuthorRow)>> {
    article_authors::table
        .inner_join(authors::table)
        .filter(article_authors::article_id.eq_any(ids))
        .order((article_authors::article_id, article_authors::position))
        .select((article_authors::article_id, AuthorRow::as_select()))
        .load(&mut &*conn)
        .await
}

/// The names of these accounts.
pub async fn list_names(
    conn: &AsyncPgConnection,
    ids: &[UserId],
) -> QueryResult<Vec<(UserId, AuthorId, String)>> {
    users::table
        .inner_join(authors::table)
        .filter(users::id.eq_any(ids))
        .select((users::id, authors::id, authors::name))
        .load(&mut &*conn)
        .await
}
