//! A pool of connections to one database.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use deadpool::managed::{self, Metrics, Object, Pool, RecycleError, RecycleResult, Timeouts};
use diesel::connection::InstrumentationEvent;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::db::Address;

/// How long a request waits for a connection before the answer is 503.
const WAIT: Duration = Duration::from_secs(3);

/// A connection out of the pool; it goes back when dropped.
pub type Connection = Object<Manager>;

/// No connection could be had in time.
#[derive(Debug, thiserror::Error)]
#[error("no database connection: {0}")]
pub struct Unavailable(#[from] managed::PoolError<ConnectionError>);

/// The pool. Cheap to clone: all clones share the connections.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    address: Arc<Address>,
}

impl Db {
    /// Prepares a pool of at most `size` connections. Nothing is opened yet.
    pub fn new(address: Address, size: usize) -> anyhow::Result<Self> {
        let address = Arc::new(address);
        let pool = Pool::builder(Manager(address.clone()))
            .max_size(size)
            .timeouts(Timeouts {
                wait: Some(WAIT),
                create: Some(WAIT),
                recycle: Some(WAIT),
            })
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .context("the connection pool can't be built")?;
        Ok(Self { pool, address })
    }

    /// A connection, as soon as one is free.
    pub async fn get(&self) -> Result<Connection, Unavailable> {
        Ok(self.pool.get().await?)
    }

    /// A connection outside the pool, for what lasts.
    pub async fn connect_alone(&self) -> ConnectionResult<AsyncPgConnection> {
        self.address.connect().await
    }
}

/// A connection that counts how many statements it had to prepare.
pub struct Pooled {
    inner: AsyncPgConnection,
    prepared: Arc<AtomicU64>,
}

impl Pooled {
    /// How many statements were prepared so far. When this goes up while several statements are on their way, they may
    /// have been executed in another order than they were sent.
    pub fn prepared(&self) -> u64 {
        AtomicU64::load(&self.prepared, Ordering::Relaxed)
    }
}

impl Deref for Pooled {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.inner
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.inner
    }
}

/// Opens connections for the pool, and judges which can be used again.
pub struct Manager(Arc<Address>);

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Pooled, ConnectionError> {
        let mut inner = self.0.connect().await?;
        // Compiling a statement takes longer than any of ours should run, and is done anew each time.
        diesel::sql_query("set jit = off")
            .execute(&mut inner)
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        let prepared = Arc::new(AtomicU64::new(0));
        let count = prepared.clone();
        inner.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Pooled { inner, prepared })
    }

    /// Asks nothing of the database: a connection that was closed is noticed without.
    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<ConnectionError> {
        if pooled.inner.is_broken() {
            Err(RecycleError::message("the connection is broken"))
        } else {
            Ok(())
        }
    }
}
