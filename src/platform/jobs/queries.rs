use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Double, Integer, Jsonb, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid as Runner;

use super::{Job, NewJob};
use crate::platform::clock::Moment;
use crate::schema::jobs;
use crate::types::JobId;

/// How long a job stays in the hand of an instance that is not heard of again.
pub const LEASE: Duration = Duration::from_secs(30);

/// How many characters of an outcome's words are kept.
const WORDS: usize = 500;

diesel::define_sql_function! {
    /// Sends a notification when the transaction commits.
    fn pg_notify(channel: Text, payload: Text) -> Text;
}

/// Puts a job into the queue, in the caller's transaction. An unfinished one with the same kind and key is kept instead.
pub async fn enqueue(conn: &mut AsyncPgConnection, job: NewJob<'_>) -> QueryResult<()> {
    let new = (
        jobs::id.eq(JobId::mint()),
        jobs::kind.eq(job.kind),
        jobs::payload.eq(job.payload),
        jobs::unique_key.eq(job.unique_key),
        jobs::run_at.eq(job.run_at.map_or_else(Moment::now, Moment::at)),
        jobs::created_at.eq(Moment::now()),
    );
    diesel::insert_into(jobs::table)
        .values(new)
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map(|_| ())
}

/// Takes at most so many jobs that are due, the longest due first, each for the length of a lease.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    runner: Runner,
    kinds: &[&str],
    most: i64,
    now: Moment,
) -> QueryResult<Vec<Job>> {
    let claim = Claim {
        runner,
        kinds,
        most,
        now,
    };
    let rows: Vec<ClaimedRow> = claim.load(conn).await?;
    let job = |(id, kind, payload, attempt, created_at)| Job {
        id,
        kind,
        payload,
        attempt,
        created_at,
    };
    Ok(rows.into_iter().map(job).collect())
}

type ClaimedRow = (JobId, String, Value, i32, DateTime<Utc>);

struct Claim<'a> {
    runner: Runner,
    kinds: &'a [&'a str],
    most: i64,
    now: Moment,
}

impl QueryFragment<Pg> for Claim<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select id, kind, payload, attempts, created_at from claim_jobs(");
        out.push_bind_param::<Uuid, _>(&self.runner)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(", ");
        self.now.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(&format!(", interval '{} seconds')", LEASE.as_secs()));
        Ok(())
    }
}

/// It is cached by its text: the instant may stand in it.
impl QueryId for Claim<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Claim<'_> {
    type SqlType = (Uuid, Text, Jsonb, Integer, Timestamptz);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Claim<'_> {}

/// An instant so long after another.
struct Later {
    from: Moment,
    seconds: f64,
}

impl QueryFragment<Pg> for Later {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        self.from.walk_ast(out.reborrow())?;
        out.push_sql(" + ");
        out.push_bind_param::<Double, _>(&self.seconds)?;
        out.push_sql(" * interval '1 second')");
        Ok(())
    }
}

impl QueryId for Later {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Later {
    type SqlType = Timestamptz;
}

impl ValidGrouping<()> for Later {
    type IsAggregate = is_aggregate::Never;
}

impl<Table> AppearsOnTable<Table> for Later {}

/// Jobs that an instance has in hand still: one whose lease ended may be in another's.
macro_rules! held {
    ($runner:expr, $ids:expr) => {
        jobs::table
            .filter(jobs::id.eq_any($ids))
            .filter(jobs::locked_by.eq($runner))
    };
}

/// Prolongs the leases of jobs in hand.
pub async fn renew(conn: &mut AsyncPgConnection, runner: Runner, ids: &[JobId]) -> QueryResult<()> {
    let end = Later {
        from: Moment::now(),
        seconds: LEASE.as_secs_f64(),
    };
    diesel::update(held!(runner, ids))
        .set(jobs::locked_until.eq(end.nullable()))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Takes jobs that are done out of the queue.
pub async fn finish(
    conn: &mut AsyncPgConnection,
    runner: Runner,
    ids: &[JobId],
) -> QueryResult<()> {
    diesel::delete(held!(runner, ids))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Gives jobs back that were not begun, or were broken off through no fault of theirs, and wakes the others.
pub async fn give_back(
    conn: &mut AsyncPgConnection,
    runner: Runner,
    ids: &[JobId],
) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::update(held!(runner, ids))
        .set((
            jobs::locked_by.eq(None::<Runner>),
            jobs::locked_until.eq(None::<DateTime<Utc>>),
            jobs::attempts.eq(jobs::attempts - 1),
        ))
        .execute(conn)
        .await?;
    wake(conn).await
}

/// Lays a job by until its next attempt.
pub async fn postpone(
    conn: &mut AsyncPgConnection,
    runner: Runner,
    id: JobId,
    pause: Duration,
    words: &str,
    now: Moment,
) -> QueryResult<()> {
    let run_at = Later {
        from: now,
        seconds: pause.as_secs_f64(),
    };
    diesel::update(held!(runner, [id]))
        .set((
            jobs::locked_by.eq(None::<Runner>),
            jobs::locked_until.eq(None::<DateTime<Utc>>),
            jobs::run_at.eq(run_at),
            jobs::last_error.eq(shortened(words)),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Declares a job dead.
pub async fn bury(
    conn: &mut AsyncPgConnection,
    runner: Runner,
    id: JobId,
    words: &str,
    now: Moment,
) -> QueryResult<()> {
    diesel::update(held!(runner, [id]))
        .set((
            jobs::locked_by.eq(None::<Runner>),
            jobs::locked_until.eq(None::<DateTime<Utc>>),
            jobs::dead_at.eq(now.nullable()),
            jobs::last_error.eq(shortened(words)),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Throws dead jobs away whose payload has this member with this value.
pub async fn forget_dead(
    conn: &mut AsyncPgConnection,
    member: &str,
    value: &str,
) -> QueryResult<()> {
    diesel::delete(jobs::table)
        .filter(jobs::dead_at.is_not_null())
        .filter(jobs::payload.retrieve_as_text(member).eq(value))
        .execute(conn)
        .await
        .map(|_| ())
}

/// When the next of these kinds is due that nobody has in hand.
pub async fn next_due(
    conn: &mut AsyncPgConnection,
    kinds: &[&str],
) -> QueryResult<Option<DateTime<Utc>>> {
    jobs::table
        .filter(jobs::dead_at.is_null())
        .filter(jobs::locked_by.is_null())
        .filter(jobs::kind.eq_any(kinds))
        .order((jobs::run_at, jobs::id))
        .select(jobs::run_at)
        .first(conn)
        .await
        .optional()
}

/// How many jobs are due or in hand.
pub async fn unfinished(conn: &mut AsyncPgConnection, now: Moment) -> QueryResult<i64> {
    jobs::table
        .filter(jobs::dead_at.is_null())
        .filter(jobs::run_at.le(now).or(jobs::locked_by.is_not_null()))
        .count()
        .get_result(conn)
        .await
}

/// Wakes whoever waits for jobs, when the transaction commits.
pub async fn wake(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::select(pg_notify("masthead_jobs", ""))
        .execute(conn)
        .await
        .map(|_| ())
}

fn shortened(words: &str) -> String {
    let words = words.replace('\0', " ");
    words.chars().take(WORDS).collect()
}
