//! The outbox: what changed, written in the transaction of the change. Whoever must react to a change (caches, feeds,
//! webhooks, mails) reads it here; nothing calls upwards.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::schema::events;
use crate::types::{Slug, UserId, closed_set};

closed_set! {
    /// What happened to a thing, as readers are told.
    pub enum ReaderAction {
        /// It is there now, and was not before.
        Published = "published",
        /// It shows something else now.
        Updated = "updated",
        /// It is gone.
        Withdrawn = "withdrawn",
    }
}

/// Who can notice a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility<'a> {
    /// Readers can, and are told this much. The slug is the one that they know.
    Told {
        action: ReaderAction,
        slug: &'a Slug,
    },
    /// What readers are answered may have to be made anew, but nothing may be told (yet), as of a schedule.
    Untold,
    EditorsOnly,
}

/// One change.
pub struct Event<'a> {
    /// Who did it; `None` for the system and for the public.
    pub actor: Option<UserId>,
    /// What happened, such as `article.published`. Actions never change their names.
    pub action: &'static str,
    pub resource_kind: &'static str,
    pub resource_id: Uuid,
    pub visibility: Visibility<'a>,
    /// The `Cache-Tag`s of every answer that shows the thing.
    pub cache_tags: Vec<String>,
    pub before: Option<&'a Value>,
    pub after: Option<&'a Value>,
}

/// Writes a change into the outbox. Of `before` and `after`, just the members that differ are kept.
pub async fn record(conn: &mut AsyncPgConnection, event: Event<'_>) -> diesel::QueryResult<()> {
    let (before, after) = differing(event.before, event.after);
    let (action, slug) = match event.visibility {
        Visibility::Told { action, slug } => (Some(action), Some(slug)),
        Visibility::Untold | Visibility::EditorsOnly => (None, None),
    };
    diesel::insert_into(events::table)
        .values((
            events::actor_id.eq(event.actor.map(UserId::as_uuid)),
            events::action.eq(event.action),
            events::resource_kind.eq(event.resource_kind),
            events::resource_id.eq(event.resource_id),
            events::visible_to_readers.eq(event.visibility != Visibility::EditorsOnly),
            events::shown_action.eq(action),
            events::shown_slug.eq(slug),
            events::cache_tags.eq(event.cache_tags),
            events::before.eq(before),
            events::after.eq(after),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

fn differing(before: Option<&Value>, after: Option<&Value>) -> (Option<Value>, Option<Value>) {
    let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) else {
        return (before.cloned(), after.cloned());
    };
    let only_changed = |one: &Map<String, Value>, other: &Map<String, Value>| {
        one.iter()
            .filter(|(name, value)| other.get(*name) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    (
        Some(Value::Object(only_changed(old, new))),
        Some(Value::Object(only_changed(new, old))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changed_is_kept() {
        let (before, after) = differing(
            Some(&json!({"a": 1, "b": 2})),
            Some(&json!({"a": 1, "b": 3})),
        );
        assert_eq!(
            (before, after),
            (Some(json!({"b": 2})), Some(json!({"b": 3})))
        );
    }
}
