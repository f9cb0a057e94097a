use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;
use serde_json::Value;

use super::model::{
    ImportRow, ImportState, Mode, OutcomeRow, Prior, Request, Tally, Undone, Verdict,
};
use super::reading::{Layout, Place};
use crate::platform::db::Rows;
use crate::rest::page::{Count, Paging};
use crate::schema::{
    subscriber_import_pieces as pieces, subscriber_import_rows as rows,
    subscriber_imports as imports,
};
use crate::types::{ImportId, SubscriberId, UserId};

/// Begins an import whose file is on its way.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    mode: Mode,
    request: &Request,
    actor: Option<UserId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(id),
            imports::state.eq(ImportState::Receiving),
            imports::mode.eq(mode),
            imports::request.eq(request),
            imports::created_by.eq(actor.map(UserId::as_uuid)),
            imports::created_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Keeps a piece of a file.
pub async fn insert_piece(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    number: i64,
    bytes: &[u8],
) -> QueryResult<()> {
    diesel::insert_into(pieces::table)
        .values((
            pieces::import_id.eq(id),
            pieces::number.eq(number),
            pieces::bytes.eq(bytes),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// A piece of a file; `None` behind its end.
pub async fn find_piece(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    number: i64,
) -> QueryResult<Option<Vec<u8>>> {
    pieces::table
        .find((id, number))
        .select(pieces::bytes)
        .first(conn)
        .await
        .optional()
}

/// Puts an import whose file has arrived into the queue, to begin behind the header.
pub async fn queue(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    layout: &Layout,
    size_bytes: i64,
) -> QueryResult<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    diesel::update(imports::table.find(id))
        .set((
            imports::state.eq(ImportState::Queued),
            imports::layout.eq(layout),
            imports::size_bytes.eq(size_bytes),
            imports::bytes_read.eq(number(layout.begin)),
            imports::lines_read.eq(number(layout.begin_lines)),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Forgets an import, of which nothing has been done yet.
pub async fn delete(conn: &mut AsyncPgConnection, id: ImportId) -> QueryResult<()> {
    diesel::delete(imports::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Forgets files that never arrived, and what people were before imports that are too old to be taken back.
pub async fn tidy(
    conn: &mut AsyncPgConnection,
    abandoned: DateTime<Utc>,
    settled: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::delete(imports::table)
        .filter(imports::state.eq(ImportState::Receiving))
        .filter(imports::created_at.lt(abandoned))
        .execute(conn)
        .await?;
    let old = imports::table
        .filter(imports::created_at.lt(settled))
        .select(imports::id);
    diesel::update(rows::table)
        .filter(rows::prior.is_not_null())
        .filter(rows::import_id.eq_any(old))
        .set(rows::prior.eq(None::<Prior>))
        .execute(conn)
        .await
        .map(|_| ())
}

/// One more import than the page has, and the number of all where it is wanted.
pub async fn list(
    conn: &AsyncPgConnection,
    paging: &Paging,
) -> QueryResult<(Vec<ImportRow>, Option<i64>)> {
    let all = || imports::table.filter(imports::state.ne(ImportState::Receiving));
    let page = all()
        .select(ImportRow::as_select())
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset())
        .into_boxed();
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let total = async {
        match paging.count() {
            Count::Wanted => all().count().get_result(&mut &*conn).await.map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    try_join!(page.load(&mut &*conn), total)
}

/// The import with this id, if its file has arrived.
pub async fn find(conn: &mut AsyncPgConnection, id: ImportId) -> QueryResult<Option<ImportRow>> {
    imports::table
        .find(id)
        .filter(imports::state.ne(ImportState::Receiving))
        .select(ImportRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The same, locked until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: ImportId) -> QueryResult<Option<ImportRow>> {
    imports::table
        .find(id)
        .filter(imports::state.ne(ImportState::Receiving))
        .select(ImportRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// One more row than the page has, and the number of all where it is wanted. What people were before is not read.
pub async fn list_rows(
    conn: &AsyncPgConnection,
    id: ImportId,
    verdicts: &[Verdict],
    paging: &Paging,
) -> QueryResult<(Vec<OutcomeRow>, Option<i64>)> {
    let meant = || {
        let all = rows::table.filter(rows::import_id.eq(id)).into_boxed();
        if verdicts.is_empty() {
            all
        } else {
            all.filter(rows::verdict.eq_any(verdicts))
        }
    };
    let page = meant()
        .select(OutcomeRow::as_select())
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let total = async {
        match paging.count() {
            Count::Wanted => meant().count().get_result(&mut &*conn).await.map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    try_join!(page.load(&mut &*conn), total)
}

/// Moves an import on from one state to another.
pub async fn set_state(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    state: ImportState,
) -> QueryResult<()> {
    diesel::update(imports::table.find(id))
        .set(imports::state.eq(state))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Has this transaction end before it is on the disk. Nothing is half there after a crash, and what was lost is done again; the
/// end of the import, which waits, is behind all of it.
pub async fn commit_without_waiting(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("set local synchronous_commit = off")
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes how far an import has come: what was counted is added to what was.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    place: Place,
    tally: Tally,
    remarks: &Value,
) -> QueryResult<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    diesel::update(imports::table.find(id))
        .set((
            imports::bytes_read.eq(number(place.bytes)),
            imports::lines_read.eq(number(place.lines)),
            imports::rows_read.eq(number(place.rows)),
            imports::created.eq(imports::created + tally.created),
            imports::updated.eq(imports::updated + tally.updated),
            imports::unchanged.eq(imports::unchanged + tally.unchanged),
            imports::suppressed.eq(imports::suppressed + tally.suppressed),
            imports::invalid.eq(imports::invalid + tally.invalid),
            imports::remarks.eq(remarks),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Ends an import, well or not, and forgets its file.
pub async fn end(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let state = match failure {
        None => ImportState::Finished,
        Some(_) => ImportState::Failed,
    };
    diesel::update(imports::table.find(id))
        .set((
            imports::state.eq(state),
            imports::failure.eq(failure),
            imports::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    diesel::delete(pieces::table)
        .filter(pieces::import_id.eq(id))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The last rows before a number that changed somebody, the last first.
pub async fn rows_to_undo(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    before: i64,
    count: i64,
) -> QueryResult<Vec<OutcomeRow>> {
    rows::table
        .filter(rows::import_id.eq(id))
        .filter(rows::number.lt(before))
        .filter(rows::version.is_not_null())
        .order(rows::number.desc())
        .limit(count)
        .select(OutcomeRow::as_select())
        .load(conn)
        .await
}

/// Notes what became of rows that were to be taken back.
pub async fn undo_rows(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    numbers: &[i64],
    undone: Undone,
) -> QueryResult<()> {
    diesel::update(rows::table)
        .filter(rows::import_id.eq(id))
        .filter(rows::number.eq_any(numbers))
        .set((rows::undone.eq(undone), rows::prior.eq(None::<Prior>)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes how far a revert has come: what was counted is added to what was.
pub async fn advance_revert(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    before: i64,
    [removed, restored, kept]: [i64; 3],
) -> QueryResult<()> {
    diesel::update(imports::table.find(id))
        .set((
            imports::revert_before.eq(before),
            imports::removed.eq(imports::removed + removed),
            imports::restored.eq(imports::restored + restored),
            imports::kept.eq(imports::kept + kept),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Ends a revert.
pub async fn end_revert(
    conn: &mut AsyncPgConnection,
    id: ImportId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(imports::table.find(id))
        .set((
            imports::state.eq(ImportState::Reverted),
            imports::reverted_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// What became of a row, as it is to be kept.
pub struct NewOutcome {
    pub number: u64,
    pub line: u64,
    pub verdict: Verdict,
    pub subscriber_id: Option<SubscriberId>,
    pub remarks: Option<Value>,
    pub prior: Option<Prior>,
    pub version: Option<i64>,
}

/// Keeps what became of rows, by one statement.
pub async fn insert_rows(
    conn: &AsyncPgConnection,
    id: ImportId,
    outcomes: &[NewOutcome],
) -> QueryResult<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let inserting = Inserting {
        import: id,
        numbers: outcomes.iter().map(|row| number(row.number)).collect(),
        lines: outcomes.iter().map(|row| number(row.line)).collect(),
        verdicts: outcomes.iter().map(|row| row.verdict.as_str()).collect(),
        subscribers: outcomes.iter().map(|row| row.subscriber_id).collect(),
        remarks: outcomes.iter().map(|row| row.remarks.as_ref()).collect(),
        priors: outcomes.iter().map(|row| row.prior.as_ref()).collect(),
        versions: outcomes.iter().map(|row| row.version).collect(),
    };
    inserting.execute(&mut &*conn).await.map(|_| ())
}

struct Inserting<'a> {
    import: ImportId,
    numbers: Vec<i64>,
    lines: Vec<i64>,
    verdicts: Vec<&'static str>,
    subscribers: Vec<Option<SubscriberId>>,
    remarks: Vec<Option<&'a Value>>,
    priors: Vec<Option<&'a Prior>>,
    versions: Vec<Option<i64>>,
}

impl QueryFragment<Pg> for Inserting<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "insert into subscriber_import_rows (import_id, number, line, verdict, subscriber_id, remarks, prior, version) \
             select ",
        );
        out.push_bind_param::<Uuid, _>(&self.import)?;
        out.push_sql(", given.* from ");
        let mut rows = Rows::new(out);
        rows.column::<BigInt, _>("number", &self.numbers)?;
        rows.column::<BigInt, _>("line", &self.lines)?;
        rows.column::<Text, _>("verdict", &self.verdicts)?;
        rows.column::<Nullable<Uuid>, _>("subscriber_id", &self.subscribers)?;
        rows.column::<Nullable<Jsonb>, _>("remarks", &self.remarks)?;
        rows.column::<Nullable<Jsonb>, _>("prior", &self.priors)?;
        rows.column::<Nullable<BigInt>, _>("version", &self.versions)?;
        rows.named("given");
        Ok(())
    }
}

impl QueryId for Inserting<'_> {
    type QueryId = Inserting<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Inserting<'_> {}
