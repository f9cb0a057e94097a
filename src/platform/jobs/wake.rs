use std::convert::Infallible;
use std::time::Duration;

use anyhow::Context;
use diesel_async::RunQueryDsl;
use futures::StreamExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::platform::pool::Db;

/// How long it may take to connect, and how long to wait before the next attempt.
const CONNECT: Duration = Duration::from_secs(3);
const RECONNECT: Duration = Duration::from_secs(2);

/// Tells of every notification that there are jobs, for as long as it is polled. While it can't, asking now and then must
/// do: nothing is said of that.
pub async fn listen(db: Db, told: watch::Sender<()>) {
    loop {
        let Err(fault) = listen_once(&db, &told).await;
        tracing::debug!("nobody tells of jobs: {fault:#}");
        sleep(RECONNECT).await;
    }
}

async fn listen_once(db: &Db, told: &watch::Sender<()>) -> anyhow::Result<Infallible> {
    let mut conn = timeout(CONNECT, db.connect_alone())
        .await
        .context("the database does not let us in")??;
    diesel::sql_query("listen masthead_jobs")
        .execute(&mut conn)
        .await?;
    // What was told before is not known.
    told.send_replace(());
    let mut notifications = std::pin::pin!(conn.notifications_stream());
    loop {
        notifications
            .next()
            .await
            .context("the connection has ended")??;
        told.send_replace(());
    }
}
