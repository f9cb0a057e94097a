use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::Stream;

use super::labels::labels_of;
use super::live::{IsLive, Kinds};
use crate::delivery::model::{Labels, PublicationRow, WithBody};
use crate::platform::clock::Moment;
use crate::schema::publications;

/// The numbers of the next publications in the order in which they were made, which is how they lie on the disk.
pub async fn numbers_after(
    conn: &AsyncPgConnection,
    kinds: Kinds,
    after: i64,
    most: i64,
    now: Moment,
) -> QueryResult<Vec<i64>> {
    publications::table
        .filter(IsLive { at: now, kinds })
        .filter(publications::number.gt(after))
        .order(publications::number)
        .limit(most)
        .select(publications::number)
        .load(&mut &*conn)
        .await
}

/// The tags and authors of these publications.
pub async fn around(conn: &AsyncPgConnection, numbers: &[i64]) -> QueryResult<Labels> {
    let these = publications::table
        .into_boxed()
        .filter(publications::number.eq_any(numbers));
    labels_of(conn, these).await
}

/// These publications with their bodies, one after the other: no more than one of them is in memory.
pub async fn each_of<'a>(
    conn: &'a mut AsyncPgConnection,
    numbers: &'a [i64],
) -> QueryResult<impl Stream<Item = QueryResult<WithBody>> + 'a> {
    publications::table
        .filter(publications::number.eq_any(numbers))
        .order(publications::number)
        .select((
            PublicationRow::as_select(),
            publications::body_html.nullable(),
        ))
        .load_stream::<WithBody>(conn)
        .await
}
