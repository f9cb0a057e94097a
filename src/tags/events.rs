use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::TagRow;
use crate::platform::events::{self, Event, ReaderAction, Visibility};
use crate::types::{TagId, UserId};

/// Writes a change of a tag into the outbox. Readers see tags, whichever change it is; `below` are the tags that show it as
/// their parent, or did.
pub async fn record(
    conn: &mut AsyncPgConnection,
    actor: Option<UserId>,
    action: &'static str,
    (before, after): (Option<&TagRow>, Option<&TagRow>),
    below: &[TagId],
) -> diesel::QueryResult<()> {
    let Some(subject) = after.or(before) else {
        return Ok(());
    };
    let told = match (before, after) {
        (None, _) => ReaderAction::Published,
        (Some(_), Some(_)) => ReaderAction::Updated,
        (Some(_), None) => ReaderAction::Withdrawn,
    };
    let (old, new) = (before.map(members), after.map(members));
    let mut cache_tags = vec![format!("tag:{}", subject.id), "tags".to_owned()];
    cache_tags.extend(below.iter().map(|id| format!("tag:{id}")));
    let event = Event {
        actor,
        action,
        resource_kind: "tag",
        resource_id: subject.id.as_uuid(),
        visibility: Visibility::Told {
            action: told,
            slug: &subject.slug,
        },
        cache_tags,
        before: old.as_ref(),
        after: new.as_ref(),
    };
    events::record(conn, event).await
}

fn members(tag: &TagRow) -> Value {
    json!({ "slug": tag.slug, "name": tag.name, "description": tag.description, "parent_id": tag.parent_id })
}
