//! Publishing: the working copy becomes what readers see, now or at an instant to come; and the way back.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::events;
use super::model::{ArticleRow, LiveRow};
use super::queries::{self, NewPublication, SpanUpdate};
use super::state::{Move, allow};
use super::transitions;
use crate::platform::events::{ReaderAction, Visibility};
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, PublicationId, UserId, excerpt};

/// Longest excerpt that is made from a text when nobody wrote one, in characters.
const MADE_EXCERPT: usize = 280;

/// When readers should see an article.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schedule {
    /// `None`: now. In the past: now, but dated then. To come: at that instant.
    pub publish_at: Option<DateTime<Utc>>,
    /// `None`: for good.
    pub unpublish_at: Option<DateTime<Utc>>,
}

/// Publishes the working copy. What readers see until then stays until then; an earlier schedule is replaced.
pub async fn publish(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    body_text: &str,
    schedule: Schedule,
    now: DateTime<Utc>,
    by: Option<UserId>,
) -> Result<(), Problem> {
    allow(Move::Publish, article.status(now))?;
    let live_from = schedule.publish_at.filter(|at| *at > now).unwrap_or(now);
    if schedule
        .unpublish_at
        .is_some_and(|until| until <= live_from)
    {
        let fault = Fault::new("out_of_range", "must be later than the publication");
        return Err(Problem::Invalid(vec![ValueFault::at(
            "/unpublish_at",
            fault,
        )]));
    }
    // Before any publication is touched, in the order of someone who renames a tag: so that neither waits for the other.
    queries::hold_tag_names(conn, article.id).await?;
    transitions::tell(conn, article.id, now).await?;
    let shown = queries::find_live_slug(conn, article.id, now).await?;
    queries::forget_pending(conn, article.id, now).await?;
    queries::end_current(conn, article.id, live_from, now).await?;
    let first_seen = article.published_at(now);
    // A date in the past is a wish to be dated then; one to come must not change the date that readers know.
    let dated = schedule.publish_at.filter(|at| *at <= now);
    let published_at = dated.or(first_seen).unwrap_or(live_from);
    let made_excerpt = excerpt(body_text, MADE_EXCERPT);
    let publication = NewPublication {
        id: PublicationId::mint(),
        article: article.id,
        revision: article.revision,
        published_at,
        live_from,
        live_until: schedule.unpublish_at,
        excerpt: Some(made_excerpt).filter(|text| !text.is_empty()),
        begin_told: live_from <= now,
    };
    queries::insert_publication(conn, &publication).await?;
    let goes_on = article
        .span()
        .filter(|span| span.from <= now && span.until.is_none_or(|until| until >= live_from));
    let span = SpanUpdate {
        live_from: Some(goes_on.map_or(live_from, |span| span.from)),
        live_until: schedule.unpublish_at,
        first_published_at: Some(published_at),
        published_revision: Some(article.revision),
        in_review: false,
    };
    queries::set_span(conn, article.id, &span, by).await?;
    let (action, visibility) = if live_from > now {
        ("article.scheduled", Visibility::Untold)
    } else {
        let action = match shown {
            None => ReaderAction::Published,
            Some(_) => ReaderAction::Updated,
        };
        let slug = &article.slug;
        ("article.published", Visibility::Told { action, slug })
    };
    events::record_publication(conn, article, by, (action, visibility), &publication).await?;
    Ok(())
}

/// Takes an article away from readers, and cancels what is scheduled.
pub async fn unpublish(
    conn: &mut AsyncPgConnection,
    article: &ArticleRow,
    now: DateTime<Utc>,
    by: Option<UserId>,
) -> Result<(), Problem> {
    allow(Move::Unpublish, article.status(now))?;
    transitions::tell(conn, article.id, now).await?;
    let shown = queries::find_live_slug(conn, article.id, now).await?;
    queries::forget_pending(conn, article.id, now).await?;
    queries::end_current(conn, article.id, now, now).await?;
    let was_seen = article.live_from.is_some_and(|from| from <= now);
    let span = SpanUpdate {
        live_from: article.live_from.filter(|_| was_seen),
        live_until: was_seen.then_some(now),
        first_published_at: article.first_published_at.filter(|_| was_seen),
        published_revision: article.published_revision.filter(|_| was_seen),
        in_review: false,
    };
    queries::set_span(conn, article.id, &span, by).await?;
    events::record_withdrawal(conn, article, by, shown.as_ref()).await?;
    Ok(())
}

/// When a publication to come begins, for people who ask when.
pub fn pending(live: &[LiveRow], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    live.iter()
        .map(|row| row.live_from)
        .filter(|from| *from > now)
        .min()
}
