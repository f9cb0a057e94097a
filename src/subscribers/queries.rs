use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::model::{
    FollowingSubscriber, SubscriberFilter, SubscriberRow, SubscriberSource, WritableSubscriber,
};
use super::state::SubscriberStatus;
use crate::platform::db::containing;
use crate::rest::page::{Count, Paging};
use crate::schema::{subscriber_topics, subscribers, tags};
use crate::tags::TagRow;
use crate::types::{EmailAddress, SubscriberId, TagId};

diesel::define_sql_function! {
    /// Where in a list, from 1, a value that is in it stands.
    fn array_position(list: Array<Uuid>, value: Uuid) -> Integer;
}

/// The subscribers that pass a filter.
pub(super) fn filtered(filter: &SubscriberFilter) -> subscribers::BoxedQuery<'_, diesel::pg::Pg> {
    let mut query = subscribers::table.into_boxed();
    if let Some(part) = &filter.part {
        let pattern = containing(part);
        let is_meant = subscribers::email
            .ilike(pattern.clone())
            .or(subscribers::email.nullable().eq(&filter.email))
            .or(subscribers::name.ilike(pattern));
        query = query.filter(is_meant);
    }
    if !filter.statuses.is_empty() {
        query = query.filter(subscribers::status.eq_any(&filter.statuses));
    }
    if !filter.sources.is_empty() {
        query = query.filter(subscribers::source.eq_any(&filter.sources));
    }
    if let Some(topics) = &filter.topics {
        let follows_one = subscriber_topics::table
            .filter(subscriber_topics::subscriber_id.eq(subscribers::id))
            .filter(subscriber_topics::tag_id.eq_any(topics));
        query = query.filter(exists(follows_one));
    }
    if let Some(instant) = filter.created_after {
        query = query.filter(subscribers::created_at.gt(instant));
    }
    if let Some(instant) = filter.created_before {
        query = query.filter(subscribers::created_at.lt(instant));
    }
    query
}

/// One more subscriber than the page has, and the number of all where it is wanted.
pub async fn list(
    conn: &AsyncPgConnection,
    filter: &SubscriberFilter,
    paging: &Paging,
) -> QueryResult<(Vec<FollowingSubscriber>, Option<i64>)> {
    let page = filtered(filter)
        .select(SubscriberRow::as_select())
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let total = async {
        match paging.count() {
            Count::Wanted => filtered(filter)
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    let (rows, total) = try_join!(page.load(&mut &*conn), total)?;
    Ok((with_topics(conn, rows).await?, total))
}

/// The subscriber with this id, and what they follow.
pub async fn find(
    conn: &AsyncPgConnection,
    id: SubscriberId,
) -> QueryResult<Option<FollowingSubscriber>> {
    let row = subscribers::table
        .find(id)
        .select(SubscriberRow::as_select())
        .first(&mut &*conn)
        .await
        .optional()?;
    Ok(with_topics(conn, row.into_iter().collect()).await?.pop())
}

/// The subscriber with this id, locked until the transaction ends, and what they follow.
pub async fn lock(
    conn: &AsyncPgConnection,
    id: SubscriberId,
) -> QueryResult<Option<FollowingSubscriber>> {
    let row = subscribers::table
        .find(id)
        .select(SubscriberRow::as_select())
        .for_update()
        .first(&mut &*conn)
        .await
        .optional()?;
    Ok(with_topics(conn, row.into_iter().collect()).await?.pop())
}

/// Id and status of the subscriber with this address.
pub async fn find_by_email(
    conn: &mut AsyncPgConnection,
    email: &EmailAddress,
) -> QueryResult<Option<(SubscriberId, SubscriberStatus)>> {
    subscribers::table
        .filter(subscribers::email.eq(email))
        .select((subscribers::id, subscribers::status))
        .first(conn)
        .await
        .optional()
}

/// Adds to subscribers what they follow.
pub(super) async fn with_topics(
    conn: &AsyncPgConnection,
    rows: Vec<SubscriberRow>,
) -> QueryResult<Vec<FollowingSubscriber>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<SubscriberId> = rows.iter().map(|row| row.id).collect();
    let followed: Vec<(SubscriberId, TagRow)> = subscriber_topics::table
        .inner_join(tags::table)
        .filter(subscriber_topics::subscriber_id.eq_any(ids))
        .order(subscriber_topics::position)
        .select((subscriber_topics::subscriber_id, TagRow::as_select()))
        .load(&mut &*conn)
        .await?;
    let mut topics: HashMap<SubscriberId, Vec<TagRow>> = HashMap::new();
    for (id, tag) in followed {
        topics.entry(id).or_default().push(tag);
    }
    let following = |row: SubscriberRow| FollowingSubscriber {
        topics: topics.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(following).collect())
}

/// Inserts a subscriber unless the address is taken; tells whether it did. A violated constraint would do as well, but
/// Postgres writes the address into its log then.
pub async fn insert_unless_there(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    source: SubscriberSource,
    subscriber: &WritableSubscriber,
) -> QueryResult<bool> {
    let keys = (subscribers::id.eq(id), subscribers::source.eq(source));
    diesel::insert_into(subscribers::table)
        .values((keys, subscriber))
        .on_conflict(subscribers::email)
        .do_nothing()
        .execute(conn)
        .await
        .map(|inserted| inserted == 1)
}

/// Updates a subscriber. Violates `subscribers_email_key` when the address is taken.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    subscriber: &WritableSubscriber,
) -> QueryResult<()> {
    diesel::update(subscribers::table.find(id))
        .set(subscriber)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Gives a subscriber these topics, in this order, if there is the subscriber. Violates
/// `subscriber_topics_tag_id_fkey` when a tag goes at the same moment.
pub async fn insert_topics(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    topics: &[TagId],
) -> QueryResult<()> {
    let position = array_position(topics, tags::id);
    tags::table
        .filter(tags::id.eq_any(topics))
        .filter(exists(subscribers::table.find(id)))
        .select((id.into_sql::<Uuid>(), tags::id, position))
        .insert_into(subscriber_topics::table)
        .into_columns((
            subscriber_topics::subscriber_id,
            subscriber_topics::tag_id,
            subscriber_topics::position,
        ))
        .on_conflict((subscriber_topics::subscriber_id, subscriber_topics::tag_id))
        .do_update()
        .set(subscriber_topics::position.eq(diesel::upsert::excluded(subscriber_topics::position)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Takes all topics off a subscriber but these. What stays is not touched, so that it can't clash with a tag's deletion.
pub async fn delete_topics_but(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    kept: &[TagId],
) -> QueryResult<()> {
    diesel::delete(subscriber_topics::table)
        .filter(subscriber_topics::subscriber_id.eq(id))
        .filter(subscriber_topics::tag_id.ne_all(kept))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Deletes a subscriber and what they follow.
pub async fn delete(conn: &mut AsyncPgConnection, id: SubscriberId) -> QueryResult<()> {
    diesel::delete(subscribers::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}
