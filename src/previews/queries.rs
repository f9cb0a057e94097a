use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::model::{NewPreviewLink, PreviewLinkRow};
use crate::platform::token::TokenHash;
use crate::rest::page::{Count, Paging};
use crate::schema::preview_links;
use crate::types::PreviewLinkId;

/// One more link than the page has, and the number of all where it is wanted: one round trip.
pub async fn list(
    conn: &AsyncPgConnection,
    paging: &Paging,
) -> QueryResult<(Vec<PreviewLinkRow>, Option<i64>)> {
    let page = preview_links::table
        .into_boxed()
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset())
        .select(PreviewLinkRow::as_select());
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let total = async {
        match paging.count() {
            Count::Wanted => preview_links::table
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    try_join!(page.load(&mut &*conn), total)
}

/// The link with this id.
pub async fn find(
    conn: &mut AsyncPgConnection,
    id: PreviewLinkId,
) -> QueryResult<Option<PreviewLinkRow>> {
    preview_links::table
        .find(id)
        .select(PreviewLinkRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The link that has this token, if it is in force.
pub async fn find_in_force(
    conn: &mut AsyncPgConnection,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> QueryResult<Option<PreviewLinkRow>> {
    preview_links::table
        .filter(preview_links::token_hash.eq(token.as_bytes()))
        .filter(preview_links::revoked_at.is_null())
        .filter(preview_links::expires_at.gt(now))
        .select(PreviewLinkRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Inserts a link. Violates `preview_links_article_exists` when there is no such article.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    new: &NewPreviewLink<'_>,
) -> QueryResult<PreviewLinkRow> {
    diesel::insert_into(preview_links::table)
        .values(new)
        .returning(PreviewLinkRow::as_returning())
        .get_result(conn)
        .await
}

/// Takes a link out of force; `None` when there is none in force with this id.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    id: PreviewLinkId,
    now: DateTime<Utc>,
) -> QueryResult<Option<PreviewLinkRow>> {
    diesel::update(preview_links::table.find(id))
        .filter(preview_links::revoked_at.is_null())
        .set(preview_links::revoked_at.eq(now))
        .returning(PreviewLinkRow::as_returning())
        .get_result(conn)
        .await
        .optional()
}
