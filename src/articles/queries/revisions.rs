use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::schema::article_revisions;
use crate::types::{ArticleId, UserId};

/// Keeps a save for ever.
pub async fn insert_revision(
    conn: &AsyncPgConnection,
    article: ArticleId,
    number: i32,
    version: i64,
    snapshot: &Value,
    by: Option<UserId>,
) -> QueryResult<()> {
    diesel::insert_into(article_revisions::table)
        .values((
            article_revisions::article_id.eq(article),
            article_revisions::number.eq(number),
            article_revisions::version.eq(version),
            article_revisions::snapshot.eq(snapshot),
            article_revisions::created_by.eq(by),
        ))
        .execute(&mut &*conn)
        .await
        .map(|_| ())
}

/// What somebody saw who read the article at this version.
pub async fn find_snapshot_at_version(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    version: i64,
) -> QueryResult<Option<Value>> {
    article_revisions::table
        .filter(article_revisions::article_id.eq(article))
        .filter(article_revisions::version.le(version))
        .order(article_revisions::number.desc())
        .select(article_revisions::snapshot)
        .first(conn)
        .await
        .optional()
}
