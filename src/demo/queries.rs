use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use crate::schema::subscribers;
use crate::types::SubscriberId;

/// Inserts a confirmed subscriber, unless the address is there.
pub async fn insert_subscriber(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<()> {
    diesel::insert_into(subscribers::table)
        .values((
            subscribers::id.eq(SubscriberId::mint()),
            subscribers::email.eq(email),
            subscribers::status.eq("confirmed"),
            subscribers::source.eq("import"),
            subscribers::attributes.eq(json!({})),
            subscribers::confirmed_at.eq(diesel::dsl::now),
        ))
        .on_conflict(subscribers::email)
        .do_nothing()
        .execute(conn)
        .await
        .map(|_| ())
}
