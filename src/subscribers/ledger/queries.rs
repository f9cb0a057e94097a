use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bytea, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::canonical::GENESIS;
use super::entry::EntryRow;
use crate::platform::db::Rows;
use crate::schema::consent_ledger;
use crate::types::{FormId, SubscriberId};

/// Waits for our turn to write, which ends with the transaction; the number and the hash of the last entry.
pub async fn lock(conn: &mut AsyncPgConnection) -> QueryResult<(i64, Vec<u8>)> {
    let (number, hash): (Option<i64>, Option<Vec<u8>>) = Locking.get_result(conn).await?;
    Ok((
        number.unwrap_or(0),
        hash.unwrap_or_else(|| GENESIS.to_vec()),
    ))
}

struct Locking;

impl QueryFragment<Pg> for Locking {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select last_number, last_hash from lock_consent_ledger()");
        Ok(())
    }
}

impl QueryId for Locking {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Locking {
    type SqlType = (Nullable<BigInt>, Nullable<Bytea>);
}

/// Inserts entries by one statement, which is the same for any number of them.
pub async fn insert(conn: &mut AsyncPgConnection, rows: &[EntryRow]) -> QueryResult<()> {
    Inserting::of(rows).execute(conn).await.map(|_| ())
}

/// Rows turned into columns.
#[derive(Default)]
struct Inserting<'a> {
    numbers: Vec<i64>,
    subscribers: Vec<SubscriberId>,
    at: Vec<chrono::DateTime<chrono::Utc>>,
    actions: Vec<&'a str>,
    sources: Vec<&'a str>,
    actors: Vec<Option<uuid::Uuid>>,
    forms: Vec<Option<FormId>>,
    versions: Vec<Option<i32>>,
    details: Vec<&'a Value>,
    privates: Vec<Option<&'a Value>>,
    digests: Vec<Option<&'a [u8]>>,
    hashes: Vec<&'a [u8]>,
}

impl<'a> Inserting<'a> {
    fn of(rows: &'a [EntryRow]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.numbers.push(row.number);
            columns.subscribers.push(row.subscriber_id);
            columns.at.push(row.at);
            columns.actions.push(&row.action);
            columns.sources.push(&row.source);
            columns.actors.push(row.actor_id);
            columns.forms.push(row.form_id);
            columns.versions.push(row.wording_version);
            columns.details.push(&row.details);
            columns.privates.push(row.private.as_ref());
            columns.digests.push(row.private_digest.as_deref());
            columns.hashes.push(&row.hash);
        }
        columns
    }
}

impl QueryFragment<Pg> for Inserting<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "insert into consent_ledger (number, subscriber_id, at, action, source, actor_id, form_id, wording_version, \
             details, private, private_digest, hash) select * from ",
        );
        let mut rows = Rows::new(out.reborrow());
        rows.column::<BigInt, _>("number", &self.numbers)?;
        rows.column::<Uuid, _>("subscriber_id", &self.subscribers)?;
        rows.column::<Timestamptz, _>("at", &self.at)?;
        rows.column::<Text, _>("action", &self.actions)?;
        rows.column::<Text, _>("source", &self.sources)?;
        rows.column::<Nullable<Uuid>, _>("actor_id", &self.actors)?;
        rows.column::<Nullable<Uuid>, _>("form_id", &self.forms)?;
        rows.column::<Nullable<Integer>, _>("wording_version", &self.versions)?;
        rows.column::<Jsonb, _>("details", &self.details)?;
        rows.column::<Nullable<Jsonb>, _>("private", &self.privates)?;
        rows.column::<Nullable<Bytea>, _>("private_digest", &self.digests)?;
        rows.column::<Bytea, _>("hash", &self.hashes)?;
        rows.named("given");
        Ok(())
    }
}

impl QueryId for Inserting<'_> {
    type QueryId = Inserting<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Inserting<'_> {}

/// All entries of one subscriber, the first first.
pub async fn list(conn: &AsyncPgConnection, id: SubscriberId) -> QueryResult<Vec<EntryRow>> {
    consent_ledger::table
        .filter(consent_ledger::subscriber_id.eq(id))
        .order(consent_ledger::number)
        .select(EntryRow::as_select())
        .load(&mut &*conn)
        .await
}

/// A number of entries behind the one with this number.
pub async fn after(
    conn: &mut AsyncPgConnection,
    number: i64,
    count: i64,
) -> QueryResult<Vec<EntryRow>> {
    consent_ledger::table
        .filter(consent_ledger::number.gt(number))
        .order(consent_ledger::number)
        .limit(count)
        .select(EntryRow::as_select())
        .load(conn)
        .await
}

/// Forgets what clients showed of themselves in a subscriber's entries. The chain stays whole.
pub async fn forget_evidence(conn: &mut AsyncPgConnection, id: SubscriberId) -> QueryResult<()> {
    forget_evidence_of(conn, &[id]).await
}

/// The same for many subscribers.
pub async fn forget_evidence_of(
    conn: &mut AsyncPgConnection,
    ids: &[SubscriberId],
) -> QueryResult<()> {
    diesel::update(consent_ledger::table)
        .filter(consent_ledger::subscriber_id.eq_any(ids))
        .filter(consent_ledger::private.is_not_null())
        .set(consent_ledger::private.eq(None::<Value>))
        .execute(conn)
        .await
        .map(|_| ())
}
