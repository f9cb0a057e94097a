use actix_web::web::Data;
use actix_web::{delete, get, post};
use chrono::TimeDelta;
use diesel_async::AsyncConnection;

use super::dto::{
    CreatePreviewLink, ListPreviewLinks, ListPreviewLinksParams, PreviewLink, PreviewScope,
};
use super::model::{NewPreviewLink, PreviewLinkRow, PreviewLinkSort};
use super::{events, queries};
use crate::platform::Platform;
use crate::platform::token::OpaqueToken;
use crate::rest::body::NoBody;
use crate::rest::page::{List, PagingParams};
use crate::rest::problem::ValueFault;
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, NoContent, Reply};
use crate::rest::{Body, Editor, Problem, Query, Segment};
use crate::types::{ArticleId, Fault, PreviewLinkId};

/// How long a link is in force when nobody says.
const USUAL: TimeDelta = TimeDelta::days(7);
const LONGEST: TimeDelta = TimeDelta::days(90);

/// List preview links
///
/// Newest first; those that are expired or revoked stay in the list. Tokens are not shown.
#[utoipa::path(tag = "previews", params(ListPreviewLinksParams, PagingParams), responses((status = 200, description = "A page of preview links", body = List<PreviewLink>)))]
#[get("/preview-links")]
pub async fn list_preview_links(
    _: Editor,
    platform: Data<Platform>,
    query: Query<ListPreviewLinks>,
) -> Result<Listed<PreviewLink>, Problem> {
    let conn = platform.db.get().await?;
    let paging = &query.0.paging.paging;
    let (rows, total) = queries::list(&conn, paging).await?;
    let (rows, pagination) = paging.page::<PreviewLinkSort, _>(rows, total, PreviewLinkRow::key);
    let data = rows.into_iter().map(PreviewLink::from).collect();
    Ok(Listed(List { data, pagination }))
}

/// Create a preview link
///
/// Makes a token for an instant. Sent as the header `Masthead-Preview` to the ordinary routes of delivery, it makes them
/// answer as the site will be, or was, at that instant. The token is shown once. Names of tags and authors are today's.
#[utoipa::path(tag = "previews", request_body = CreatePreviewLink, responses((status = 201, description = "The new preview link, with its token", body = PreviewLink)))]
#[post("/preview-links")]
pub async fn create_preview_link(
    editor: Editor,
    platform: Data<Platform>,
    _: Query<NoParams>,
    body: Body<CreatePreviewLink>,
) -> Result<Reply, Problem> {
    let input = body.value;
    let now = platform.clock.now();
    let expires_at = input.expires_at.unwrap_or(now + USUAL);
    let mut faults = Vec::new();
    if expires_at <= now || expires_at > now + LONGEST {
        let fault = Fault::new("out_of_range", "must lie in the next 90 days");
        faults.push(ValueFault::at("/expires_at", fault));
    }
    let article_id = match scoped(input.scope.unwrap_or(PreviewScope::Site), input.article_id) {
        Ok(article) => article,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    if !faults.is_empty() {
        return Err(Problem::Invalid(faults));
    }
    let token = OpaqueToken::mint("mhp_")?;
    let new = NewPreviewLink {
        id: PreviewLinkId::mint(),
        token_hash: token.hash.as_bytes(),
        as_of: input.as_of,
        article_id,
        created_by: editor.0.user,
        expires_at,
    };
    let unknown = || Problem::invalid("/article_id", "unknown_article", "there is no such article");
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let row = queries::insert(tx, &new)
            .await
            .map_err(unknown().on_violation_of("preview_links_article_exists"))?;
        events::record(tx, editor.0.user, "preview_link.created", &row).await?;
        let location = platform
            .config
            .api_url(&format!("/api/v1/editor/preview-links/{}", row.id));
        let link = PreviewLink {
            token: Some(token.text),
            ..row.into()
        };
        Ok(Reply::shown(1, &link)?.created_at(location))
    })
    .await
}

fn scoped(
    scope: PreviewScope,
    article: Option<ArticleId>,
) -> Result<Option<ArticleId>, ValueFault> {
    match (scope, article) {
        (PreviewScope::Site, None) => Ok(None),
        (PreviewScope::Article, Some(article)) => Ok(Some(article)),
        (PreviewScope::Site, Some(_)) => Err(ValueFault::at(
            "/article_id",
            Fault::new("conflicting", "goes with `scope` `article` alone"),
        )),
        (PreviewScope::Article, None) => Err(ValueFault::at("/article_id", Fault::required())),
    }
}

/// Read a preview link
///
/// Without its token, which nobody but its holder knows.
#[utoipa::path(tag = "previews", params(("id" = PreviewLinkId, Path, description = "The preview link's id")), responses((status = 200, description = "The preview link", body = PreviewLink)))]
#[get("/preview-links/{id}")]
pub async fn read_preview_link(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<PreviewLinkId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    let row = queries::find(&mut conn, id.0)
        .await?
        .ok_or(Problem::NotFound("preview link"))?;
    Reply::shown(1, &PreviewLink::from(row))
}

/// Revoke a preview link
///
/// From now on its token is worth nothing. The link stays in the list.
#[utoipa::path(tag = "previews", params(("id" = PreviewLinkId, Path, description = "The preview link's id")), responses((status = 204, description = "The preview link is out of force")))]
#[delete("/preview-links/{id}")]
pub async fn revoke_preview_link(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<PreviewLinkId>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let row = queries::revoke(tx, id.0, platform.clock.now())
            .await?
            .ok_or(Problem::NotFound("preview link"))?;
        events::record(tx, editor.0.user, "preview_link.revoked", &row).await?;
        Ok(NoContent)
    })
    .await
}
