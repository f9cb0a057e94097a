//! First answers to creating requests, kept so that a retry with the same key is safe.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::db::containing;
use super::token::sha256;
use crate::schema::idempotent_replies;

/// How long an answer is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// An answer as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotent_replies)]
pub struct StoredReply {
    pub owner: String,
    pub key: String,
    pub request_fingerprint: Vec<u8>,
    pub status: i16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

diesel::define_sql_function! {
    /// Takes a lock until the end of the transaction, unless someone else holds it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> Bool;
}

/// Claims a key for this transaction. `false`: another request with it is still at work.
pub async fn claim(conn: &mut AsyncPgConnection, owner: &str, key: &str) -> QueryResult<bool> {
    let hash = sha256(format!("{owner}\0{key}").as_bytes());
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    diesel::select(pg_try_advisory_xact_lock(i64::from_be_bytes(number)))
        .get_result(conn)
        .await
}

/// The answer that was given to this key, if it is not too old.
pub async fn find(
    conn: &mut AsyncPgConnection,
    owner: &str,
    key: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<StoredReply>> {
    idempotent_replies::table
        .find((owner, key))
        .filter(idempotent_replies::created_at.gt(now - KEPT_FOR))
        .select(StoredReply::as_select())
        .first(conn)
        .await
        .optional()
}

/// Keeps an answer in the place of one that is too old, and forgets the oldest.
pub async fn keep(conn: &mut AsyncPgConnection, reply: &StoredReply) -> QueryResult<()> {
    diesel::delete(
        idempotent_replies::table
            .filter(idempotent_replies::created_at.le(reply.created_at - KEPT_FOR)),
    )
    .execute(conn)
    .await?;
    diesel::insert_into(idempotent_replies::table)
        .values(reply)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the answers that told of a new resource, when nothing of it may be kept. The resource is named by its path:
/// what stood before the path may have been set differently then.
pub async fn forget(conn: &mut AsyncPgConnection, path: &str) -> QueryResult<()> {
    diesel::delete(
        idempotent_replies::table.filter(idempotent_replies::location.like(containing(path))),
    )
    .execute(conn)
    .await
    .map(|_| ())
}
