use actix_web::web::Data;
use actix_web::{delete, post};
use diesel_async::AsyncConnection;

use super::open::{open, reply};
use crate::articles::dto::{EditedArticle, PublishArticle};
use crate::articles::publishing::{self, Schedule};
use crate::articles::state::{ArticleStatus, Move, allow};
use crate::articles::{events, queries};
use crate::platform::Platform;
use crate::rest::body::NoBody;
use crate::rest::conditional::{IfMatch, RequiredIfMatchHeader};
use crate::rest::query::NoParams;
use crate::rest::reply::{NoContent, Reply};
use crate::rest::{Author, Body, Editor, Problem, Query, Segment};
use crate::types::{ArticleId, Role};

/// Submit an article for review
///
/// Tells the editors that it is ready. The status becomes `in_review`, unless readers see the article already.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader),
    responses(
        (status = 200, description = "The article, submitted", body = EditedArticle),
        (status = 409, description = "It waits for review already, is scheduled, or is in the trash"),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[post("/articles/{id}/submit")]
pub async fn submit_article(
    me: Author,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, me.0)
            .await?
            .not_trashed()?
            .check(tx, &if_match, &platform)
            .await?;
        let now = platform.clock.now_in_database(tx).await?;
        allow(Move::Submit, open.row.status(now))?;
        queries::set_in_review(tx, id.0, Some(me.0.user)).await?;
        events::record_step(tx, id.0, Some(me.0.user), "article.submitted").await?;
        reply(tx, id.0, &platform).await
    })
    .await
}

/// Publish an article
///
/// Makes the working copy what readers see: now, or at `publish_at` when that is to come. What readers see until then
/// stays until then. Publishing again replaces an earlier schedule; the date of the first publication stays, unless
/// `publish_at` lies in the past.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader),
    request_body = PublishArticle,
    responses(
        (status = 200, description = "The article, published or scheduled", body = EditedArticle),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[post("/articles/{id}/publish")]
pub async fn publish_article(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    body: Body<PublishArticle>,
) -> Result<Reply, Problem> {
    let schedule = Schedule {
        publish_at: body.value.publish_at,
        unpublish_at: body.value.unpublish_at,
    };
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, editor.0)
            .await?
            .not_trashed()?
            .check(tx, &if_match, &platform)
            .await?;
        let now = platform.clock.now_in_database(tx).await?;
        publishing::publish(
            tx,
            &open.row,
            &open.body.body_text,
            schedule,
            now,
            Some(editor.0.user),
        )
        .await?;
        reply(tx, id.0, &platform).await
    })
    .await
}

/// Unpublish an article
///
/// Takes it away from readers at once, and cancels what is scheduled. The working copy stays.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader),
    responses(
        (status = 200, description = "The article, unpublished", body = EditedArticle),
        (status = 409, description = "It is neither published nor scheduled, or is in the trash"),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[post("/articles/{id}/unpublish")]
pub async fn unpublish_article(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, editor.0)
            .await?
            .not_trashed()?
            .check(tx, &if_match, &platform)
            .await?;
        let now = platform.clock.now_in_database(tx).await?;
        publishing::unpublish(tx, &open.row, now, Some(editor.0.user)).await?;
        reply(tx, id.0, &platform).await
    })
    .await
}

/// Move an article to the trash
///
/// Readers don't see it any more, its slug stays taken, and `restore` brings it back. Authors can trash their own as long
/// as it was never published or scheduled.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader),
    responses(
        (status = 204, description = "The article is in the trash"),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[delete("/articles/{id}")]
pub async fn trash_article(
    me: Author,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, me.0)
            .await?
            .not_trashed()
            .map_err(|_| Problem::NotFound("article"))?;
        let open = open.check(tx, &if_match, &platform).await?;
        let now = platform.clock.now_in_database(tx).await?;
        let status = open.row.status(now);
        allow(Move::Trash, status)?;
        if open.row.live_from.is_some() && !me.0.role.covers(Role::Editor) {
            return Err(Problem::Forbidden(
                "once it was published or scheduled, only editors can trash an article",
            ));
        }
        if matches!(status, ArticleStatus::Published | ArticleStatus::Scheduled) {
            publishing::unpublish(tx, &open.row, now, Some(me.0.user)).await?;
        }
        queries::set_trashed(tx, id.0, Some(now), me.0.user).await?;
        events::record_step(tx, id.0, Some(me.0.user), "article.trashed").await?;
        Ok(NoContent)
    })
    .await
}

/// Restore an article from the trash
///
/// It comes back as it was, but unpublished.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader),
    responses(
        (status = 200, description = "The article, restored", body = EditedArticle),
        (status = 409, description = "It is not in the trash"),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[post("/articles/{id}/restore")]
pub async fn restore_article(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, editor.0)
            .await?
            .check(tx, &if_match, &platform)
            .await?;
        if open.row.trashed_at.is_none() {
            return Err(Problem::conflict(
                "not_trashed",
                "the article is not in the trash",
            ));
        }
        queries::set_trashed(tx, id.0, None, editor.0.user).await?;
        events::record_step(tx, id.0, Some(editor.0.user), "article.restored").await?;
        reply(tx, id.0, &platform).await
    })
    .await
}
