//! Long answers, made while they are sent: piece by piece, never faster than the client takes them.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How much is sent at once, in bytes, and how many of these wait for a slow client.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 4;
/// How long a client may take for a piece. A snapshot that is kept open keeps the database from cleaning up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A part of the answer.
#[derive(Debug)]
enum Piece {
    Some(Bytes),
    /// All was sent. Without it the answer was cut short, and must not look whole.
    End,
}

/// Where a long answer is written to.
pub struct Pieces {
    sender: mpsc::Sender<Piece>,
    bytes: Vec<u8>,
}

impl Pieces {
    /// What is to be sent next, for more to be written behind it.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Sends what was written, once it is enough for a piece.
    pub async fn flow(&mut self) -> anyhow::Result<()> {
        if self.bytes.len() < PIECE {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(2 * PIECE));
        self.pass(Piece::Some(bytes.into())).await
    }

    async fn pass(&self, piece: Piece) -> anyhow::Result<()> {
        let passed = timeout(PATIENCE, self.sender.send(piece)).await;
        passed
            .context("the client takes nothing more")?
            .context("the client has gone")
    }
}

/// The answer that is written by `write`, which ends when the client goes. The stream fails when it ends before it is
/// complete.
pub fn streamed(
    write: impl AsyncFnOnce(&mut Pieces) -> anyhow::Result<()> + 'static,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    actix_web::rt::spawn(async move {
        let gone = sender.clone();
        let mut pieces = Pieces {
            sender,
            bytes: Vec::with_capacity(2 * PIECE),
        };
        let written = async {
            write(&mut pieces).await?;
            pieces.flush().await?;
            pieces.pass(Piece::End).await
        };
        tokio::select! {
            written = written => if let Err(fault) = written {
                tracing::warn!("an export was cut short: {fault:#}");
            },
            // The client has gone.
            () = gone.closed() => {}
        }
    });
    futures::stream::unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Some(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(std::io::Error::other("the export was cut short")), None)),
        }
    })
}
