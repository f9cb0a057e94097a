use chrono::{DateTime, Utc};
use diesel::dsl::{min, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use crate::articles::model::UntoldRow;
use crate::schema::{articles, publications};
use crate::types::{ArticleId, PublicationId, Slug};

/// When the next publication begins or ends that readers have not been told of.
pub async fn find_next_untold(conn: &AsyncPgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    let begin = publications::table
        .filter(not(publications::superseded))
        .filter(not(publications::begin_told))
        .select(min(publications::live_from))
        .get_result::<Option<DateTime<Utc>>>(&mut &*conn);
    let end = publications::table
        .filter(not(publications::superseded))
        .filter(not(publications::end_told))
        .filter(publications::live_until.is_not_null())
        .select(min(publications::live_until))
        .get_result::<Option<DateTime<Utc>>>(&mut &*conn);
    let (begin, end) = try_join!(begin, end)?;
    Ok(begin.into_iter().chain(end).min())
}

/// Locks articles of which something began or ended that readers have not been told of; leaves out those that somebody
/// else is working on.
pub async fn lock_untold(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<ArticleId>> {
    let begun = publications::table
        .filter(not(publications::superseded))
        .filter(not(publications::begin_told))
        .filter(publications::live_from.le(now))
        .order(publications::live_from)
        .limit(most)
        .select(publications::article_id)
        .load::<ArticleId>(&mut &*conn);
    let ended = publications::table
        .filter(not(publications::superseded))
        .filter(not(publications::end_told))
        .filter(publications::live_until.le(now))
        .order(publications::live_until)
        .limit(most)
        .select(publications::article_id)
        .load::<ArticleId>(&mut &*conn);
    let (mut ids, ended) = try_join!(begun, ended)?;
    ids.extend(ended);
    articles::table
        .filter(articles::id.eq_any(ids))
        .select(articles::id)
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}

/// The publications of an article of which something began or ended that readers have not been told of.
pub async fn list_untold(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<UntoldRow>> {
    let begun = not(publications::begin_told).and(publications::live_from.le(now));
    let ended = not(publications::end_told).and(publications::live_until.le(now).assume_not_null());
    publications::table
        .filter(publications::article_id.eq(article))
        .filter(not(publications::superseded))
        .filter(begun.or(ended))
        .select(UntoldRow::as_select())
        .load(conn)
        .await
}

/// Notes that readers have been told all that happened to these publications.
pub async fn set_told(
    conn: &mut AsyncPgConnection,
    ids: &[PublicationId],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let these = || publications::table.filter(publications::id.eq_any(ids));
    diesel::update(these().filter(publications::live_from.le(now)))
        .set(publications::begin_told.eq(true))
        .execute(conn)
        .await?;
    diesel::update(these().filter(publications::live_until.le(now)))
        .set(publications::end_told.eq(true))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The slug under which readers find an article; `None` when they don't.
pub async fn find_live_slug(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Slug>> {
    let goes_on = publications::live_until
        .is_null()
        .or(publications::live_until.gt(now));
    publications::table
        .filter(publications::article_id.eq(article))
        .filter(not(publications::superseded))
        .filter(publications::live_from.le(now))
        .filter(goes_on)
        .select(publications::slug)
        .first(conn)
        .await
        .optional()
}
