//! Saving: a working copy, its slug, a revision and an event, in the caller's transaction.

use std::sync::LazyLock;

use anyhow::Context;
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use futures::try_join;
use tokio::sync::Semaphore;

use super::content::{Content, Source};
use super::events;
use super::queries::{self, WorkingCopy};
use crate::platform::clock::Moment;
use crate::platform::token::random_bytes;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{ArticleId, Fault, Rendered, Slug, UserId, render};

/// How a new article comes by its slug.
#[derive(Debug, Clone)]
pub enum SlugChoice {
    /// This one, or a conflict.
    Exactly(Slug),
    /// This one, or the next free one like it.
    Like(Slug),
}

/// An article to be made. The slug in the content is replaced by the chosen one.
pub struct NewArticle {
    pub content: Content,
    pub slug: SlugChoice,
    pub rendered: Rendered,
    pub by: Option<UserId>,
    /// `None`: now.
    pub created_at: Option<DateTime<Utc>>,
}

/// What came of a save.
#[derive(Debug, Clone, Copy)]
pub struct Saved {
    pub id: ArticleId,
    pub revision: i32,
}

/// Bodies are rendered on as many cores as there are. Who waits in vain leaves the queue.
static RENDERERS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(cores)
});

/// Renders a body, off the threads that serve requests: a hostile one takes a second.
pub async fn rendered(body: &Source) -> Result<Rendered, Problem> {
    let _permit = RENDERERS.acquire().await.context("rendering has stopped")?;
    let body = body.clone();
    let rendered = tokio::task::spawn_blocking(move || render(body.format, &body.source))
        .await
        .map_err(|fault| anyhow::anyhow!("rendering was interrupted: {fault}"))?;
    rendered.map_err(|fault| {
        let fault = Fault::new(fault.as_code(), fault.to_string());
        Problem::Invalid(vec![ValueFault::at("/body/source", fault)])
    })
}

/// Makes an article: a draft that only editors see.
pub async fn create(conn: &mut AsyncPgConnection, new: NewArticle) -> Result<Saved, Problem> {
    let id = ArticleId::mint();
    let mut content = new.content;
    content.slug = choose_slug(conn, id, new.slug).await?;
    let copy = working_copy(&content, new.rendered, 1, new.by);
    let created_at = new.created_at.map_or_else(Moment::now, Moment::at);
    let version = queries::insert(conn, id, &copy, created_at).await?;
    let snapshot = content.snapshot();
    try_join!(
        queries::insert_tags(conn, id, &content.tags),
        queries::insert_authors(conn, id, &content.authors),
        queries::insert_revision(conn, id, 1, version, &snapshot, new.by),
    )?;
    events::record_save(conn, id, new.by, "article.created", None, &snapshot).await?;
    Ok(Saved { id, revision: 1 })
}

/// A change to be saved.
pub struct Change<'a> {
    pub before: &'a Content,
    pub after: &'a Content,
    /// Of the body after the change.
    pub rendered: Rendered,
    /// The number that the save will have.
    pub revision: i32,
    pub by: Option<UserId>,
}

/// Saves a change of an article as its next revision.
pub async fn save(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    change: Change<'_>,
) -> Result<Saved, Problem> {
    let Change {
        before,
        after,
        rendered,
        revision,
        by,
    } = change;
    if before.slug != after.slug && !queries::claim_slug(conn, id, &after.slug).await? {
        return Err(slug_taken());
    }
    let copy = working_copy(after, rendered, revision, by);
    let version = queries::update(conn, id, &copy).await?;
    if before.slug != after.slug {
        queries::free_slug(conn, id, &before.slug).await?;
    }
    if before.tags != after.tags {
        queries::delete_tags(conn, id).await?;
        queries::insert_tags(conn, id, &after.tags).await?;
    }
    if before.authors != after.authors {
        queries::delete_authors(conn, id).await?;
        queries::insert_authors(conn, id, &after.authors).await?;
    }
    let snapshot = after.snapshot();
    queries::insert_revision(conn, id, revision, version, &snapshot, by).await?;
    events::record_save(
        conn,
        id,
        by,
        "article.updated",
        Some(&before.snapshot()),
        &snapshot,
    )
    .await?;
    Ok(Saved { id, revision })
}

async fn choose_slug(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    choice: SlugChoice,
) -> Result<Slug, Problem> {
    let wanted = match choice {
        SlugChoice::Exactly(slug) => {
            return if queries::claim_slug(conn, id, &slug).await? {
                Ok(slug)
            } else {
                Err(slug_taken())
            };
        }
        SlugChoice::Like(slug) => slug,
    };
    for candidate in wanted.candidates(u32::from_be_bytes(random_bytes()?)) {
        if queries::claim_slug(conn, id, &candidate).await? {
            return Ok(candidate);
        }
    }
    Err(slug_taken())
}

fn slug_taken() -> Problem {
    Problem::conflict(
        "slug_taken",
        "another article has this slug, or had it when readers saw it",
    )
}

fn working_copy(
    content: &Content,
    rendered: Rendered,
    revision: i32,
    by: Option<UserId>,
) -> WorkingCopy {
    WorkingCopy {
        kind: content.kind,
        slug: content.slug.clone(),
        title: content.title.clone(),
        excerpt: content.excerpt.clone(),
        body_format: content.body.format,
        body_source: content.body.source.clone(),
        body_html: rendered.html,
        body_text: rendered.text,
        toc: serde_json::to_value(rendered.toc).unwrap_or_default(),
        word_count: rendered.word_count,
        reading_time_minutes: rendered.reading_time_minutes,
        locale: content.locale.clone(),
        featured: content.featured,
        seo: content.seo.clone(),
        custom: content.custom.clone(),
        revision,
        updated_by: by,
    }
}
