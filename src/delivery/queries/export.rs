use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::Stream;

use super::labels::labels_of;
use super::live::{IsLive, Kinds};
use crate::delivery::model::{Labels, PublicationRow, WithBody};
use crate::platform::clock::Moment;
use crate::schema::publications;
use crate::types::PublicationId;

/// The next publications in the order of their ids.
pub async fn ids_after(
    conn: &AsyncPgConnection,
    kinds: Kinds,
    after: Option<PublicationId>,
    most: i64,
    now: Moment,
) -> QueryResult<Vec<PublicationId>> {
    let after = after.unwrap_or_else(|| uuid::Uuid::nil().into());
    publications::table
        .filter(IsLive { at: now, kinds })
        .filter(publications::id.gt(after))
        .order(publications::id)
        .limit(most)
        .select(publications::id)
        .load(&mut &*conn)
        .await
}

/// The tags and authors of these publications.
pub async fn around(conn: &AsyncPgConnection, ids: &[PublicationId]) -> QueryResult<Labels> {
    let these = publications::table
        .into_boxed()
        .filter(publications::id.eq_any(ids));
    labels_of(conn, these).await
}

/// These publications with their bodies, one after the other: no more than one of them is in memory.
pub async fn each_of<'a>(
    conn: &'a mut AsyncPgConnection,
    ids: &'a [PublicationId],
) -> QueryResult<impl Stream<Item = QueryResult<WithBody>> + 'a> {
    publications::table
        .filter(publications::id.eq_any(ids))
        .order(publications::id)
        .select((
            PublicationRow::as_select(),
            publications::body_html.nullable(),
        ))
        .load_stream::<WithBody>(conn)
        .await
}
