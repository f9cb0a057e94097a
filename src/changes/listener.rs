use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::sleep;

use super::hub::{Beginning, Hub, Stage};
use super::model::Feed;
use super::ring::Frame;
use super::token::ChangeToken;
use crate::platform::pool::Db;
use crate::rest::Problem;

/// How often a quiet stream says that it is still there: proxies close what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many events a listener that reads up holds at a time.
const AT_A_TIME: usize = 32;

/// Somebody who listens. It holds no connection to the database, and at most a few events: when it is slower than the
/// events come, it reads up from where it was.
pub struct Listener {
    hub: Hub,
    db: Db,
    live: broadcast::Receiver<Frame>,
    stage: watch::Receiver<Stage>,
    /// The position of the last event that was taken.
    last: i64,
    is_behind: bool,
    waiting: VecDeque<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// Begins after a token, or now. `admit` judges a token that isn't at hand by what the database says of it.
    pub async fn begin(
        hub: Hub,
        db: Db,
        since: Option<ChangeToken>,
        admit: impl FnOnce(&Feed, ChangeToken) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let place = hub.take_place()?;
        hub.is_following().await?;
        let (live, stage) = (hub.subscribe(), hub.stage());
        let begin = match (hub.beginning(since), since) {
            (Beginning::Now(token) | Beginning::After(token), _) => token,
            (Beginning::Unknown, Some(token)) => {
                admit(&hub.read_up(&db, token.position(), 1).await?, token)?;
                token
            }
            (Beginning::Unknown, None) => return Err(Problem::Unavailable),
        };
        // The first bytes say when to come back after a break, and from where.
        let opening = format!("retry: 2000\nid: {begin}\n\n");
        Ok(Self {
            hub,
            db,
            live,
            stage,
            last: begin.position(),
            is_behind: since.is_some(),
            waiting: VecDeque::from([opening.into()]),
            _place: place,
        })
    }

    /// All that is sent, until the server stops or the database can't be read.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, async |mut listener| {
            let bytes = listener.next().await?;
            Some((Ok(bytes), listener))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            if *self.stage.borrow() == Stage::Ending {
                return None;
            }
            if self.is_behind {
                self.read_up().await?;
                continue;
            }
            tokio::select! {
                received = self.live.recv() => match received {
                    Ok(frame) if frame.position > self.last => {
                        self.last = frame.position;
                        return Some(frame.bytes);
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.is_behind = true,
                    Err(RecvError::Closed) => return None,
                },
                changed = self.stage.changed() => changed.ok()?,
                () = sleep(HEARTBEAT) => return Some(Bytes::from_static(b":\n\n")),
            }
        }
    }

    /// Takes the next events from what is at hand, else from the database; `None` when there is no way to them.
    async fn read_up(&mut self) -> Option<()> {
        let frames = match self.hub.frames(self.last, AT_A_TIME) {
            Some(frames) => frames,
            None => {
                let most = i64::try_from(AT_A_TIME).unwrap_or(i64::MAX);
                let feed = self.hub.read_up(&self.db, self.last, most).await.ok()?;
                let installation = feed.installation;
                let rows = feed.rows.into_iter();
                rows.filter_map(|row| Frame::of(installation, row))
                    .collect()
            }
        };
        match frames.last() {
            // What is sent live from now on comes after this.
            None => self.is_behind = false,
            Some(last) => self.last = last.position,
        }
        self.waiting
            .extend(frames.into_iter().map(|frame| frame.bytes));
        Some(())
    }
}
