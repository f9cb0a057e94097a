use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{JobFilter, JobRow, JobSort, JobState, LeasedJob};
use crate::rest::described::{Several, SortBy};
use crate::rest::page::PagingBy;
use crate::rest::query::from_query;
use crate::types::{JobId, Line};

// The document knows types without parameters alone.
type ByJobSort = SortBy<JobSort>;
type SeveralJobStates = Several<JobState>;

/// A piece of work that is to be done. It goes when it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    pub id: JobId,
    /// What is to be done.
    #[schema(examples("subscriber.confirm"))]
    pub kind: String,
    pub state: JobState,
    /// What it is to be done with: ids.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// Of unfinished jobs of one kind with one key there is one.
    pub unique_key: Option<String>,
    /// How often it was begun.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// When it was, or will be, begun at the earliest.
    pub run_at: DateTime<Utc>,
    /// Until when it is in the hand of the instance that runs it, unless that is heard of again.
    pub locked_until: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    #[schema(examples("RCPT was answered 450 4.2.1"))]
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    /// Since when nobody tries any more.
    pub dead_at: Option<DateTime<Utc>>,
}

impl From<LeasedJob> for Job {
    fn from(leased: LeasedJob) -> Self {
        let state = JobState::of(&leased);
        let JobRow {
            id,
            kind,
            payload,
            unique_key,
            run_at,
            attempts,
            locked_until,
            last_error,
            created_at,
            dead_at,
        } = leased.0;
        Self {
            id,
            kind,
            state,
            payload,
            unique_key,
            attempts,
            run_at,
            locked_until,
            last_error,
            created_at,
            dead_at,
        }
    }
}

/// Which jobs to list.
pub struct ListJobs {
    pub kind: Vec<Line<64>>,
    pub state: Vec<JobState>,
    pub paging: PagingBy<JobSort>,
}
from_query!(ListJobs { many kind, many state, all paging });

impl ListJobs {
    /// The filter as queries know it.
    pub fn filter(&self) -> JobFilter {
        JobFilter {
            kinds: self
                .kind
                .iter()
                .map(|kind| kind.as_str().to_owned())
                .collect(),
            states: self.state.clone(),
        }
    }
}

/// The parameters of a list of jobs, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListJobs` reads them")]
pub struct ListJobsParams {
    /// Any of these kinds.
    #[param(value_type = Option<Vec<String>>, max_items = 50, style = Form, explode = false, example = json!(["subscriber.confirm"]))]
    kind: Option<String>,
    /// Any of these states.
    #[param(value_type = Option<SeveralJobStates>, inline, style = Form, explode = false, example = json!(["dead"]))]
    state: Option<String>,
    /// Up to three of `created_at`, `run_at`; `-` before a key turns it round.
    #[param(value_type = Option<ByJobSort>, inline, style = Form, explode = false, example = json!(["-created_at"]))]
    sort: Option<String>,
}
