use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::model::ImportRow;
use crate::platform::events::{self, Event, Visibility};

/// Tells what became of an import as a whole: a million subscribers are one event. Readers don't notice.
pub async fn record(
    conn: &mut AsyncPgConnection,
    import: &ImportRow,
    action: &'static str,
) -> diesel::QueryResult<()> {
    let (tally, undoing) = (import.tally, import.undoing);
    let after = json!({
        "created": tally.created, "updated": tally.updated, "unchanged": tally.unchanged,
        "suppressed": tally.suppressed, "invalid": tally.invalid,
        "removed": undoing.removed, "restored": undoing.restored, "kept": undoing.kept,
    });
    let event = Event {
        actor: import.actor(),
        action,
        resource_kind: "subscriber_import",
        resource_id: import.id.as_uuid(),
        visibility: Visibility::EditorsOnly,
        cache_tags: Vec::new(),
        before: None,
        after: Some(&after),
    };
    events::record(conn, event).await
}
