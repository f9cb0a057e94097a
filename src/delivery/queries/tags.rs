use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::live::seen;
use crate::delivery::model::Counted;
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
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
) -> QueryResult<Read<Counted<TagWithParent>>> {
    let ((rows, total), seen) =
        try_join!(queries::list(conn, filter, paging, now), seen(conn, now))?;
    let found = Counted { rows, total };
    Ok(Read { found, seen })
}

/// One tag.
pub async fn find_tag(
    conn: &AsyncPgConnection,
    wanted: &Reference<TagId>,
    now: Moment,
) -> QueryResult<Read<Counted<TagWithParent>>> {
    let (row, seen) = try_join!(queries::find(conn, wanted, now), seen(conn, now))?;
    let found = Counted {
        rows: row.into_iter().collect(),
        total: None,
    };
    Ok(Read { found, seen })
}
