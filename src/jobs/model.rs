use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::jobs;
use crate::types::{JobId, closed_set};

/// A job as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct JobRow {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    pub unique_key: Option<String>,
    pub run_at: DateTime<Utc>,
    pub attempts: i32,
    pub locked_until: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub dead_at: Option<DateTime<Utc>>,
}

/// A job, and whether an instance has it in hand now. `None`: none has had it.
pub type LeasedJob = (JobRow, Option<bool>);

closed_set! {
    /// How a job stands.
    pub enum JobState {
        /// It was not begun yet.
        Waiting = "waiting",
        /// An instance has it in hand.
        Running = "running",
        /// It failed, and will be tried again.
        Retrying = "retrying",
        /// Nobody tries any more.
        Dead = "dead",
    }
}

impl JobState {
    /// The state of a job.
    pub fn of((job, is_leased): &LeasedJob) -> Self {
        match (job.dead_at, is_leased, job.attempts) {
            (Some(_), ..) => Self::Dead,
            (None, Some(true), _) => Self::Running,
            (None, _, 0) => Self::Waiting,
            (None, ..) => Self::Retrying,
        }
    }
}

/// Which jobs a list is about; what is empty leaves nothing out.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    pub kinds: Vec<String>,
    pub states: Vec<JobState>,
}

closed_set! {
    /// What jobs can be sorted by.
    pub enum JobSort {
        CreatedAt = "created_at",
        RunAt = "run_at",
    }
}

impl SortKey for JobSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::CreatedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "jobs.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "jobs";

    fn column(self, direction: Direction) -> SortColumn {
        let sql = match self {
            Self::CreatedAt => "jobs.created_at",
            Self::RunAt => "jobs.run_at",
        };
        SortColumn {
            sql,
            kind: KeyKind::Time,
            direction,
        }
    }
}

/// The job's value in a sort column.
pub fn key((job, _): &LeasedJob, column: SortColumn) -> KeyValue {
    match column.sql {
        "jobs.created_at" => KeyValue::Time(job.created_at),
        "jobs.run_at" => KeyValue::Time(job.run_at),
        _ => KeyValue::Id(job.id.as_uuid()),
    }
}
