use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::schema::import_sources;
use crate::types::ArticleId;

/// Where an article came from.
#[derive(Debug, Queryable)]
pub struct Origin {
    pub article_id: ArticleId,
    pub fingerprint: Vec<u8>,
    pub revision: i32,
}

/// The article that was made of this item before.
pub async fn find_origin(
    conn: &mut AsyncPgConnection,
    source: &str,
    key: &str,
) -> QueryResult<Option<Origin>> {
    import_sources::table
        .find((source, key))
        .select((
            import_sources::article_id,
            import_sources::fingerprint,
            import_sources::revision,
        ))
        .first(conn)
        .await
        .optional()
}

/// Remembers what was made of an item.
pub async fn keep_origin(
    conn: &mut AsyncPgConnection,
    source: &str,
    key: &str,
    origin: &Origin,
) -> QueryResult<()> {
    let made = (
        import_sources::article_id.eq(origin.article_id),
        import_sources::fingerprint.eq(&origin.fingerprint),
        import_sources::revision.eq(origin.revision),
    );
    diesel::insert_into(import_sources::table)
        .values((
            import_sources::source.eq(source),
            import_sources::source_key.eq(key),
            made,
        ))
        .on_conflict((import_sources::source, import_sources::source_key))
        .do_update()
        .set(made)
        .execute(conn)
        .await
        .map(|_| ())
}
