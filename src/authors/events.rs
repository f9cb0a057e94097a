use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::AuthorRow;
use super::queries;
use crate::platform::clock::Moment;
use crate::platform::events::{self, Event, ReaderAction, Visibility};
use crate::types::UserId;

/// Tells that a person's public side has changed. Readers are told of people whose name they find under something.
pub async fn record_update(
    conn: &mut AsyncPgConnection,
    actor: Option<UserId>,
    before: &AuthorRow,
    after: &AuthorRow,
    now: Moment,
) -> diesel::QueryResult<()> {
    let is_shown = queries::is_shown(conn, after.id, now).await?;
    let (old, new) = (members(before), members(after));
    let event = Event {
        actor,
        action: "author.updated",
        resource_kind: "author",
        resource_id: after.id.as_uuid(),
        // Somebody may be publishing under this name right now: what is cached ends in either case.
        visibility: if is_shown {
            Visibility::Told {
                action: ReaderAction::Updated,
                slug: &after.slug,
            }
        } else {
            Visibility::Untold
        },
        cache_tags: vec![format!("author:{}", after.id), "authors".to_owned()],
        before: Some(&old),
        after: Some(&new),
    };
    events::record(conn, event).await
}

fn members(author: &AuthorRow) -> Value {
    json!({ "slug": author.slug, "name": author.name, "bio": author.bio })
}
