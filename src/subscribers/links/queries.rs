use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::TokenRow;
use crate::platform::token::TokenHash;
use crate::schema::subscription_tokens;
use crate::types::SubscriberId;

/// Inserts a confirmation link.
pub async fn insert(conn: &mut AsyncPgConnection, token: &TokenRow) -> QueryResult<()> {
    diesel::insert_into(subscription_tokens::table)
        .values(token)
        .execute(conn)
        .await
        .map(|_| ())
}

/// The confirmation link whose token has this hash.
pub async fn find(conn: &mut AsyncPgConnection, hash: &TokenHash) -> QueryResult<Option<TokenRow>> {
    subscription_tokens::table
        .find(hash.as_bytes())
        .select(TokenRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Uses a confirmation link up; tells whether it was unused.
pub async fn spend(
    conn: &mut AsyncPgConnection,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::update(subscription_tokens::table.find(hash.as_bytes()))
        .filter(subscription_tokens::used_at.is_null())
        .set(subscription_tokens::used_at.eq(now))
        .execute(conn)
        .await
        .map(|used| used == 1)
}

/// All confirmation links of one subscriber, the first first.
pub async fn list(conn: &AsyncPgConnection, id: SubscriberId) -> QueryResult<Vec<TokenRow>> {
    subscription_tokens::table
        .filter(subscription_tokens::subscriber_id.eq(id))
        .order(subscription_tokens::created_at)
        .select(TokenRow::as_select())
        .load(&mut &*conn)
        .await
}
