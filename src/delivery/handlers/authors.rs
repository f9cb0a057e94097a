use actix_web::{HttpResponse, get};

use crate::delivery::dto::PublishedAuthor;
use crate::delivery::filter::{ListAuthors, ListAuthorsParams};
use crate::delivery::model::{AuthorSort, CountedAuthor};
use crate::delivery::queries;
use crate::rest::cached::Answer;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::query::NoParams;
use crate::rest::{Delivery, Problem, Query, Segment};
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
    delivery: Delivery,
    query: Query<ListAuthors>,
) -> Result<HttpResponse, Problem> {
    let Query(list, canonical) = query;
    let paging = &list.paging.paging;
    delivery
        .answer(
            canonical.as_str(),
            async |source| queries::list_authors(&source.conn, paging, source.moment).await,
            async |found| {
                let (rows, pagination) =
                    paging.page::<AuthorSort, _>(found.rows, found.total, CountedAuthor::key);
                let links = links(delivery.path(), canonical.as_str(), &pagination);
                let data: Vec<PublishedAuthor> =
                    rows.into_iter().map(PublishedAuthor::from).collect();
                let ids = data.iter().map(|author| format!("author:{}", author.id));
                let cache_tags = ["authors".to_owned()].into_iter().chain(ids).collect();
                Ok(Answer::json(&List { data, pagination }, cache_tags)?.with_links(links))
            },
        )
        .await
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
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let wanted = Reference::<AuthorId>::parse(&slug.0).map_err(|_| Problem::NotFound("author"))?;
    delivery
        .answer(
            query.1.as_str(),
            async |source| queries::find_author(&source.conn, &wanted, source.moment).await,
            async |mut found| {
                let row = found.rows.pop().ok_or(Problem::NotFound("author"))?;
                let author = PublishedAuthor::from(row);
                Answer::json(&author, vec![format!("author:{}", author.id)])
            },
        )
        .await
}
