use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::FollowingSubscriber;
use super::state::SubscriberStatus;
use crate::platform::events::{self, Event, Visibility};
use crate::types::{Locale, SubscriberId, TagId, UserId};

/// Writes a change of a subscriber into the outbox.
pub async fn record(
    conn: &mut AsyncPgConnection,
    actor: Option<UserId>,
    action: &'static str,
    before: Option<&FollowingSubscriber>,
    after: Option<&FollowingSubscriber>,
) -> diesel::QueryResult<()> {
    let Some(subject) = after.or(before) else {
        return Ok(());
    };
    let (old, new) = (before.map(members), after.map(members));
    let event = event(actor, action, subject.row.id);
    events::record(
        conn,
        Event {
            before: old.as_ref(),
            after: new.as_ref(),
            ..event
        },
    )
    .await
}

/// Writes into the outbox that somebody asked to be subscribed: what they asked for, and what was known of them by then.
pub async fn record_request(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    status: SubscriberStatus,
    topics: &[TagId],
    locale: Option<&Locale>,
) -> diesel::QueryResult<()> {
    let asked = json!({ "status": status, "topics": topics, "locale": locale });
    let event = event(None, "subscription.requested", id);
    events::record(
        conn,
        Event {
            after: Some(&asked),
            ..event
        },
    )
    .await
}

fn event<'a>(actor: Option<UserId>, action: &'static str, id: SubscriberId) -> Event<'a> {
    Event {
        actor,
        action,
        resource_kind: "subscriber",
        resource_id: id.as_uuid(),
        visibility: Visibility::EditorsOnly,
        cache_tags: Vec::new(),
        before: None,
        after: None,
    }
}

/// What of a subscriber may outlive them: nothing that says who they were.
fn members(subscriber: &FollowingSubscriber) -> Value {
    let topics: Vec<TagId> = subscriber.topics.iter().map(|tag| tag.id).collect();
    json!({ "status": subscriber.row.standing.status, "topics": topics, "locale": subscriber.row.locale })
}
