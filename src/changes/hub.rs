use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::{sleep, timeout};

use super::model::Feed;
use super::queries::{self, Which};
use super::ring::{Frame, KEPT, Ring};
use super::token::ChangeToken;
use crate::platform::Platform;
use crate::platform::pool::Db;
use crate::rest::Problem;

/// How many changes are read at a time.
const PAGE: i64 = 500;
/// How many events may wait for a listener; whoever is slower reads up by itself.
const WAITING: usize = 64;
/// How many listeners may read from the database at the same time, so that readers of articles don't wait for them.
const READ_UPS: usize = 2;
/// How long to wait at most for the next change before asking anyway, and before asking again after a failure.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(250);

/// Hands every change to all listeners of this instance: it is read once, and put into words once. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    /// `None` until the database was asked for the first time.
    ring: Mutex<Option<Ring>>,
    live: broadcast::Sender<Frame>,
    stage: watch::Sender<Stage>,
    places: Arc<Semaphore>,
    read_ups: Semaphore,
}

/// What a hub is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Starting,
    Following,
    /// Streams end: the server stops.
    Ending,
}

/// Where a new listener begins.
pub enum Beginning {
    /// At the newest place.
    Now(ChangeToken),
    /// After a token that is at hand.
    After(ChangeToken),
    /// After a token that only the database can judge.
    Unknown,
}

impl Hub {
    /// Prepares a hub for at most so many listeners.
    pub fn new(listeners: usize) -> Self {
        Self(Arc::new(Inner {
            ring: Mutex::default(),
            live: broadcast::Sender::new(WAITING),
            stage: watch::Sender::new(Stage::Starting),
            places: Arc::new(Semaphore::new(listeners)),
            read_ups: Semaphore::new(READ_UPS),
        }))
    }

    /// Reads changes as they come, for as long as it is polled.
    pub async fn follow(self, platform: Platform) {
        let mut moves = platform.epoch.moves();
        let mut is_lost = false;
        loop {
            moves.borrow_and_update();
            match self.catch_up(&platform.db).await {
                Ok(()) => {
                    is_lost = false;
                    self.0.stage.send_if_modified(|stage| {
                        let begins = *stage == Stage::Starting;
                        if begins {
                            *stage = Stage::Following;
                        }
                        begins
                    });
                    // Whatever moves next, or nothing for a while.
                    let _ = timeout(PATIENCE, moves.changed()).await;
                }
                Err(fault) => {
                    if !std::mem::replace(&mut is_lost, true) {
                        tracing::warn!("events wait until changes can be read again: {fault:#}");
                    }
                    sleep(AGAIN).await;
                }
            }
        }
    }

    async fn catch_up(&self, db: &Db) -> anyhow::Result<()> {
        let conn = db.get().await?;
        let newest = self.with_ring(|ring| ring.as_ref().map(|ring| ring.newest().position));
        let mut since = match newest {
            Some(newest) => newest,
            None => {
                let now = queries::read(&conn, None, Which::All, 0).await?;
                let kept = i64::try_from(KEPT).unwrap_or(i64::MAX);
                let since = now.newest.position.saturating_sub(kept);
                let last = queries::read(&conn, Some(since), Which::All, kept).await?;
                let ring = Ring::new(last);
                let newest = ring.newest().position;
                self.with_ring(|place| *place = Some(ring));
                newest
            }
        };
        loop {
            let feed = queries::read(&conn, Some(since), Which::All, PAGE).await?;
            let Some(last) = feed.rows.last() else {
                return Ok(());
            };
            since = last.place.position;
            self.spread(feed);
        }
    }

    /// A change is at hand before it is sent: whoever subscribes in between finds it in one of the two.
    fn spread(&self, feed: Feed) {
        for row in feed.rows {
            let frame = self.with_ring(|ring| ring.as_mut().and_then(|ring| ring.push(row)));
            if let Some(frame) = frame {
                // Nobody may be listening.
                let _ = self.0.live.send(frame);
            }
        }
    }

    /// Takes a place for a listener, if one is free.
    pub fn take_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let places = self.0.places.clone();
        places.try_acquire_owned().map_err(|_| Problem::Busy {
            detail: "as many listen to events as this instance can bear; try another, or poll `/api/v1/changes`",
            retry_after: Duration::from_secs(30),
        })
    }

    /// Waits until the newest place is known.
    pub async fn is_following(&self) -> Result<(), Problem> {
        let mut stage = self.stage();
        match stage
            .wait_for(|stage| *stage != Stage::Starting)
            .await
            .as_deref()
        {
            Ok(Stage::Following) => Ok(()),
            _ => Err(Problem::Unavailable),
        }
    }

    /// Everything that comes from now on. Take it before asking what is at hand, so that nothing is missed in between.
    pub fn subscribe(&self) -> broadcast::Receiver<Frame> {
        self.0.live.subscribe()
    }

    /// What the hub is doing, and how that changes.
    pub fn stage(&self) -> watch::Receiver<Stage> {
        self.0.stage.subscribe()
    }

    /// Ends all streams.
    pub fn end(&self) {
        self.0.stage.send_replace(Stage::Ending);
    }

    /// Where a listener begins who goes on from a token, or from now on.
    pub fn beginning(&self, since: Option<ChangeToken>) -> Beginning {
        self.with_ring(|ring| match (since, ring) {
            (None, Some(ring)) => {
                Beginning::Now(ChangeToken::new(ring.installation(), ring.newest()))
            }
            (Some(token), Some(ring)) if ring.knows(token) => Beginning::After(token),
            _ => Beginning::Unknown,
        })
    }

    /// The next frames after a position that are at hand; `None` when the database must be asked.
    pub fn frames(&self, position: i64, most: usize) -> Option<Vec<Frame>> {
        self.with_ring(|ring| ring.as_ref()?.frames(position, most))
    }

    /// Reads changes after a position from the database, when it is this listener's turn.
    pub async fn read_up(&self, db: &Db, position: i64, most: i64) -> Result<Feed, Problem> {
        let _turn = self
            .0
            .read_ups
            .acquire()
            .await
            .map_err(anyhow::Error::new)?;
        let conn = db.get().await?;
        Ok(queries::read(&conn, Some(position), Which::Told, most).await?)
    }

    /// A panic elsewhere leaves the ring whole: nothing is done under the lock that can stop half-way.
    fn with_ring<T>(&self, look: impl FnOnce(&mut Option<Ring>) -> T) -> T {
        look(&mut self.0.ring.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
