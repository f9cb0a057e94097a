use actix_web::web::Data;
use actix_web::{HttpRequest, get};

use super::freshness;
use crate::delivery::queries;
use crate::platform::Platform;
use crate::rest::delivered::Delivered;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::query::NoParams;
use crate::rest::{Problem, Query, Segment};
use crate::tags::{ListTags, ListTagsParams, Tag, TagSort, TagWithParent};
use crate::types::{Parse, Reference, TagId};

/// List tags
///
/// By name, each with the number of articles that readers find under it; `sort=-article_count` puts the busiest first.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ListTagsParams, PagingParams),
    responses((status = 200, description = "A page of tags", body = List<Tag>)),
)]
#[get("/tags")]
pub async fn list_published_tags(
    request: HttpRequest,
    platform: Data<Platform>,
    query: Query<ListTags>,
) -> Result<Delivered, Problem> {
    let paging = &query.0.paging.paging;
    let conn = platform.db.get().await?;
    let counted =
        queries::list_tags(&conn, &query.0.filter(), paging, platform.clock.moment()).await?;
    drop(conn);
    let (rows, pagination) =
        paging.page::<TagSort, _>(counted.rows, counted.total, TagWithParent::key);
    let links = links(&request, &pagination);
    let data: Vec<Tag> = rows.into_iter().map(Tag::from).collect();
    let ids = data.iter().map(|tag| format!("tag:{}", tag.id));
    let cache_tags: Vec<String> = ["tags".to_owned()].into_iter().chain(ids).collect();
    let fresh = freshness(&platform, counted.next_change);
    Ok(Delivered::new(
        &List { data, pagination },
        &platform.config,
        &fresh,
        &cache_tags,
    )?
    .with_links(links))
}

/// Read a tag
///
/// By its slug or its id, with the number of articles that readers find under it.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(("slug" = String, Path, description = "The tag's slug or id", example = "gardening")),
    responses((status = 200, description = "The tag", body = Tag)),
)]
#[get("/tags/{slug}")]
pub async fn read_published_tag(
    platform: Data<Platform>,
    slug: Segment<String>,
    _: Query<NoParams>,
) -> Result<Delivered, Problem> {
    let wanted = Reference::<TagId>::parse(&slug.0).map_err(|_| Problem::NotFound("tag"))?;
    let conn = platform.db.get().await?;
    let mut counted = queries::find_tag(&conn, &wanted, platform.clock.moment()).await?;
    drop(conn);
    let tag = Tag::from(counted.rows.pop().ok_or(Problem::NotFound("tag"))?);
    let fresh = freshness(&platform, counted.next_change);
    let cache_tags = [format!("tag:{}", tag.id)];
    Delivered::new(&tag, &platform.config, &fresh, &cache_tags)
}
