use actix_web::web::Data;
use actix_web::{delete, get, post};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::dto::{Job, ListJobs, ListJobsParams};
use super::model::{self, JobRow, JobSort, JobState};
use super::{events, queries};
use crate::platform::Platform;
use crate::rest::body::NoBody;
use crate::rest::page::{List, PagingParams};
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, NoContent, Reply};
use crate::rest::{Admin, Problem, Query, Segment};
use crate::types::JobId;

/// List jobs
///
/// What waits, runs, failed or lies dead, newest first. What is done is not kept.
#[utoipa::path(tag = "jobs", params(ListJobsParams, PagingParams), responses((status = 200, description = "A page of jobs", body = List<Job>)))]
#[get("/jobs")]
pub async fn list_jobs(
    _: Admin,
    platform: Data<Platform>,
    query: Query<ListJobs>,
) -> Result<Listed<Job>, Problem> {
    let conn = platform.db.get().await?;
    let paging = &query.0.paging.paging;
    let (rows, total) = queries::list(&conn, &query.0.filter(), paging).await?;
    let (rows, pagination) = paging.page::<JobSort, _>(rows, total, model::key);
    let data = rows.into_iter().map(Job::from).collect();
    Ok(Listed(List { data, pagination }))
}

/// Read a job
///
/// One job by its id. One that is done is not found any more.
#[utoipa::path(tag = "jobs", params(("id" = JobId, Path, description = "The job's id")), responses((status = 200, description = "The job", body = Job)))]
#[get("/jobs/{id}")]
pub async fn read_job(
    _: Admin,
    platform: Data<Platform>,
    id: Segment<JobId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    shown(&mut conn, id.0).await
}

/// Retry a job
///
/// Has a job that waits, failed or lies dead tried at once, and as often as a new one. One that is running is a conflict
/// (`job_running`), and so is one whose like waits already (`job_waiting`).
#[utoipa::path(tag = "jobs", params(("id" = JobId, Path, description = "The job's id")), responses((status = 200, description = "The job, as it waits now", body = Job)))]
#[post("/jobs/{id}/retry")]
pub async fn retry_job(
    admin: Admin,
    platform: Data<Platform>,
    id: Segment<JobId>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let waiting = || {
        Problem::conflict(
            "job_waiting",
            "another job of its kind with its key waits already; discard this one",
        )
    };
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let job = lock_idle(tx, id.0).await?;
        queries::retry(tx, job.id)
            .await
            .map_err(waiting().on_violation_of("jobs_unique_key_idx"))?;
        events::record(tx, admin.0.user, "job.retried", &job).await?;
        shown(tx, job.id).await
    })
    .await
}

/// Discard a job
///
/// Throws a job away that waits, failed or lies dead: what it was to do is not done. One that is running is a conflict
/// (`job_running`).
#[utoipa::path(tag = "jobs", params(("id" = JobId, Path, description = "The job's id")), responses((status = 204, description = "The job is gone")))]
#[delete("/jobs/{id}")]
pub async fn discard_job(
    admin: Admin,
    platform: Data<Platform>,
    id: Segment<JobId>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let job = lock_idle(tx, id.0).await?;
        queries::delete(tx, job.id).await?;
        events::record(tx, admin.0.user, "job.discarded", &job).await?;
        Ok(NoContent)
    })
    .await
}

/// Locks a job that nobody has in hand.
async fn lock_idle(conn: &mut AsyncPgConnection, id: JobId) -> Result<JobRow, Problem> {
    let job = queries::lock(conn, id)
        .await?
        .ok_or(Problem::NotFound("job"))?;
    if JobState::of(&job) == JobState::Running {
        return Err(Problem::conflict(
            "job_running",
            "the job is running; wait until it has ended",
        ));
    }
    Ok(job.0)
}

async fn shown(conn: &mut AsyncPgConnection, id: JobId) -> Result<Reply, Problem> {
    let job = queries::find(conn, id)
        .await?
        .ok_or(Problem::NotFound("job"))?;
    Reply::shown(job.0.attempts.into(), &Job::from(job))
}
