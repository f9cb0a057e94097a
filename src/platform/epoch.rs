//! How far this instance has heard of the changes that readers could notice.
//!
//! Each of them has a position (see the outbox), given so that whoever sees one sees all earlier ones. What was made when
//! the newest position was 7 is true as long as it is 7. A notification wakes us and carries nothing; asking is the truth,
//! so a notification that got lost costs a moment and no more.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::pool::Db;
use crate::schema::events;

/// How often the database is asked when nothing wakes us.
const POLL: Duration = Duration::from_millis(250);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_millis(600);
/// How long an answer is believed, from the moment of the question: what is cached is never older than this.
const BELIEVED: Duration = Duration::from_millis(900);
/// How long to wait before the next attempt to connect.
const RECONNECT: Duration = Duration::from_millis(200);

/// The place of a change in the order in which readers could notice changes. Zero: nothing has changed yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// What is known of the newest position. Cheap to clone: all clones know the same.
#[derive(Clone)]
pub struct Epoch(Arc<Known>);

struct Known {
    started: Instant,
    /// When the question was asked that was answered last, in microseconds since `started`; negative when never.
    asked: AtomicI64,
    /// Answers to questions from before this are not believed.
    distrusted: AtomicI64,
    newest: watch::Sender<Position>,
    position: AtomicI64,
}

impl Default for Epoch {
    fn default() -> Self {
        Self(Arc::new(Known {
            started: Instant::now(),
            asked: AtomicI64::new(i64::MIN),
            distrusted: AtomicI64::new(0),
            newest: watch::Sender::new(Position::default()),
            position: AtomicI64::new(0),
        }))
    }
}

impl Epoch {
    /// The newest position; `None` while nobody can tell.
    pub fn current(&self) -> Option<Position> {
        let asked = AtomicI64::load(&self.0.asked, Ordering::Acquire);
        let age = self.micros().saturating_sub(asked);
        let is_believed = asked >= AtomicI64::load(&self.0.distrusted, Ordering::Acquire)
            && u128::from(age.unsigned_abs()) <= BELIEVED.as_micros();
        is_believed.then(|| self.newest())
    }

    /// The newest position heard of, however long ago.
    pub fn newest(&self) -> Position {
        Position(AtomicI64::load(&self.0.position, Ordering::Acquire))
    }

    /// Takes note of a position that somebody saw in the database.
    pub fn learn(&self, seen: Position) {
        let before = AtomicI64::fetch_max(&self.0.position, seen.0, Ordering::AcqRel);
        if before < seen.0 {
            self.0.newest.send_if_modified(|newest| {
                let is_newer = *newest < seen;
                *newest = (*newest).max(seen);
                is_newer
            });
        }
    }

    /// Believes nothing until the database has been asked again.
    pub fn distrust(&self) {
        self.0.distrusted.fetch_max(self.micros(), Ordering::AcqRel);
    }

    /// Tells of every newer position.
    pub fn moves(&self) -> watch::Receiver<Position> {
        self.0.newest.subscribe()
    }

    /// Asks what the newest position is: after a change, so that whoever made it sees it at once.
    pub async fn catch_up(&self, db: &Db) {
        let asked = async {
            let mut conn = db.get().await?;
            self.ask(&mut conn).await
        };
        if let Err(fault) = asked.await {
            tracing::warn!("nothing is cached until the database answers again: {fault:#}");
            self.distrust();
        }
    }

    /// Keeps up with the database, for as long as it is polled.
    pub async fn follow(self, db: Db) {
        let mut is_lost = false;
        loop {
            let Err(fault) = self.listen(&db, &mut is_lost).await;
            if !is_lost {
                tracing::warn!(
                    "changes can't be followed; nothing is cached until they can: {fault:#}"
                );
                is_lost = true;
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen(
        &self,
        db: &Db,
        was_lost: &mut bool,
    ) -> anyhow::Result<std::convert::Infallible> {
        let mut conn = db.connect_alone().await?;
        // A pooler in between may not let us listen: then asking alone must do.
        if let Err(fault) = diesel::sql_query("listen masthead_changes")
            .execute(&mut conn)
            .await
        {
            tracing::debug!("no notifications: {fault}");
        }
        loop {
            self.ask(&mut conn).await?;
            if std::mem::take(was_lost) {
                tracing::info!("changes are followed again");
            }
            let mut notifications = pin!(conn.notifications_stream());
            if let Ok(Some(notification)) = timeout(POLL, notifications.next()).await {
                notification.context("the connection that listens was lost")?;
            }
            // One question answers all that have arrived.
            while let Some(Some(notification)) = notifications.next().now_or_never() {
                notification.context("the connection that listens was lost")?;
            }
        }
    }

    async fn ask(&self, conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
        let asked = self.micros();
        let newest: Option<i64> = timeout(
            ANSWER,
            events::table.select(max(events::position)).get_result(conn),
        )
        .await
        .context("the database does not answer")??;
        self.learn(Position(newest.unwrap_or_default()));
        self.0.asked.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.0.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}
