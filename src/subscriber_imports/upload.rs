//! A file on its way into the database: a piece at a time, looked at as it passes, and never held.

use aws_lc_rs::digest::{Context, SHA256};
use chrono::TimeDelta;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::model::{AskedAt, Mode, Request};
use super::reading::{Encoding, Extent, ImportMediaType, Layout, Told};
use super::{PIECE, queries, running};
use crate::platform::Platform;
use crate::platform::jobs;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, ImportId, UserId};

/// How large a file may be, in bytes.
pub const LARGEST: usize = 4 * 1024 * 1024 * 1024;
/// After which time a file that has not arrived never will, and what people were before an import is forgotten.
const ABANDONED: TimeDelta = TimeDelta::days(1);
pub const REVERTIBLE: TimeDelta = TimeDelta::days(30);

/// A file of which a part has arrived.
pub struct Upload {
    platform: Platform,
    id: ImportId,
    request: Request,
    piece: Vec<u8>,
    next_piece: i64,
    size: usize,
    layout: Option<Layout>,
    letters: Letters,
    /// The last byte that is no white space.
    last: Option<u8>,
    sum: Context,
}

/// A file that has arrived, with the number of its bytes and a fingerprint of them.
pub struct Arrived {
    pub id: ImportId,
    pub size: usize,
    pub fingerprint: Vec<u8>,
    layout: Layout,
}

impl Upload {
    /// Begins an import.
    pub async fn begin(
        platform: &Platform,
        request: Request,
        mode: Mode,
        actor: Option<UserId>,
    ) -> Result<Self, Problem> {
        let now = platform.clock.now();
        let consent = request.consent.as_ref();
        if let Some(AskedAt::At(asked_at)) = consent.map(|consent| consent.asked_at)
            && asked_at > now
        {
            let detail = "`asked_at` is to come: nobody has agreed yet";
            let fault = Fault::new("in_the_future", detail);
            return Err(Problem::Invalid(vec![ValueFault::of("consent", fault)]));
        }
        let id = ImportId::mint();
        let mut conn = platform.db.get().await?;
        queries::tidy(&mut conn, now - ABANDONED, now - REVERTIBLE).await?;
        queries::insert(&mut conn, id, mode, &request, actor, now).await?;
        let mut sum = Context::new(&SHA256);
        sum.update(mode.as_str().as_bytes());
        sum.update(
            serde_json::to_string(&request)
                .unwrap_or_default()
                .as_bytes(),
        );
        Ok(Self {
            platform: platform.clone(),
            id,
            request,
            piece: Vec::with_capacity(PIECE),
            next_piece: 0,
            size: 0,
            layout: None,
            letters: Letters::default(),
            last: None,
            sum,
        })
    }

    /// Takes the bytes that come next; tells whether a piece of the file is full with them. What is wrong with the file as
    /// a whole shows in its first piece.
    pub async fn take(&mut self, mut bytes: &[u8]) -> Result<bool, Problem> {
        self.size += bytes.len();
        if self.size > LARGEST {
            return Err(Problem::TooLarge(LARGEST));
        }
        self.letters.see(bytes);
        self.last = bytes.trim_ascii_end().last().copied().or(self.last);
        self.sum.update(bytes);
        let mut is_kept = false;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.keep(Extent::Part).await?;
                is_kept = true;
            }
        }
        Ok(is_kept)
    }

    async fn keep(&mut self, extent: Extent) -> Result<(), Problem> {
        if self.layout.is_none() {
            let told = Told {
                media_type: self.request.media_type,
                format: self.request.format,
                columns: &self.request.columns,
            };
            self.layout = Some(Layout::of(&self.piece, extent, told).map_err(refused)?);
        }
        let mut conn = self.platform.db.get().await?;
        queries::insert_piece(&mut conn, self.id, self.next_piece, &self.piece).await?;
        self.next_piece += 1;
        self.piece.clear();
        Ok(())
    }

    /// There are no more bytes.
    pub async fn end(&mut self) -> Result<Arrived, Problem> {
        if !self.piece.is_empty() || self.next_piece == 0 {
            self.keep(Extent::All).await?;
        }
        let Some(layout) = self.layout.take() else {
            return Err(refused(Fault::required()));
        };
        // Rows are taken out of an array one by one, and nobody would miss those that did not come.
        if self.request.media_type == ImportMediaType::Json && self.last != Some(b']') {
            let detail = "does not end with `]`: it seems to have been cut off";
            return Err(refused(Fault::new("cut_off", detail)));
        }
        let sum = std::mem::replace(&mut self.sum, Context::new(&SHA256));
        Ok(Arrived {
            id: self.id,
            size: self.size,
            fingerprint: sum.finish().as_ref().to_vec(),
            layout: layout.in_encoding(self.letters.encoding()),
        })
    }

    /// Forgets what has arrived.
    pub async fn give_up(self) {
        let forgotten = async {
            let mut conn = self.platform.db.get().await?;
            queries::delete(&mut conn, self.id).await?;
            Ok::<_, Problem>(())
        };
        if let Err(fault) = forgotten.await {
            tracing::warn!("a file that did not arrive is forgotten tomorrow: {fault}");
        }
    }
}

impl Arrived {
    /// Puts the import into its queue, and the job that does it.
    pub async fn queue(&self, conn: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        queries::queue(conn, self.id, &self.layout, size).await?;
        jobs::enqueue(conn, running::job(self.id)).await
    }

    /// Puts it there in a transaction of its own.
    pub async fn queue_alone(&self, platform: &Platform) -> Result<(), Problem> {
        let mut conn = platform.db.get().await?;
        conn.transaction(async |tx| Ok(self.queue(tx).await?)).await
    }
}

/// What is wrong with the file as a whole.
fn refused(fault: Fault) -> Problem {
    Problem::Invalid(vec![ValueFault::at("", fault)])
}

/// Finds out whether bytes are UTF-8, however they are cut.
#[derive(Default)]
struct Letters {
    /// The beginning of a letter that goes on in the next bytes.
    rest: Vec<u8>,
    is_broken: bool,
}

impl Letters {
    fn see(&mut self, bytes: &[u8]) {
        if self.is_broken {
            return;
        }
        let joined;
        let bytes = if self.rest.is_empty() {
            bytes
        } else {
            joined = [self.rest.as_slice(), bytes].concat();
            &joined
        };
        let rest = match std::str::from_utf8(bytes) {
            Ok(_) => Vec::new(),
            Err(fault) if fault.error_len().is_none() => bytes[fault.valid_up_to()..].to_vec(),
            Err(_) => {
                self.is_broken = true;
                Vec::new()
            }
        };
        self.rest = rest;
    }

    fn encoding(&self) -> Encoding {
        if self.is_broken || !self.rest.is_empty() {
            Encoding::Windows1252
        } else {
            Encoding::Utf8
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_known_however_they_are_cut() {
        for (bytes, encoding) in [
            ("plain".as_bytes(), Encoding::Utf8),
            ("gr\u{fc}\u{df}e \u{1f600}".as_bytes(), Encoding::Utf8),
            (b"gr\xfc\xdfe".as_slice(), Encoding::Windows1252),
            (b"gr\xc3".as_slice(), Encoding::Windows1252),
        ] {
            for size in 1..=bytes.len() {
                let mut letters = Letters::default();
                bytes.chunks(size).for_each(|part| letters.see(part));
                assert_eq!(letters.encoding(), encoding, "{bytes:?} in {size}");
            }
        }
    }
}
