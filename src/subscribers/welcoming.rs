//! The mail that welcomes a new subscriber, where the form has one.

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::state::SubscriberStatus;
use super::wishes::WishRow;
use super::{mails, queries, terms};
use crate::platform::Platform;
use crate::platform::jobs::{self, Job, Kind, NewJob, Outcome};
use crate::types::{FormId, SubscriberId};

const NAME: &str = "subscription.welcome";

#[derive(Serialize, Deserialize)]
struct Payload {
    subscriber_id: SubscriberId,
    form_id: FormId,
}

/// The kind of job that welcomes.
pub fn kind() -> Kind {
    Kind::new(NAME, |platform, job| Box::pin(welcome(platform, job)))
}

/// Leaves a job that welcomes whoever came by the form of a wish.
pub async fn enqueue(conn: &mut AsyncPgConnection, wish: &WishRow) -> diesel::QueryResult<()> {
    let Some(form) = wish.form_id else {
        return Ok(());
    };
    let payload = json!({ "subscriber_id": wish.subscriber_id, "form_id": form });
    let key = format!("{}/{form}", wish.id);
    let job = NewJob {
        unique_key: Some(&key),
        ..NewJob::new(NAME, payload)
    };
    jobs::enqueue(conn, job).await
}

async fn welcome(platform: Platform, job: Job) -> Outcome {
    match try_welcome(&platform, &job).await {
        Ok(()) => Outcome::Done,
        Err(outcome) => outcome,
    }
}

async fn try_welcome(platform: &Platform, job: &Job) -> Result<(), Outcome> {
    let payload: Payload = job.read()?;
    let mut conn = platform.db.get().await?;
    let Some(subscriber) = queries::find(&conn, payload.subscriber_id).await? else {
        return Ok(());
    };
    // Who has left since is left alone.
    if subscriber.row.standing.status != SubscriberStatus::Confirmed {
        return Ok(());
    }
    let locale = subscriber.row.locale.as_ref();
    let Some(welcome) = terms::welcome(&mut conn, payload.form_id, locale).await? else {
        return Ok(());
    };
    drop(conn);
    let mail = mails::welcome(platform, job.id, &subscriber.row, &welcome)?;
    platform.mailer.send(&mail).await.map_err(Outcome::from)
}
