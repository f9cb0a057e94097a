use actix_web::{HttpResponse, get};

use crate::delivery::queries;
use crate::rest::cached::Answer;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::query::NoParams;
use crate::rest::{Delivery, Problem, Query, Segment};
use crate::tags::{ListTags, ListTagsParams, Tag, TagSort, TagWithParent};
use crate::types::{Parse, Reference, TagId};

/// List tags
///
/// All tags, by name, each with the number of articles that readers find under it; `sort=-article_count` puts the busiest
/// first. Tags are a vocabulary that everyone may see: those that readers find nothing under yet are there too, with 0.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ListTagsParams, PagingParams),
    responses((status = 200, description = "A page of tags", body = List<Tag>)),
)]
#[get("/tags")]
pub async fn list_published_tags(
    delivery: Delivery,
    query: Query<ListTags>,
) -> Result<HttpResponse, Problem> {
    let Query(list, canonical) = query;
    let paging = &list.paging.paging;
    let filter = list.filter();
    delivery
        .answer(
            canonical.as_str(),
            async |source| queries::list_tags(&source.conn, &filter, paging, source.moment).await,
            async |found| {
                let (rows, pagination) =
                    paging.page::<TagSort, _>(found.rows, found.total, TagWithParent::key);
                let links = links(delivery.path(), canonical.as_str(), &pagination);
                let data: Vec<Tag> = rows.into_iter().map(Tag::from).collect();
                let ids = data.iter().map(|tag| format!("tag:{}", tag.id));
                let cache_tags = ["tags".to_owned()].into_iter().chain(ids).collect();
                Ok(Answer::json(&List { data, pagination }, cache_tags)?.with_links(links))
            },
        )
        .await
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
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let wanted = Reference::<TagId>::parse(&slug.0).map_err(|_| Problem::NotFound("tag"))?;
    delivery
        .answer(
            query.1.as_str(),
            async |source| queries::find_tag(&source.conn, &wanted, source.moment).await,
            async |mut found| {
                let tag = Tag::from(found.rows.pop().ok_or(Problem::NotFound("tag"))?);
                Answer::json(&tag, vec![format!("tag:{}", tag.id)])
            },
        )
        .await
}
