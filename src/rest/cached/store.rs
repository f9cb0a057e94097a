use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::watch;
use xxhash_rust::xxh3::Xxh3Builder;

use super::entry::Entry;
use super::totals::Totals;
use crate::platform::epoch::{Edition, Epoch};

/// Request targets longer than this are not remembered.
const LONGEST_TARGET: usize = 1024;

/// Finished answers in memory, by canonical request target, and again by the target as it was sent where that differs. Bounded
/// by weight; what is asked for often stays, whatever else floods in (TinyLFU).
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// `None`: nothing is kept.
    entries: Option<Cache<Arc<str>, Arc<Entry>, Xxh3Builder>>,
    flights: Mutex<HashMap<FlightKey, Landing>>,
    totals: Totals,
    epoch: Epoch,
}

type FlightKey = (Edition, Arc<str>);
type Landing = watch::Receiver<Option<Arc<Entry>>>;

/// What becomes of a request that found nothing.
pub enum Turn {
    /// Makes the answer; others wait for it.
    First(Flight),
    /// Somebody makes it already.
    Waiting(Landing),
}

/// An answer in the making. Those who wait go on by themselves when it is dropped without one.
pub struct Flight {
    store: Store,
    key: FlightKey,
    landing: watch::Sender<Option<Arc<Entry>>>,
}

impl Store {
    /// Keeps answers of at most so many bytes together; zero keeps none.
    pub fn new(bytes: u64, epoch: Epoch) -> Self {
        let entries = (bytes > 0).then(|| {
            Cache::builder()
                .max_capacity(bytes)
                .weigher(|key: &Arc<str>, entry: &Arc<Entry>| weight(key, entry))
                .build_with_hasher(hasher())
        });
        Self(Arc::new(Inner {
            entries,
            flights: Mutex::default(),
            totals: Totals::default(),
            epoch,
        }))
    }

    /// What is known of the newest edition.
    pub fn epoch(&self) -> &Epoch {
        &self.0.epoch
    }

    /// How many entries lists have. Kept whether answers are or not.
    pub fn totals(&self) -> &Totals {
        &self.0.totals
    }

    /// The newest edition, if answers may be kept and handed out.
    pub fn edition(&self) -> Option<Edition> {
        self.0.entries.as_ref()?;
        self.0.epoch.current()
    }

    /// The answer that is kept under a key, if it is still true.
    pub fn find(&self, key: &str, edition: Edition, now: Duration) -> Option<Arc<Entry>> {
        let entry = self.0.entries.as_ref()?.get(key)?;
        (entry.edition == Some(edition) && entry.is_current(now)).then_some(entry)
    }

    /// Keeps an answer under another name: the target of the request as it was sent. It weighs as much as under its first:
    /// either alone keeps it in memory.
    pub fn remember(&self, target: &str, entry: &Arc<Entry>) {
        if let Some(entries) = &self.0.entries
            && target.len() <= LONGEST_TARGET
        {
            entries.insert(target.into(), entry.clone());
        }
    }

    /// Makes sure that one alone makes an answer while others wait.
    pub fn take_turn(&self, key: &str, edition: Edition) -> Turn {
        let key: FlightKey = (edition, key.into());
        let mut flights = lock(&self.0.flights);
        match flights.entry(key) {
            Slot::Occupied(slot) => Turn::Waiting(slot.get().clone()),
            Slot::Vacant(slot) => {
                let (landing, waiting) = watch::channel(None);
                let key = slot.key().clone();
                slot.insert(waiting);
                Turn::First(Flight {
                    store: self.clone(),
                    key,
                    landing,
                })
            }
        }
    }
}

impl Flight {
    /// Hands the answer to all who wait, and keeps it unless something has changed meanwhile.
    pub fn land(self, entry: &Arc<Entry>) {
        if let Some(entries) = &self.store.0.entries
            && entry.edition == Some(self.store.0.epoch.newest())
        {
            entries.insert(self.key.1.clone(), entry.clone());
        }
        self.landing.send_replace(Some(entry.clone()));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        lock(&self.store.0.flights).remove(&self.key);
    }
}

/// Quicker than the standard one on texts; its seed keeps clients from choosing keys that collide.
fn hasher() -> Xxh3Builder {
    let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
    Xxh3Builder::new().with_seed(seed)
}

/// A panic elsewhere leaves the map whole: nothing is done under the lock that can stop half-way.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn weight(key: &str, entry: &Entry) -> u32 {
    u32::try_from(entry.weight() + key.len() + 128).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::platform::config::Config;
    use crate::platform::epoch::Position;
    use crate::rest::cached::{Answer, Seen};

    fn entry(edition: Edition) -> Arc<Entry> {
        let answer = Answer::of_type("application/json", vec![b' '; 50_000], Vec::new());
        let seen = Seen {
            position: Position::default(),
            now: chrono::DateTime::UNIX_EPOCH,
            next_change: None,
        };
        let config = Config::from_variables(BTreeMap::new()).unwrap();
        Arc::new(Entry::new(answer, seen, Some(edition), Duration::ZERO, &config).unwrap())
    }

    #[test]
    fn an_answer_is_kept_by_its_other_names_only_as_far_as_it_fits() {
        let store = Store::new(1_000_000, Epoch::default());
        let mut flood = Vec::new();
        for number in 0..200 {
            let edition = store.epoch().newest();
            let entry = entry(edition);
            if let Turn::First(flight) = store.take_turn(&format!("/a?q={number}"), edition) {
                flight.land(&entry);
            }
            store.remember(&format!("/a?q=%3{number}"), &entry);
            flood.push(Arc::downgrade(&entry));
            if let Some(entries) = &store.0.entries {
                entries.run_pending_tasks();
            }
        }
        let kept = flood.iter().filter(|entry| entry.strong_count() > 0);
        let kept = kept.count();
        assert!((1..=10).contains(&kept), "{kept} are kept");
    }
}
