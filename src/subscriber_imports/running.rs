//! The work of an import: its file is read piece by piece and dealt with chunk by chunk. Each chunk is one transaction that
//! also notes how far it has come, so that whoever goes on after a crash neither leaves out a row nor takes one twice.

use std::time::Duration;

use diesel_async::AsyncConnection;
use serde::{Deserialize, Serialize};

use super::model::{ImportRow, ImportState, Mode};
use super::reading::{Place, Reader, Rower, Topics};
use super::writing::{self, Chunk, Refusal, Seen, Taken};
use super::{PIECE, events, queries};
use crate::platform::Platform;
use crate::platform::installation::Keys;
use crate::platform::jobs::{Job, Kind, NewJob, Outcome};
use crate::subscribers::suppression;
use crate::tags::{self, TagSummary};
use crate::types::ImportId;

/// How many rows, bytes of the file and values are dealt with in one transaction: two such chunks are in memory at a time,
/// where a value takes some ten times what it takes in the file, and a short one more.
const ROWS: usize = 10_000;
const BYTES: u64 = 1024 * 1024;
const VALUES: usize = 100_000;
/// How often a chunk is tried again when others write the same people.
const TRIES: u32 = 10;
/// How often a job is begun before the import is given up.
const ATTEMPTS: i32 = 8;

const NAME: &str = "subscriber_import.run";

#[derive(Serialize, Deserialize)]
struct Payload {
    import_id: ImportId,
}

/// The job that runs an import.
pub fn kind() -> Kind {
    let kind = Kind::new(NAME, |platform, job| Box::pin(attempt(platform, job)));
    kind.attempts(ATTEMPTS)
        .within(Duration::from_secs(24 * 60 * 60))
}

/// Has an import run, by whichever instance takes it first.
pub fn job(id: ImportId) -> NewJob<'static> {
    NewJob::new(NAME, serde_json::json!({ "import_id": id }))
}

async fn attempt(platform: Platform, job: Job) -> Outcome {
    let payload: Payload = match job.read() {
        Ok(payload) => payload,
        Err(outcome) => return outcome,
    };
    match run(&platform, payload.import_id).await {
        Ok(()) => Outcome::Done,
        Err(Refusal::Elsewhere) => Outcome::Done,
        Err(fault) if job.attempt >= ATTEMPTS => {
            let given_up = give_up(&platform, payload.import_id).await;
            Outcome::GiveUp(match given_up {
                Ok(()) => fault.to_string(),
                Err(other) => format!("{fault}; {other}"),
            })
        }
        Err(fault) => Outcome::Retry(fault.to_string()),
    }
}

async fn give_up(platform: &Platform, id: ImportId) -> Result<(), Refusal> {
    let now = platform.clock.now();
    let mut conn = connection(platform).await?;
    let words = "it failed again and again; the log has the cause";
    conn.transaction(async |tx| Ok(queries::end(tx, id, Some(words), now).await?))
        .await
}

/// Runs an import to its end, from wherever it is.
async fn run(platform: &Platform, id: ImportId) -> Result<(), Refusal> {
    let Some((import, mut source)) = begin(platform, id).await? else {
        return Ok(());
    };
    let mut seen = Seen::default();
    let mut next = source.chunk(platform).await?;
    while let Some(chunk) = next {
        // While one chunk is written, the next is read.
        let (written, following) = tokio::join!(
            write(platform, id, &chunk, &mut seen),
            source.chunk(platform)
        );
        written?;
        next = following?;
    }
    let now = platform.clock.now();
    let mut conn = connection(platform).await?;
    conn.transaction(async |tx| {
        let import = queries::lock(tx, id).await?.ok_or(Refusal::Elsewhere)?;
        if import.state != ImportState::Running {
            return Err(Refusal::Elsewhere);
        }
        queries::end(tx, id, None, now).await?;
        if import.mode == Mode::Write {
            events::record(tx, &import, "subscriber_import.finished").await?;
        }
        Ok(())
    })
    .await?;
    tracing::info!(import_id = %import.id, "an import of subscribers is finished");
    Ok(())
}

/// Takes an import in hand; `None` when there is nothing left to do.
async fn begin(platform: &Platform, id: ImportId) -> Result<Option<(ImportRow, Source)>, Refusal> {
    let mut conn = connection(platform).await?;
    let import = conn
        .transaction(async |tx| {
            let import = queries::lock(tx, id).await?;
            let waits = |import: &ImportRow| {
                matches!(import.state, ImportState::Queued | ImportState::Running)
            };
            let import = import.filter(waits);
            if import.is_some() {
                queries::set_state(tx, id, ImportState::Running).await?;
            }
            Ok::<_, Refusal>(import)
        })
        .await?;
    let Some(import) = import else {
        return Ok(None);
    };
    let Some(layout) = import.layout.clone() else {
        return Ok(None);
    };
    let tags = tags::queries::all(&mut conn).await?;
    let tags: Vec<TagSummary> = tags.iter().map(TagSummary::from).collect();
    let place = import.place();
    let columns = import.request.columns.clone();
    let source = Source {
        id,
        reader: Some(Reader::new(&layout, place)),
        rower: Some(Rower::new(
            layout,
            columns,
            Topics::of(&tags),
            platform.clock.now(),
        )),
        next_piece: place.bytes / PIECE as u64,
        skip: usize::try_from(place.bytes % PIECE as u64).unwrap_or_default(),
    };
    Ok(Some((import, source)))
}

async fn connection(platform: &Platform) -> Result<crate::platform::pool::Connection, Refusal> {
    let conn = platform.db.get().await;
    conn.map_err(|fault| Refusal::Broken(anyhow::Error::new(fault)))
}

async fn write(
    platform: &Platform,
    id: ImportId,
    chunk: &Chunk,
    seen: &mut Seen,
) -> Result<(), Refusal> {
    let mut tries = 0;
    loop {
        let mut conn = connection(platform).await?;
        let written = conn
            .transaction(async |tx| writing::write(tx, platform, id, chunk, seen).await)
            .await;
        drop(conn);
        tries += 1;
        match written {
            Err(Refusal::Again | Refusal::Database(_)) if tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(50) * tries).await;
            }
            other => return other,
        }
    }
}

/// The rows of an import's file, from wherever it was left.
struct Source {
    id: ImportId,
    /// Both are elsewhere while they work.
    reader: Option<Reader>,
    rower: Option<Rower>,
    next_piece: u64,
    /// How much of the first piece has been dealt with.
    skip: usize,
}

impl Source {
    /// The next chunk; `None` at the end of the file.
    async fn chunk(&mut self, platform: &Platform) -> Result<Option<Chunk>, Refusal> {
        let lost = || anyhow::anyhow!("the reading of an import ended early");
        let (Some(mut reader), Some(mut rower)) = (self.reader.take(), self.rower.take()) else {
            return Err(lost().into());
        };
        let before = reader.place();
        let mut batch = Batch::new(before);
        loop {
            // Off the threads that answer requests: it is thousands of rows.
            let keys = platform.keys.clone();
            let read = tokio::task::spawn_blocking(move || {
                batch.read(&mut reader, &mut rower, &keys);
                (reader, rower, batch)
            });
            (reader, rower, batch) = read.await.map_err(|_| lost())?;
            if batch.is_full(&reader) || reader.is_done() {
                break;
            }
            match self.piece(platform).await? {
                Some(bytes) => reader.feed(&bytes),
                None => reader.end(),
            }
        }
        let after = reader.place();
        (self.reader, self.rower) = (Some(reader), Some(rower));
        let rows = batch.rows;
        let is_over = rows.is_empty() && after == before;
        Ok((!is_over).then_some(Chunk {
            before,
            rows,
            after,
        }))
    }

    async fn piece(&mut self, platform: &Platform) -> Result<Option<Vec<u8>>, Refusal> {
        let number = i64::try_from(self.next_piece).unwrap_or(i64::MAX);
        let mut conn = connection(platform).await?;
        let piece = queries::find_piece(&mut conn, self.id, number).await?;
        self.next_piece += 1;
        let skip = std::mem::take(&mut self.skip);
        Ok(piece.map(|mut bytes| bytes.split_off(skip.min(bytes.len()))))
    }
}

/// Rows on their way into a chunk.
struct Batch {
    begin: Place,
    rows: Vec<Taken>,
    values: usize,
}

impl Batch {
    fn new(begin: Place) -> Self {
        Self {
            begin,
            rows: Vec::new(),
            values: 0,
        }
    }

    /// Reads on until the bytes run out, or there is enough.
    fn read(&mut self, reader: &mut Reader, rower: &mut Rower, keys: &Keys) {
        while !self.is_full(reader)
            && let Some(raw) = reader.next()
        {
            let (number, line) = (raw.number, raw.line);
            self.values += raw.values();
            self.rows.push(match rower.row(raw) {
                Ok(row) => Taken::Row {
                    hash: suppression::hash_of(keys, &row.email),
                    row: Box::new(row),
                },
                Err(remarks) => Taken::Refused {
                    number,
                    line,
                    remarks,
                },
            });
        }
    }

    fn is_full(&self, reader: &Reader) -> bool {
        self.rows.len() >= ROWS
            || self.values >= VALUES
            || reader.place().bytes - self.begin.bytes >= BYTES
    }
}
