use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::model::PreviewLinkRow;
use crate::platform::events::{self, Event, Visibility};
use crate::types::UserId;

/// Tells that a preview link was made or revoked. Readers don't notice.
pub async fn record(
    conn: &mut AsyncPgConnection,
    actor: UserId,
    action: &'static str,
    link: &PreviewLinkRow,
) -> diesel::QueryResult<()> {
    let after = json!({ "as_of": link.as_of, "article_id": link.article_id, "expires_at": link.expires_at, "revoked_at": link.revoked_at });
    let event = Event {
        actor: Some(actor),
        action,
        resource_kind: "preview_link",
        resource_id: link.id.as_uuid(),
        visibility: Visibility::EditorsOnly,
        cache_tags: Vec::new(),
        before: None,
        after: Some(&after),
    };
    events::record(conn, event).await
}
