use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::ArticleRow;
use super::queries::NewPublication;
use crate::platform::events::{Event, Visibility, record};
use crate::types::{ArticleId, UserId};

/// Tells of a save. Readers don't notice.
pub async fn record_save(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    by: Option<UserId>,
    action: &'static str,
    before: Option<&Value>,
    after: &Value,
) -> diesel::QueryResult<()> {
    // The revision holds the whole text; the outbox just says which members changed.
    let without_body = |snapshot: &Value| {
        let mut members = snapshot.clone();
        if let Some(source) = members.pointer_mut("/body/source") {
            *source = json!(
                xxhash_rust::xxh3::xxh3_64(source.as_str().unwrap_or_default().as_bytes())
                    .to_string()
            );
        }
        members
    };
    let (before, after) = (before.map(without_body), without_body(after));
    record(
        conn,
        event(
            id,
            by,
            action,
            Visibility::EditorsOnly,
            before.as_ref(),
            Some(&after),
        ),
    )
    .await
}

/// Tells of a publication, begun or to come.
pub async fn record_publication(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    by: Option<UserId>,
    action: &'static str,
    publication: &NewPublication,
) -> diesel::QueryResult<()> {
    let after = json!({
        "slug": article.slug,
        "revision": publication.revision,
        "live_from": publication.live_from,
        "live_until": publication.live_until,
    });
    record(
        conn,
        event(
            article.id,
            by,
            action,
            Visibility::Readers,
            None,
            Some(&after),
        ),
    )
    .await
}

/// Tells that readers don't see an article any more, or won't as was planned.
pub async fn record_withdrawal(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    by: Option<UserId>,
) -> diesel::QueryResult<()> {
    let before = json!({ "slug": article.slug, "live_from": article.live_from, "live_until": article.live_until });
    record(
        conn,
        event(
            article.id,
            by,
            "article.unpublished",
            Visibility::Readers,
            Some(&before),
            None,
        ),
    )
    .await
}

/// Tells of a step that only editors notice.
pub async fn record_step(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    by: Option<UserId>,
    action: &'static str,
) -> diesel::QueryResult<()> {
    record(
        conn,
        event(id, by, action, Visibility::EditorsOnly, None, None),
    )
    .await
}

fn event<'a>(
    id: ArticleId,
    actor: Option<UserId>,
    action: &'static str,
    visibility: Visibility,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Event<'a> {
    let cache_tags = match visibility {
        Visibility::Readers => vec![format!("article:{id}"), "articles".to_owned()],
        Visibility::EditorsOnly => Vec::new(),
    };
    Event {
        actor,
        action,
        resource_kind: "article",
        resource_id: id.as_uuid(),
        visibility,
        cache_tags,
        before,
        after,
    }
}
