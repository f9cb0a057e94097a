use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{ChangeKind, ChangeRow, Feed, Told};
use super::token::Place;
use crate::platform::events::ReaderAction;
use crate::types::Slug;

/// Which changes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that readers are told of.
    Told,
    /// All that have a place.
    All,
}

/// Reads the feed: the newest place, and at most `most` changes after a position. One statement, so one snapshot.
struct ReadFeed {
    since: Option<i64>,
    which: Which,
    most: i64,
}

impl QueryFragment<Pg> for ReadFeed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "select feed.installation, newest.position, newest.at, base.at, entry.position, entry.at, entry.action, \
             entry.kind, entry.id, entry.slug, entry.cache_tags \
             from change_feed feed \
             left join (select position, at from changes order by position desc limit 1) newest on true \
             left join (select at from changes where position = ",
        );
        out.push_bind_param::<Nullable<BigInt>, _>(&self.since)?;
        out.push_sql(") base on true left join (select * from changes where position > ");
        out.push_bind_param::<Nullable<BigInt>, _>(&self.since)?;
        out.push_sql(match self.which {
            Which::Told => " and action is not null order by position limit ",
            Which::All => " order by position limit ",
        });
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(") entry on true order by entry.position");
        Ok(())
    }
}

impl QueryId for ReadFeed {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

type PlaceColumns = (Nullable<BigInt>, Nullable<Timestamptz>);
type Row = (
    Uuid,
    (Option<i64>, Option<DateTime<Utc>>),
    Option<DateTime<Utc>>,
    (Option<i64>, Option<DateTime<Utc>>),
    (
        Option<ReaderAction>,
        Option<ChangeKind>,
        Option<Uuid>,
        Option<Slug>,
        Option<Vec<String>>,
    ),
);

impl Query for ReadFeed {
    type SqlType = (
        SqlUuid,
        PlaceColumns,
        Nullable<Timestamptz>,
        PlaceColumns,
        (
            Nullable<Text>,
            Nullable<Text>,
            Nullable<SqlUuid>,
            Nullable<Text>,
            Nullable<Array<Text>>,
        ),
    );
}

/// The newest place, and the changes after a position; none of them without one.
pub async fn read(
    conn: &AsyncPgConnection,
    since: Option<i64>,
    which: Which,
    most: i64,
) -> QueryResult<Feed> {
    let query = ReadFeed { since, which, most };
    let rows: Vec<Row> = query.load(&mut &*conn).await?;
    let (installation, newest, base_at, _, _) = rows
        .as_slice()
        .first()
        .ok_or(diesel::result::Error::NotFound)?;
    let base = since.zip(*base_at);
    Ok(Feed {
        installation: *installation,
        newest: place(*newest).unwrap_or(Place::BEGINNING),
        base: base.map(|(position, at)| Place { position, at }),
        rows: rows.iter().filter_map(change).collect(),
    })
}

fn place((position, at): (Option<i64>, Option<DateTime<Utc>>)) -> Option<Place> {
    let (position, at) = position.zip(at)?;
    Some(Place { position, at })
}

fn change((_, _, _, entry, told): &Row) -> Option<ChangeRow> {
    let told = match told.clone() {
        (Some(action), Some(kind), Some(id), Some(slug), Some(cache_tags)) => Some(Told {
            action,
            kind,
            id,
            slug,
            cache_tags,
        }),
        _ => None,
    };
    Some(ChangeRow {
        place: place(*entry)?,
        told,
    })
}
