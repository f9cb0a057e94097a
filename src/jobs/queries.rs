use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::model::{JobFilter, JobRow, JobState, LeasedJob};
use crate::platform::clock::Moment;
use crate::platform::jobs::wake;
use crate::rest::page::{Count, Paging};
use crate::schema::jobs;
use crate::types::JobId;

/// Jobs with whether somebody has them in hand. Leases run by the clock on the wall.
macro_rules! with_leases {
    ($query:expr) => {
        $query.select((
            JobRow::as_select(),
            jobs::locked_until.gt(Moment::now().nullable()),
        ))
    };
}

fn filtered(filter: &JobFilter) -> jobs::BoxedQuery<'_, diesel::pg::Pg> {
    let mut query = jobs::table.into_boxed();
    if !filter.kinds.is_empty() {
        query = query.filter(jobs::kind.eq_any(&filter.kinds));
    }
    if filter.states.is_empty() {
        return query;
    }
    let wants = |state| filter.states.contains(&state).into_sql::<Bool>();
    let is_leased = jobs::locked_until.gt(Moment::now().nullable());
    let is_free = jobs::locked_until
        .is_null()
        .or(jobs::locked_until.le(Moment::now().nullable()));
    let is_free_of_begun = jobs::attempts
        .eq(0)
        .and(wants(JobState::Waiting))
        .or(jobs::attempts.gt(0).and(wants(JobState::Retrying)));
    query.filter(
        jobs::dead_at
            .is_not_null()
            .and(wants(JobState::Dead))
            .or(jobs::dead_at.is_null().and(
                is_leased
                    .and(wants(JobState::Running))
                    .or(is_free.and(is_free_of_begun)),
            )),
    )
}

/// One more job than the page has, and the number of all where it is wanted: one round trip.
pub async fn list(
    conn: &AsyncPgConnection,
    filter: &JobFilter,
    paging: &Paging,
) -> QueryResult<(Vec<LeasedJob>, Option<i64>)> {
    let page = with_leases!(filtered(filter))
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
    try_join!(page.load(&mut &*conn), total)
}

/// The job with this id.
pub async fn find(conn: &mut AsyncPgConnection, id: JobId) -> QueryResult<Option<LeasedJob>> {
    with_leases!(jobs::table.find(id))
        .first(conn)
        .await
        .optional()
}

/// The same, locked until the transaction ends: no instance takes it meanwhile.
pub async fn lock(conn: &mut AsyncPgConnection, id: JobId) -> QueryResult<Option<LeasedJob>> {
    with_leases!(jobs::table.find(id))
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Lets a job be tried at once, as often as if it were new. Violates `jobs_unique_key_idx` when another with its key waits.
pub async fn retry(conn: &mut AsyncPgConnection, id: JobId) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::run_at.eq(Moment::now()),
            jobs::attempts.eq(0),
            jobs::dead_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    wake(conn).await
}

/// Deletes a job.
pub async fn delete(conn: &mut AsyncPgConnection, id: JobId) -> QueryResult<()> {
    diesel::delete(jobs::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}
