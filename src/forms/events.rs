use diesel_async::AsyncPgConnection;
use serde_json::{Map, Value, json};

use super::model::WholeForm;
use crate::platform::events::{self, Event, Visibility};
use crate::types::UserId;

/// The tag of every answer that shows a form.
pub fn cache_tag(form: &WholeForm) -> String {
    format!("form:{}", form.row.id)
}

/// Writes a change of a form into the outbox. Pages show forms, so answers in memory end with it; but a form is no content,
/// and mirrors are not told.
pub async fn record(
    conn: &mut AsyncPgConnection,
    actor: Option<UserId>,
    action: &'static str,
    before: Option<&WholeForm>,
    after: Option<&WholeForm>,
) -> diesel::QueryResult<()> {
    let Some(subject) = after.or(before) else {
        return Ok(());
    };
    let members = |form: &WholeForm| Value::Object(members(form));
    let (old, new) = (before.map(members), after.map(members));
    let event = Event {
        actor,
        action,
        resource_kind: "form",
        resource_id: subject.row.id.as_uuid(),
        visibility: Visibility::Untold,
        cache_tags: vec![cache_tag(subject)],
        before: old.as_ref(),
        after: new.as_ref(),
    };
    events::record(conn, event).await
}

/// A form's members as they were written: what a patch is applied to.
pub fn members(form: &WholeForm) -> Map<String, Value> {
    let row = &form.row;
    let mut members = match serde_json::to_value(&row.settings) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let topics: Vec<_> = form.topics.iter().map(|tag| tag.id).collect();
    let others = [
        ("key", json!(row.key)),
        ("name", json!(row.name)),
        ("active", json!(row.active)),
        ("topics", json!(topics)),
    ];
    for (name, value) in others {
        members.insert(name.to_owned(), value);
    }
    members
}
