//! What readers are answered with, and how it is kept.
//!
//! An answer is kept under its canonical request and the edition that it shows: the newest change that readers could notice.
//! It is handed out for as long as that *is* the newest (`platform::epoch` keeps up with the database, and says when it
//! can't), and until the next thing that is scheduled. One request makes a missing answer while others wait for it. The
//! edition is read before the answer is made and again with it, so what was made before a change can't be kept after it.

mod answer;
mod coding;
mod entry;
mod fixed;
mod preview;
mod shortcut;
mod store;
mod totals;

use std::cell::Cell;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use diesel::QueryResult;

pub use answer::{Answer, Read, Seen};
pub use entry::Entry;
pub use fixed::Fixed;
use preview::for_holder_alone;
pub use preview::{PREVIEW, Preview};
pub use shortcut::Shortcut;
pub use store::Store;
use store::Turn;
use totals::list_name;

use super::problem::Problem;
use crate::platform::Platform;
use crate::platform::clock::Moment;
use crate::platform::epoch::Edition;
use crate::platform::pool::{Connection, Db};

/// How often reading begins anew because something changed meanwhile.
const ATTEMPTS: usize = 3;
/// How long a replica may take, connection and all.
const REPLICA_TIME: Duration = Duration::from_secs(1);

/// Answers one request of a reader. A handler's argument.
pub struct Delivery {
    request: HttpRequest,
    pub platform: Data<Platform>,
    store: Data<Store>,
    preview: Option<Preview>,
}

/// What an answer is read from.
pub struct Source {
    pub conn: Connection,
    /// The instant at which the site is shown.
    pub moment: Moment,
    /// Names the list for [`Totals`](totals::Totals), unless it is shown as of another time.
    list: Option<String>,
    total: Cell<Option<i64>>,
}

impl FromRequest for Delivery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parts = (
            request.app_data::<Data<Platform>>().cloned(),
            request.app_data::<Data<Store>>().cloned(),
        );
        ready(match parts {
            (Some(platform), Some(store)) => Ok(Self {
                request: request.clone(),
                platform,
                store,
                preview: request.extensions().get::<Preview>().copied(),
            }),
            _ => Err(anyhow::anyhow!("delivery is not set up").into()),
        })
    }
}

impl Delivery {
    /// The request's path, for links to other pages of a list.
    pub fn path(&self) -> &str {
        self.request.path()
    }

    /// Answers with what is kept, or reads and shows it. `canonical` is the query in one form for all ways to write it.
    /// `read` makes one round trip and may be called again; `show` turns what was found into an answer.
    pub async fn answer<T>(
        &self,
        canonical: &str,
        read: impl AsyncFn(&Source) -> QueryResult<Read<T>>,
        show: impl AsyncFnOnce(T) -> Result<Answer, Problem>,
    ) -> Result<HttpResponse, Problem> {
        let make = async |care| self.make(canonical, care, read, show).await;
        if self.preview.is_some() {
            return Ok(for_holder_alone(self.respond(&*make(Care::Once).await?)));
        }
        let Some(edition) = self.store.edition() else {
            return Ok(self.respond(&*make(Care::Once).await?));
        };
        let key = match canonical {
            "" => self.path().to_owned(),
            _ => format!("{}?{canonical}", self.path()),
        };
        let now = self.platform.clock.elapsed();
        if let Some(entry) = self.store.find(&key, edition, now) {
            return Ok(self.remembered(&key, &entry));
        }
        match self.store.take_turn(&key, edition) {
            Turn::First(flight) => {
                let entry = make(Care::Keep).await?;
                flight.land(&entry);
                Ok(self.remembered(&key, &entry))
            }
            Turn::Waiting(mut landing) => {
                let landed = landing.wait_for(Option::is_some).await;
                let entry = landed.ok().and_then(|entry| entry.clone());
                match entry {
                    Some(entry) => Ok(self.respond(&entry)),
                    // Whoever made it gave up; each who waited finds out why.
                    None => Ok(self.respond(&*make(Care::Keep).await?)),
                }
            }
        }
    }

    fn respond(&self, entry: &Entry) -> HttpResponse {
        entry.respond(self.request.headers(), self.platform.clock.elapsed())
    }

    /// The same; the next request that is written like this one takes the shortcut.
    fn remembered(&self, key: &str, entry: &Arc<Entry>) -> HttpResponse {
        if entry.edition.is_some()
            && let Some(target) = self.request.uri().path_and_query()
            && target.as_str() != key
        {
            self.store.remember(target.as_str(), entry);
        }
        self.respond(entry)
    }

    async fn make<T>(
        &self,
        canonical: &str,
        wanted: Care,
        read: impl AsyncFn(&Source) -> QueryResult<Read<T>>,
        show: impl AsyncFnOnce(T) -> Result<Answer, Problem>,
    ) -> Result<Arc<Entry>, Problem> {
        let read_at = self.platform.clock.elapsed();
        let moment = match self.preview {
            Some(preview) => Moment::as_of(preview.as_of),
            None => self.platform.clock.moment(),
        };
        // Totals are shared by all who see the site as it is now.
        let list = self
            .preview
            .is_none()
            .then(|| list_name(self.path(), canonical));
        let of = async |db: &Db| {
            Ok::<_, Problem>(Source {
                conn: db.get().await?,
                moment,
                list: list.clone(),
                total: Cell::new(None),
            })
        };
        let (Read { found, seen }, edition) = match self.read_replica(&of, &read).await {
            Some(found) => found,
            None => {
                self.read_primary(wanted, of(&self.platform.db).await?, &read)
                    .await?
            }
        };
        let answer = show(found).await?;
        if let Some(preview) = self.preview {
            preview.allows(&answer)?;
        }
        let entry = Entry::new(answer, seen, edition, read_at, &self.platform.config)?;
        Ok(Arc::new(entry))
    }

    /// Reads until nothing has changed on the way, where it matters. Tells which edition was read, if it is all of one piece.
    async fn read_primary<T>(
        &self,
        wanted: Care,
        source: Source,
        read: &impl AsyncFn(&Source) -> QueryResult<Read<T>>,
    ) -> Result<(Read<T>, Option<Edition>), Problem> {
        let mut attempt = 1;
        loop {
            let (found, edition) = self.attempt(&source, read).await?;
            if edition.is_some() || wanted == Care::Once || attempt == ATTEMPTS {
                return Ok((found, edition));
            }
            attempt += 1;
        }
    }

    /// Reads from a replica, unless there is none, it is lost, or it lags behind what readers were shown already.
    async fn read_replica<T>(
        &self,
        of: &impl AsyncFn(&Db) -> Result<Source, Problem>,
        read: &impl AsyncFn(&Source) -> QueryResult<Read<T>>,
    ) -> Option<(Read<T>, Option<Edition>)> {
        let replica = self.platform.replicas.next()?;
        let shown = self.store.epoch().newest().position();
        let asked = async {
            let source = of(replica.db()).await?;
            self.attempt(&source, read).await
        };
        match tokio::time::timeout(REPLICA_TIME, asked).await {
            Ok(Ok((found, edition))) => (found.seen.position >= shown).then_some((found, edition)),
            Ok(Err(fault)) => {
                replica.lost(&format!("{:#}", fault.into_cause()));
                None
            }
            Err(_) => {
                replica.lost("it does not answer");
                None
            }
        }
    }

    /// A reading is all of one piece when its statements ran in the order they were sent, the position last, and that is
    /// the position that was known before.
    async fn attempt<T>(
        &self,
        source: &Source,
        read: &impl AsyncFn(&Source) -> QueryResult<Read<T>>,
    ) -> Result<(Read<T>, Option<Edition>), Problem> {
        let epoch = self.store.epoch();
        let known = epoch.newest();
        let now = self.platform.clock.elapsed();
        let is_believed = epoch.current() == Some(known);
        let list = source.list.as_deref().filter(|_| is_believed);
        let counted = list.and_then(|list| self.store.totals().find(list, known, now));
        source.total.set(counted);
        let prepared = source.conn.prepared();
        let found = read(source).await?;
        let in_order = source.conn.prepared() == prepared;
        epoch.learn(found.seen.position);
        let is_whole = in_order && found.seen.position == known.position();
        if let (true, Some(list), Some(total)) = (is_whole, list, source.total.get()) {
            let ends_at = found.seen.ends_at(now);
            self.store.totals().note(list, known, ends_at, total);
        }
        Ok((found, is_whole.then_some(known)))
    }
}

/// How much trouble an answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// It is to be kept: read again until it is of one piece.
    Keep,
    /// It is for one client alone.
    Once,
}

impl Source {
    /// How many entries the list has: as it was counted for another page of it, or else as `count` finds out.
    pub async fn total(&self, count: impl Future<Output = QueryResult<i64>>) -> QueryResult<i64> {
        if let Some(total) = self.total.get() {
            return Ok(total);
        }
        let total = count.await?;
        self.total.set(Some(total));
        Ok(total)
    }
}
