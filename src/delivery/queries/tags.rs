use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::articles::next_change;
use crate::delivery::model::Counted;
use crate::platform::clock::Moment;
use crate::rest::page::Paging;
use crate::tags::queries;
use crate::tags::{TagFilter, TagWithParent};
use crate::types::{Reference, TagId};

/// A page of tags, one more than it shows.
pub async fn list_tags(
    conn: &AsyncPgConnection,
    filter: &TagFilter,
    paging: &Paging,
    now: Moment,
) -> QueryResult<Counted<TagWithParent>> {
    let ((rows, total), next_change) = try_join!(
        queries::list(conn, filter, paging, now),
        next_change(conn, now)
    )?;
    Ok(Counted {
        rows,
        total,
        next_change,
    })
}

/// One tag.
pub async fn find_tag(
    conn: &AsyncPgConnection,
    wanted: &Reference<TagId>,
    now: Moment,
) -> QueryResult<Counted<TagWithParent>> {
    let (row, next_change) = try_join!(queries::find(conn, wanted, now), next_change(conn, now))?;
    Ok(Counted {
        rows: row.into_iter().collect(),
        total: None,
        next_change,
    })
}
