use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::model::JobRow;
use crate::platform::events::{self, Event, Visibility};
use crate::types::UserId;

/// Tells that somebody had a job tried again or thrown away. Readers don't notice.
pub async fn record(
    conn: &mut AsyncPgConnection,
    actor: UserId,
    action: &'static str,
    job: &JobRow,
) -> diesel::QueryResult<()> {
    let before = json!({ "kind": job.kind, "attempts": job.attempts, "last_error": job.last_error, "dead_at": job.dead_at });
    let event = Event {
        actor: Some(actor),
        action,
        resource_kind: "job",
        resource_id: job.id.as_uuid(),
        visibility: Visibility::EditorsOnly,
        cache_tags: Vec::new(),
        before: Some(&before),
        after: None,
    };
    events::record(conn, event).await
}
