use actix_web::web::Data;
use actix_web::{HttpRequest, get};

use super::freshness;
use crate::delivery::dto::PublishedAuthor;
use crate::delivery::filter::{ListAuthors, ListAuthorsParams};
use crate::delivery::model::{AuthorSort, CountedAuthor};
use crate::delivery::queries;
use crate::platform::Platform;
use crate::rest::delivered::Delivered;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::query::NoParams;
use crate::rest::{Problem, Query, Segment};
use crate::types::{AuthorId, Parse, Reference};

/// List authors
///
/// The people with something published, by name.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ListAuthorsParams, PagingParams),
    responses((status = 200, description = "A page of authors", body = List<PublishedAuthor>)),
)]
#[get("/authors")]
pub async fn list_published_authors(
    request: HttpRequest,
    platform: Data<Platform>,
    query: Query<ListAuthors>,
) -> Result<Delivered, Problem> {
    let paging = &query.0.paging.paging;
    let conn = platform.db.get().await?;
    let counted = queries::list_authors(&conn, paging, platform.clock.moment()).await?;
    drop(conn);
    let (rows, pagination) =
        paging.page::<AuthorSort, _>(counted.rows, counted.total, CountedAuthor::key);
    let links = links(&request, &pagination);
    let data: Vec<PublishedAuthor> = rows.into_iter().map(PublishedAuthor::from).collect();
    let ids = data.iter().map(|author| format!("author:{}", author.id));
    let cache_tags: Vec<String> = ["authors".to_owned()].into_iter().chain(ids).collect();
    let fresh = freshness(&platform, counted.next_change);
    Ok(Delivered::new(
        &List { data, pagination },
        &platform.config,
        &fresh,
        &cache_tags,
    )?
    .with_links(links))
}

/// Read an author
///
/// By slug or id. People with nothing published are not found.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(("slug" = String, Path, description = "The author's slug or id", example = "robin-writer")),
    responses((status = 200, description = "The author", body = PublishedAuthor)),
)]
#[get("/authors/{slug}")]
pub async fn read_published_author(
    platform: Data<Platform>,
    slug: Segment<String>,
    _: Query<NoParams>,
) -> Result<Delivered, Problem> {
    let wanted = Reference::<AuthorId>::parse(&slug.0).map_err(|_| Problem::NotFound("author"))?;
    let conn = platform.db.get().await?;
    let mut counted = queries::find_author(&conn, &wanted, platform.clock.moment()).await?;
    drop(conn);
    let author = PublishedAuthor::from(counted.rows.pop().ok_or(Problem::NotFound("author"))?);
    let fresh = freshness(&platform, counted.next_change);
    let cache_tags = [format!("author:{}", author.id)];
    Delivered::new(&author, &platform.config, &fresh, &cache_tags)
}
