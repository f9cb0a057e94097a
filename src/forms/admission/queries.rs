use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::schema::spent_challenges;

/// Spends a challenge; `false` where it was spent before. Whoever else spends it at this moment waits for our commit.
pub async fn spend(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::insert_into(spent_challenges::table)
        .values((
            spent_challenges::hash.eq(hash),
            spent_challenges::expires_at.eq(expires_at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map(|inserted| inserted == 1)
}

/// Forgets what expired before an instant.
pub async fn delete_expired(
    conn: &mut AsyncPgConnection,
    before: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::delete(spent_challenges::table.filter(spent_challenges::expires_at.lt(before)))
        .execute(conn)
        .await
}
