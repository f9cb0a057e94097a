//! How far this instance has heard of the changes that readers could notice.
//!
//! Each of them has a position (see the outbox), given so that whoever sees one sees all earlier ones. What was made when
//! the newest position was 7 is true as long as it is 7. A notification wakes us and carries nothing; asking is the truth,
//! so a notification that got lost costs a moment and no more.
//!
//! A database that crashed or was replaced by its standby may give a position a second time. So a new connection begins a
//! new history: what was made before it is never taken for true again.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
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
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// How long to wait before the next attempt to connect.
const RECONNECT: Duration = Duration::from_millis(200);

/// The place of a change in the order in which readers could notice changes. Zero: nothing has changed yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// What readers are shown at one time: it differs as soon as they could notice a change. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(u64);

/// How many bits of an edition are its position; the history stands above them.
const POSITION_BITS: u32 = 40;

impl Edition {
    /// The newest change in it.
    pub fn position(self) -> Position {
        let position = self.0 & ((1 << POSITION_BITS) - 1);
        Position(i64::try_from(position).unwrap_or_default())
    }

    fn at(self, position: Position) -> Self {
        Self((self.history() << POSITION_BITS) | position.0.unsigned_abs())
    }

    fn in_new_history(self, position: Position) -> Self {
        Self((self.history() + 1) << POSITION_BITS).at(position)
    }

    fn history(self) -> u64 {
        self.0 >> POSITION_BITS
    }
}

/// What is known of the newest edition. Cheap to clone: all clones know the same.
#[derive(Clone)]
pub struct Epoch(Arc<Known>);

struct Known {
    started: Instant,
    edition: AtomicU64,
    /// When the question was asked that was answered last, in microseconds since `started`; negative before the first.
    asked: AtomicI64,
    /// Answers to questions from before this are not believed.
    distrusted: AtomicI64,
    newest: watch::Sender<Position>,
}

impl Default for Epoch {
    fn default() -> Self {
        Self(Arc::new(Known {
            started: Instant::now(),
            edition: AtomicU64::new(0),
            asked: AtomicI64::new(i64::MIN),
            distrusted: AtomicI64::new(0),
            newest: watch::Sender::new(Position::default()),
        }))
    }
}

impl Epoch {
    /// The newest edition; `None` while nobody can tell.
    pub fn current(&self) -> Option<Edition> {
        let asked = AtomicI64::load(&self.0.asked, Ordering::Acquire);
        let age = self.micros().saturating_sub(asked);
        let is_believed = asked >= AtomicI64::load(&self.0.distrusted, Ordering::Acquire)
            && u128::from(age.unsigned_abs()) <= BELIEVED.as_micros();
        is_believed.then(|| self.newest())
    }

    /// The newest edition heard of, however long ago.
    pub fn newest(&self) -> Edition {
        Edition(AtomicU64::load(&self.0.edition, Ordering::Acquire))
    }

    /// Takes note of a position that somebody saw in the database.
    pub fn learn(&self, seen: Position) {
        self.reach(self.newest().at(seen));
    }

    /// Believes nothing until the database has been asked again.
    pub fn distrust(&self) {
        self.0.distrusted.fetch_max(self.micros(), Ordering::AcqRel);
    }

    /// Tells of every newer position.
    pub fn moves(&self) -> watch::Receiver<Position> {
        self.0.newest.subscribe()
    }

    fn reach(&self, edition: Edition) {
        let before = self.0.edition.fetch_max(edition.0, Ordering::AcqRel);
        if before < edition.0 {
            self.0.newest.send_replace(self.newest().position());
        }
    }

    /// Asks what the newest position is: after a change, so that whoever made it sees it at once.
    pub async fn catch_up(&self, db: &Db) {
        let asked = async {
            let mut conn = db.get().await?;
            self.learn(newest(&mut conn).await?);
            anyhow::Ok(())
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
            self.distrust();
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
        let mut conn = timeout(CONNECT, db.connect_alone())
            .await
            .context("the database does not let us in")??;
        // A pooler in between may not let us listen: then asking alone must do.
        if let Err(fault) = diesel::sql_query("listen masthead_changes")
            .execute(&mut conn)
            .await
        {
            tracing::debug!("no notifications: {fault}");
        }
        let position = newest(&mut conn).await?;
        self.reach(self.newest().in_new_history(position));
        if std::mem::take(was_lost) {
            tracing::info!("changes are followed again");
        }
        loop {
            let asked = self.micros();
            self.learn(newest(&mut conn).await?);
            self.0.asked.fetch_max(asked, Ordering::AcqRel);
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

    fn micros(&self) -> i64 {
        i64::try_from(self.0.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

/// The newest position in the database.
async fn newest(conn: &mut AsyncPgConnection) -> anyhow::Result<Position> {
    let asking = events::table
        .select(max(events::position))
        .get_result::<Option<i64>>(conn);
    let newest = timeout(ANSWER, asking)
        .await
        .context("the database does not answer")??;
    Ok(Position(newest.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_history_is_later_than_any_position_of_the_one_before() {
        let epoch = Epoch::default();
        epoch.learn(Position(1_000_000));
        let before = epoch.newest();
        epoch.reach(before.in_new_history(Position(7)));
        assert!(epoch.newest() > before);
        assert_eq!(epoch.newest().position(), Position(7));
        epoch.learn(Position(6));
        assert_eq!(epoch.newest().position(), Position(7));
    }

    #[test]
    fn nothing_is_believed_before_the_database_was_asked() {
        assert_eq!(Epoch::default().current(), None);
    }
}
