use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::Context;
use bytes::Bytes;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::queries::{self, Which};
use super::token::ChangeToken;
use crate::delivery::{Export, ExportFilter, Progress};
use crate::platform::Platform;
use crate::platform::clock::Moment;
use crate::rest::Problem;

/// How many exports one instance makes at the same time.
const AT_ONCE: usize = 2;
/// How much is sent at once, in bytes, and how many of these wait for a slow client.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 4;
/// How long a client may take for a piece. A snapshot that is kept open keeps the database from cleaning up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exports of this instance.
pub struct Exports(Arc<Semaphore>);

impl Default for Exports {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// An export about to be sent, on a connection of its own that shows one snapshot.
pub struct Opened {
    pub token: ChangeToken,
    conn: AsyncPgConnection,
    export: Export,
    _place: OwnedSemaphorePermit,
}

/// A part of the answer.
#[derive(Debug)]
enum Piece {
    Lines(Bytes),
    /// All was sent. Without it the answer was cut short, and must not look whole.
    End,
}

impl Exports {
    /// Opens a snapshot, and reads the token that goes with it.
    pub async fn open(
        &self,
        platform: &Data<Platform>,
        filter: &ExportFilter,
    ) -> Result<Opened, Problem> {
        let places = self.0.clone();
        let place = places.try_acquire_owned().map_err(|_| Problem::Busy {
            detail: "as many exports are under way as this instance makes at once",
            retry_after: Duration::from_secs(30),
        })?;
        let mut conn = platform.db.connect_alone().await.map_err(|fault| {
            tracing::warn!("no connection for an export: {fault}");
            Problem::Unavailable
        })?;
        diesel::sql_query("begin isolation level repeatable read read only")
            .execute(&mut conn)
            .await?;
        let feed = queries::read(&conn, None, Which::Told, 0).await?;
        // Not before the snapshot: what it tells of as begun must have begun at this instant.
        let now = platform.clock.now_in_database(&mut conn).await?;
        Ok(Opened {
            token: ChangeToken::new(feed.installation, feed.newest),
            conn,
            export: Export::new(filter, Moment::at(now), platform.config.clone()),
            _place: place,
        })
    }
}

impl Opened {
    /// All lines. The stream fails when it ends before it is complete.
    pub fn into_stream(self) -> impl Stream<Item = std::io::Result<Bytes>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        actix_web::rt::spawn(async move {
            tokio::select! {
                sent = self.send(&sender) => if let Err(fault) = sent {
                    tracing::warn!("an export was cut short: {fault:#}");
                },
                // The client has gone.
                () = sender.closed() => {}
            }
        });
        futures::stream::unfold(Some(receiver), async |receiver| {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Piece::Lines(lines)) => Some((Ok(lines), Some(receiver))),
                Some(Piece::End) => None,
                None => Some((Err(std::io::Error::other("the export was cut short")), None)),
            }
        })
    }

    async fn send(mut self, sender: &mpsc::Sender<Piece>) -> anyhow::Result<()> {
        let mut lines: Vec<u8> = Vec::with_capacity(2 * PIECE);
        loop {
            let batch = self.export.next(&mut self.conn, async |article| {
                serde_json::to_writer(&mut lines, &article)?;
                lines.push(b'\n');
                if lines.len() >= PIECE {
                    pass(sender, Piece::Lines(taken(&mut lines))).await?;
                }
                Ok::<_, anyhow::Error>(())
            });
            if batch.await? == Progress::Finished {
                break;
            }
        }
        if !lines.is_empty() {
            pass(sender, Piece::Lines(taken(&mut lines))).await?;
        }
        pass(sender, Piece::End).await
    }
}

fn taken(lines: &mut Vec<u8>) -> Bytes {
    std::mem::replace(lines, Vec::with_capacity(2 * PIECE)).into()
}

async fn pass(sender: &mpsc::Sender<Piece>, piece: Piece) -> anyhow::Result<()> {
    let passed = timeout(PATIENCE, sender.send(piece)).await;
    passed
        .context("the client takes nothing more")?
        .context("the client has gone")
}
