use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::WishRow;
use crate::schema::subscription_wishes;
use crate::types::{SubscriberId, WishId};

/// Inserts a wish, if there is its subscriber. Violates `subscription_wishes_subscriber_id_fkey` when they are gone.
pub async fn insert(conn: &mut AsyncPgConnection, wish: &WishRow) -> QueryResult<()> {
    diesel::insert_into(subscription_wishes::table)
        .values(wish)
        .execute(conn)
        .await
        .map(|_| ())
}

/// The wish with this id.
pub async fn find(conn: &mut AsyncPgConnection, id: WishId) -> QueryResult<Option<WishRow>> {
    subscription_wishes::table
        .find(id)
        .select(WishRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// All wishes for one subscriber that are kept, the first first.
pub async fn list(conn: &AsyncPgConnection, id: SubscriberId) -> QueryResult<Vec<WishRow>> {
    subscription_wishes::table
        .filter(subscription_wishes::subscriber_id.eq(id))
        .order((subscription_wishes::at, subscription_wishes::id))
        .select(WishRow::as_select())
        .load(&mut &*conn)
        .await
}

/// Notes that a wish became true.
pub async fn grant(
    conn: &mut AsyncPgConnection,
    id: WishId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(subscription_wishes::table.find(id))
        .set(subscription_wishes::granted_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Forgets a wish of which nothing comes.
pub async fn delete(conn: &mut AsyncPgConnection, id: WishId) -> QueryResult<()> {
    diesel::delete(subscription_wishes::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Forgets what subscribers have asked for and not confirmed, and the links that were sent for it: they have left since, or
/// no longer have the address that it was asked for with.
pub async fn delete_open(conn: &AsyncPgConnection, ids: &[SubscriberId]) -> QueryResult<()> {
    diesel::delete(subscription_wishes::table)
        .filter(subscription_wishes::subscriber_id.eq_any(ids))
        .filter(subscription_wishes::granted_at.is_null())
        .execute(&mut &*conn)
        .await
        .map(|_| ())
}
