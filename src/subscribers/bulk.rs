//! Thousands of subscribers by one statement each, for imports and exports. Who calls it keeps the rules: asks
//! [`super::suppression`] after writing, and appends to the ledger last.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{FollowingSubscriber, SubscriberFilter, SubscriberRow, WritableSubscriber};
use super::queries::{filtered, with_topics};
use super::wishes;
use crate::platform::db::Rows;
use crate::schema::{subscriber_topics, subscribers};
use crate::types::{EmailAddress, SubscriberId, TagId};

pub use super::handlers::find_topics;

/// The subscribers with these addresses, in no particular order.
pub async fn find_by_emails(
    conn: &mut AsyncPgConnection,
    emails: &[&EmailAddress],
) -> QueryResult<Vec<SubscriberRow>> {
    subscribers::table
        .filter(subscribers::email.eq_any(emails))
        .select(SubscriberRow::as_select())
        .load(conn)
        .await
}

/// The subscribers with these ids, in no particular order.
pub async fn find(
    conn: &mut AsyncPgConnection,
    ids: &[SubscriberId],
) -> QueryResult<Vec<SubscriberRow>> {
    subscribers::table
        .filter(subscribers::id.eq_any(ids))
        .select(SubscriberRow::as_select())
        .load(conn)
        .await
}

/// Which of these subscribers follows which tags, in their order.
pub async fn topics(
    conn: &mut AsyncPgConnection,
    ids: &[SubscriberId],
) -> QueryResult<Vec<(SubscriberId, TagId)>> {
    subscriber_topics::table
        .filter(subscriber_topics::subscriber_id.eq_any(ids))
        .order((
            subscriber_topics::subscriber_id,
            subscriber_topics::position,
        ))
        .select((subscriber_topics::subscriber_id, subscriber_topics::tag_id))
        .load(conn)
        .await
}

/// The next subscribers that pass a filter behind the one with this id, by their ids.
pub async fn after(
    conn: &mut AsyncPgConnection,
    filter: &SubscriberFilter,
    last: Option<SubscriberId>,
    count: i64,
) -> QueryResult<Vec<FollowingSubscriber>> {
    let page = filtered(filter)
        .select(SubscriberRow::as_select())
        .order(subscribers::id)
        .limit(count);
    let page = match last {
        Some(last) => page.filter(subscribers::id.gt(last)),
        None => page,
    };
    let rows = page.load(&mut *conn).await?;
    with_topics(conn, rows).await
}

/// How many subscribers pass a filter.
pub async fn count(conn: &mut AsyncPgConnection, filter: &SubscriberFilter) -> QueryResult<i64> {
    filtered(filter).count().get_result(conn).await
}

/// A subscriber to be written: with the version that it must still have, or 0 for a new one.
pub type Numbered<'a> = (SubscriberId, i64, &'a WritableSubscriber);

/// Inserts subscribers who came with an import. Fails where an address was taken in the moment before.
pub async fn insert(conn: &AsyncPgConnection, new: &[Numbered<'_>]) -> QueryResult<()> {
    let inserting = Inserting(Columns::of(new)?);
    inserting.execute(&mut &*conn).await.map(|_| ())
}

/// Updates subscribers, but for those that have another version by now; says how many it did. Address, arrival and
/// generation stay.
pub async fn update(
    conn: &AsyncPgConnection,
    changed: &[Numbered<'_>],
) -> QueryResult<Vec<SubscriberId>> {
    let columns = Columns::of(changed)?;
    Updating(columns).load(&mut &*conn).await
}

/// Deletes subscribers who have this version still, and of whom nobody has asked for anything since.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    old: &[(SubscriberId, i64)],
) -> QueryResult<Vec<SubscriberId>> {
    let (ids, versions) = old.iter().copied().unzip();
    Deleting { ids, versions }.load(conn).await
}

/// Lets subscribers follow these tags in this order, and those that they follow already.
pub async fn add_topics(
    conn: &AsyncPgConnection,
    topics: &[(SubscriberId, TagId, i32)],
) -> QueryResult<()> {
    if topics.is_empty() {
        return Ok(());
    }
    let following = Following {
        ids: topics.iter().map(|(id, _, _)| *id).collect(),
        tags: topics.iter().map(|(_, tag, _)| *tag).collect(),
        positions: topics.iter().map(|(_, _, position)| *position).collect(),
    };
    following.execute(&mut &*conn).await.map(|_| ())
}

/// Takes all topics off subscribers.
pub async fn clear_topics(conn: &mut AsyncPgConnection, ids: &[SubscriberId]) -> QueryResult<()> {
    diesel::delete(subscriber_topics::table)
        .filter(subscriber_topics::subscriber_id.eq_any(ids))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Voids what waits for a confirmation of these subscribers, because they have left.
pub async fn void_wishes(conn: &AsyncPgConnection, ids: &[SubscriberId]) -> QueryResult<()> {
    wishes::delete_open(conn, ids).await
}

/// Rows turned into columns.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<SubscriberId>,
    versions: Vec<i64>,
    emails: Vec<&'a str>,
    names: Vec<Option<&'a str>>,
    statuses: Vec<&'static str>,
    times: [Vec<Option<chrono::DateTime<chrono::Utc>>>; 5],
    locales: Vec<Option<&'a str>>,
    time_zones: Vec<Option<&'a str>>,
    attributes: Vec<String>,
    consents: Vec<Option<String>>,
    roles: Vec<bool>,
    disposables: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(rows: &[Numbered<'a>]) -> QueryResult<Self> {
        let json =
            |fault: serde_json::Error| diesel::result::Error::SerializationError(fault.into());
        let mut columns = Self::default();
        for (id, version, row) in rows {
            let standing = row.standing;
            columns.ids.push(*id);
            columns.versions.push(*version);
            columns.emails.push(row.email.as_str());
            columns.names.push(row.name.as_deref());
            columns.statuses.push(standing.status.as_str());
            let times = [
                standing.confirmed_at,
                standing.unsubscribed_at,
                standing.bounced_at,
                standing.complained_at,
                row.paused_until,
            ];
            for (column, time) in columns.times.iter_mut().zip(times) {
                column.push(time);
            }
            columns
                .locales
                .push(row.locale.as_ref().map(|locale| locale.as_str()));
            columns
                .time_zones
                .push(row.time_zone.as_ref().map(|zone| zone.as_str()));
            columns
                .attributes
                .push(serde_json::to_string(&row.attributes).map_err(json)?);
            let consent = row.consent.as_ref().map(serde_json::to_string);
            columns.consents.push(consent.transpose().map_err(json)?);
            columns.roles.push(row.address_kind.is_role_address);
            columns
                .disposables
                .push(row.address_kind.is_disposable_address);
        }
        Ok(columns)
    }

    /// These rows as the table `given`.
    fn walk<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut rows = Rows::new(out);
        rows.column::<Uuid, _>("id", &self.ids)?;
        rows.column::<BigInt, _>("version", &self.versions)?;
        rows.column::<Text, _>("email", &self.emails)?;
        rows.column::<Nullable<Text>, _>("name", &self.names)?;
        rows.column::<Text, _>("status", &self.statuses)?;
        for (name, times) in TIMES.into_iter().zip(&self.times) {
            rows.column::<Nullable<Timestamptz>, _>(name, times)?;
        }
        rows.column::<Nullable<Text>, _>("locale", &self.locales)?;
        rows.column::<Nullable<Text>, _>("time_zone", &self.time_zones)?;
        rows.column::<Text, _>("attributes", &self.attributes)?;
        rows.column::<Nullable<Text>, _>("consent", &self.consents)?;
        rows.column::<Bool, _>("is_role_address", &self.roles)?;
        rows.column::<Bool, _>("is_disposable_address", &self.disposables)?;
        rows.named("given");
        Ok(())
    }
}

/// The instants that an import may write.
const TIMES: [&str; 5] = [
    "confirmed_at",
    "unsubscribed_at",
    "bounced_at",
    "complained_at",
    "paused_until",
];

struct Inserting<'a>(Columns<'a>);

impl QueryFragment<Pg> for Inserting<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // In the order of the addresses: whoever inserts the same at the same time must wait for them in the same order.
        out.push_sql(
            "insert into subscribers (id, email, name, status, confirmed_at, unsubscribed_at, bounced_at, complained_at, \
             paused_until, locale, time_zone, attributes, consent, is_role_address, is_disposable_address, source) \
             select id, email, name, status, confirmed_at, unsubscribed_at, bounced_at, complained_at, paused_until, \
             locale, time_zone, attributes::jsonb, consent::jsonb, is_role_address, is_disposable_address, 'import' from ",
        );
        self.0.walk(out)
    }
}

impl QueryId for Inserting<'_> {
    type QueryId = Inserting<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Inserting<'_> {}

struct Updating<'a>(Columns<'a>);

impl QueryFragment<Pg> for Updating<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "update subscribers set name = given.name, status = given.status, confirmed_at = given.confirmed_at, \
             unsubscribed_at = given.unsubscribed_at, bounced_at = given.bounced_at, complained_at = given.complained_at, \
             paused_until = given.paused_until, locale = given.locale, time_zone = given.time_zone, \
             attributes = given.attributes::jsonb, consent = given.consent::jsonb from ",
        );
        self.0.walk(out.reborrow())?;
        out.push_sql(
            " where subscribers.id = given.id and subscribers.version = given.version returning subscribers.id",
        );
        Ok(())
    }
}

impl QueryId for Updating<'_> {
    type QueryId = Updating<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Updating<'_> {
    type SqlType = Uuid;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Updating<'_> {}

struct Deleting {
    ids: Vec<SubscriberId>,
    versions: Vec<i64>,
}

impl QueryFragment<Pg> for Deleting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("delete from subscribers using ");
        let mut rows = Rows::new(out.reborrow());
        rows.column::<Uuid, _>("id", &self.ids)?;
        rows.column::<BigInt, _>("version", &self.versions)?;
        rows.named("old");
        out.push_sql(
            " where subscribers.id = old.id and subscribers.version = old.version and not exists \
             (select from subscription_wishes where subscriber_id = subscribers.id) returning subscribers.id",
        );
        Ok(())
    }
}

impl QueryId for Deleting {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Deleting {
    type SqlType = Uuid;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Deleting {}

struct Following {
    ids: Vec<SubscriberId>,
    tags: Vec<TagId>,
    positions: Vec<i32>,
}

impl QueryFragment<Pg> for Following {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // A tag that has gone meanwhile is followed by nobody.
        out.push_sql(
            "insert into subscriber_topics (subscriber_id, tag_id, position) \
             select subscriber_id, tag_id, position from ",
        );
        let mut rows = Rows::new(out.reborrow());
        rows.column::<Uuid, _>("subscriber_id", &self.ids)?;
        rows.column::<Uuid, _>("tag_id", &self.tags)?;
        rows.column::<Integer, _>("position", &self.positions)?;
        rows.named("given");
        out.push_sql(
            " where exists (select from tags where tags.id = tag_id) on conflict do nothing",
        );
        Ok(())
    }
}

impl QueryId for Following {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Following {}
