use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::ArticleRow;
use super::queries::{self, NewPublication};
use super::transitions::Transition;
use crate::platform::events::{Event, ReaderAction, Visibility, record};
use crate::types::{ArticleId, Slug, UserId};

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

/// Tells of a publication, begun or to come: editors that it was made, readers what they may know.
pub async fn record_publication(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    by: Option<UserId>,
    (action, visibility): (&'static str, Visibility<'_>),
    publication: &NewPublication,
) -> diesel::QueryResult<()> {
    let after = json!({
        "slug": article.slug,
        "revision": publication.revision,
        "live_from": publication.live_from,
        "live_until": publication.live_until,
    });
    record_shown(
        conn,
        event(article.id, by, action, visibility, None, Some(&after)),
    )
    .await
}

/// Tells that readers don't see an article any more, or won't as was planned. `shown` is the slug under which they did.
pub async fn record_withdrawal(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    by: Option<UserId>,
    shown: Option<&Slug>,
) -> diesel::QueryResult<()> {
    let visibility = shown.map_or(Visibility::Untold, |slug| Visibility::Told {
        action: ReaderAction::Withdrawn,
        slug,
    });
    let before = json!({ "slug": article.slug, "live_from": article.live_from, "live_until": article.live_until });
    record_shown(
        conn,
        event(
            article.id,
            by,
            "article.unpublished",
            visibility,
            Some(&before),
            None,
        ),
    )
    .await
}

/// Tells of what began or ended by the clock.
pub async fn record_transition(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    transition: &Transition<'_>,
) -> diesel::QueryResult<()> {
    let publication = transition.publication;
    let visibility = Visibility::Told {
        action: transition.action,
        slug: &publication.slug,
    };
    let span = json!({
        "slug": publication.slug,
        "revision": publication.revision,
        "live_from": publication.live_from,
        "live_until": publication.live_until,
    });
    let (action, before, after) = match transition.action {
        ReaderAction::Withdrawn => ("article.ended", Some(&span), None),
        ReaderAction::Published | ReaderAction::Updated => ("article.went_live", None, Some(&span)),
    };
    record_shown(conn, event(id, None, action, visibility, before, after)).await
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

/// Tells of what readers can notice, and names every answer that shows it: those of the article and of lists, and those of
/// the tags and authors that count it.
async fn record_shown(
    conn: &mut AsyncPgConnection,
    mut event: Event<'_>,
) -> diesel::QueryResult<()> {
    if event.visibility != Visibility::EditorsOnly {
        let article = ArticleId::from(event.resource_id);
        let mut tags = vec![
            format!("article:{article}"),
            "articles".to_owned(),
            "authors".to_owned(),
            "tags".to_owned(),
        ];
        for (tag_ids, author_ids) in queries::list_labels(conn, article).await? {
            tags.extend(tag_ids.iter().map(|id| format!("tag:{id}")));
            tags.extend(author_ids.iter().map(|id| format!("author:{id}")));
        }
        tags[1..].sort_unstable();
        tags.dedup();
        event.cache_tags = tags;
    }
    record(conn, event).await
}

fn event<'a>(
    id: ArticleId,
    actor: Option<UserId>,
    action: &'static str,
    visibility: Visibility<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Event<'a> {
    Event {
        actor,
        action,
        resource_kind: "article",
        resource_id: id.as_uuid(),
        visibility,
        cache_tags: Vec::new(),
        before,
        after,
    }
}
