use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio::sync::watch;

/// Tells the time, and lets a test move it.
///
/// Two clocks are asked: this process's for tokens and throttles, the database's for what readers see, so that all
/// instances agree on the second at which a story is live.
#[derive(Clone)]
pub struct Clock {
    started: Instant,
    ahead_microseconds: Arc<AtomicI64>,
    jumps: watch::Sender<()>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            ahead_microseconds: Arc::default(),
            jumps: watch::Sender::new(()),
        }
    }
}

impl Clock {
    /// The time by this process.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that everyone else must ask"
        )]
        let now = Utc::now();
        now + self.ahead()
    }

    /// The time by the database, at this statement: never earlier than any lock the transaction has waited for.
    pub async fn now_in_database(
        &self,
        conn: &mut AsyncPgConnection,
    ) -> diesel::QueryResult<DateTime<Utc>> {
        diesel::define_sql_function! {
            /// The time of the statement, not of the transaction.
            fn clock_timestamp() -> diesel::sql_types::Timestamptz;
        }
        let now: DateTime<Utc> = diesel::select(clock_timestamp()).get_result(conn).await?;
        Ok(now + self.ahead())
    }

    /// What queries should take for now.
    pub fn moment(&self) -> Moment {
        if self.ahead().is_zero() {
            Moment::now()
        } else {
            Moment::at(self.now())
        }
    }

    /// Time since the clock was made, which never goes back: for what ends after a while.
    pub fn elapsed(&self) -> Duration {
        let ahead = AtomicI64::load(&self.ahead_microseconds, Ordering::Relaxed);
        self.started.elapsed() + Duration::from_micros(ahead.unsigned_abs())
    }

    /// Moves the clock forward, for tests: waiting for Friday without sleeping.
    pub fn advance(&self, by: TimeDelta) {
        let microseconds = by.num_microseconds().unwrap_or_default();
        AtomicI64::fetch_add(&self.ahead_microseconds, microseconds, Ordering::SeqCst);
        self.jumps.send_replace(());
    }

    /// Tells that the clock was moved: whoever sleeps until an instant looks again.
    pub fn jumps(&self) -> watch::Receiver<()> {
        self.jumps.subscribe()
    }

    fn ahead(&self) -> TimeDelta {
        TimeDelta::microseconds(AtomicI64::load(&self.ahead_microseconds, Ordering::SeqCst))
    }
}

/// "Now" in a query: the database's own, or the instant that a test has moved the clock to. What readers see is judged
/// against this, so a story is live at its second even if every worker sleeps.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    at: Option<DateTime<Utc>>,
    reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Present,
    AnyTime,
}

impl Moment {
    /// The database's own time, when the statement runs.
    pub fn now() -> Self {
        Self {
            at: None,
            reach: Reach::Present,
        }
    }

    /// This instant, which was the present just now.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            at: Some(now),
            reach: Reach::Present,
        }
    }

    /// Another instant, to come or past.
    pub fn as_of(at: DateTime<Utc>) -> Self {
        Self {
            at: Some(at),
            reach: Reach::AnyTime,
        }
    }

    /// Whether what has ended and is marked so can be left out unseen.
    pub fn is_present(self) -> bool {
        self.reach == Reach::Present
    }
}

impl QueryFragment<Pg> for Moment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        match &self.at {
            Some(at) => out.push_bind_param::<Timestamptz, _>(at),
            None => {
                out.push_sql("now()");
                Ok(())
            }
        }
    }
}

/// The database's own time stands in the text: a planner who does not know it plans anew each time.
impl QueryId for Moment {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Moment {
    type SqlType = Timestamptz;
}

impl ValidGrouping<()> for Moment {
    type IsAggregate = is_aggregate::Never;
}

impl<Table> AppearsOnTable<Table> for Moment {}
impl<Table> SelectableExpression<Table> for Moment {}
