use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::queries::{self, Which};
use super::token::ChangeToken;
use crate::delivery::{Export, ExportFilter, Progress};
use crate::platform::Platform;
use crate::platform::clock::Moment;
use crate::rest::Problem;
use crate::rest::streamed::{Pieces, streamed};

/// How many exports one instance makes at the same time.
const AT_ONCE: usize = 2;

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

impl Exports {
    /// A place for one more export, as long as it is held.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let places = self.0.clone();
        places.try_acquire_owned().map_err(|_| Problem::Busy {
            detail: "as many exports are under way as this instance makes at once",
            retry_after: Duration::from_secs(30),
        })
    }

    /// Opens a snapshot, and reads the token that goes with it. It shows the site as it is, or as of another instant.
    pub async fn open(
        &self,
        platform: &Data<Platform>,
        filter: &ExportFilter,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Opened, Problem> {
        let place = self.place()?;
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
        let moment = as_of.map_or_else(|| Moment::at(now), Moment::as_of);
        Ok(Opened {
            token: ChangeToken::new(feed.installation, feed.newest),
            conn,
            export: Export::new(filter, moment, platform.config.clone()),
            _place: place,
        })
    }
}

impl Opened {
    /// All lines. The stream fails when it ends before it is complete.
    pub fn into_stream(self) -> impl Stream<Item = std::io::Result<Bytes>> {
        streamed(async |pieces: &mut Pieces| self.write(pieces).await)
    }

    async fn write(mut self, pieces: &mut Pieces) -> anyhow::Result<()> {
        loop {
            let batch = self.export.next(&mut self.conn, async |article| {
                serde_json::to_writer(&mut *pieces.bytes(), &article)?;
                pieces.bytes().push(b'\n');
                pieces.flow().await
            });
            if batch.await? == Progress::Finished {
                return Ok(());
            }
        }
    }
}
