use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::articles::{Bodies, rows};
use super::labels::labels_of;
use super::page::page_of;
use crate::delivery::filter::PublicationFilter;
use crate::delivery::model::{PublicationSort, Published};
use crate::platform::clock::Moment;
use crate::platform::keyset::{OrderBy, Slice};
use crate::rest::page::ordering;
use crate::types::{AuthorId, Reference, TagId};

/// What the newest articles are wanted of.
#[derive(Debug, Clone)]
pub enum NewestOf {
    Site,
    Tag(Reference<TagId>),
    Author(Reference<AuthorId>),
}

impl NewestOf {
    fn filter(&self) -> PublicationFilter {
        let mut filter = PublicationFilter::default();
        match self {
            Self::Site => {}
            Self::Tag(tag) => filter.tags.push(tag.clone()),
            Self::Author(author) => filter.authors.push(author.clone()),
        }
        filter
    }
}

/// The newest published articles, with all that belongs to them. To be read together with other things, what the database
/// says of itself last.
pub async fn newest(
    conn: &AsyncPgConnection,
    of: &NewestOf,
    limit: i64,
    bodies: Bodies,
    now: Moment,
) -> diesel::QueryResult<Published> {
    let filter = of.filter();
    let page = || {
        let slice = Slice {
            order: OrderBy(ordering::<PublicationSort>(&[])),
            limit,
            offset: 0,
        };
        page_of(&filter, slice, None, now)
    };
    let (articles, labels) = try_join!(rows(conn, page(), bodies), labels_of(conn, page()))?;
    Ok(Published {
        articles,
        labels,
        total: None,
    })
}
