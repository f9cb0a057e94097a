use actix_web::{HttpResponse, get};

use crate::delivery::dto::{Around, Article};
use crate::delivery::filter::{ListPublished, ListPublishedParams, Shape, ShapeParams};
use crate::delivery::jsonld::NewsArticle;
use crate::delivery::model::{PublicationSort, Published};
use crate::delivery::queries::{self, Bodies, Wanted};
use crate::platform::config::Config;
use crate::rest::cached::Answer;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::query::Canonical;
use crate::rest::reply::to_value;
use crate::rest::{Delivery, Problem, Query, Segment};

/// List published articles
///
/// Newest first. Pages are left out unless `kind=page`. Lists leave the body out, unless `include=body`.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ListPublishedParams, ShapeParams, PagingParams),
    responses((status = 200, description = "A page of articles", body = List<Article>)),
)]
#[get("/articles")]
pub async fn list_published_articles(
    delivery: Delivery,
    query: Query<ListPublished>,
) -> Result<HttpResponse, Problem> {
    let Query(list, canonical) = query;
    let paging = &list.paging.paging;
    let bodies = if list.shape.shows_body() {
        Bodies::Shown
    } else {
        Bodies::LeftOut
    };
    let config = &delivery.platform.config;
    delivery
        .answer(
            canonical.as_str(),
            async |source| queries::list(source, &list.filter, paging, bodies).await,
            async |found| page(found, &list, delivery.path(), &canonical, config),
        )
        .await
}

fn page(
    mut published: Published,
    list: &ListPublished,
    path: &str,
    canonical: &Canonical,
    config: &Config,
) -> Result<Answer, Problem> {
    let around = Around::of(std::mem::take(&mut published.labels));
    let rows = std::mem::take(&mut published.articles);
    let (rows, pagination) =
        list.paging
            .paging
            .page::<PublicationSort, _>(rows, published.total, |(row, _), column| row.key(column));
    let ids = rows
        .iter()
        .map(|(row, _)| format!("article:{}", row.article_id));
    let cache_tags = ["articles".to_owned()]
        .into_iter()
        .chain(ids)
        .chain(around.cache_tags())
        .collect();
    let links = links(path, canonical.as_str(), &pagination);
    let articles: Vec<Article> = rows
        .into_iter()
        .map(|row| dressed(around.article(row, config), &list.shape, config))
        .collect();
    let answer = if list.shape.fields.is_everything() {
        let data = articles;
        Answer::json(&List { data, pagination }, cache_tags)?
    } else {
        let kept = articles
            .iter()
            .map(|article| Ok(list.shape.fields.keep(to_value(article)?)));
        let data = kept.collect::<Result<Vec<_>, Problem>>()?;
        Answer::json(&List { data, pagination }, cache_tags)?
    };
    Ok(finished(answer, &list.shape).with_links(links))
}

/// Adds what was asked for beyond the usual.
fn dressed(mut article: Article, shape: &Shape, config: &Config) -> Article {
    article.jsonld = shape
        .shows_jsonld()
        .then(|| NewsArticle::of(&article, config));
    article
}

fn finished(answer: Answer, shape: &Shape) -> Answer {
    if shape.shows_jsonld() {
        answer.safe_in_scripts()
    } else {
        answer
    }
}

/// Read a published article
///
/// By its slug or its id, with its body. A slug that it had before leads to the one it has now (301).
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(("slug" = String, Path, description = "The article's slug or id", example = "frost-in-may"), ShapeParams),
    responses(
        (status = 200, description = "The article", body = Article),
        (status = 301, description = "The article has another slug now", headers(("Location" = String, description = "Where it is now"))),
    ),
)]
#[get("/articles/{slug}")]
pub async fn read_published_article(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<Shape>,
) -> Result<HttpResponse, Problem> {
    let Query(shape, canonical) = query;
    let wanted = Wanted::of(slug.0);
    let config = &delivery.platform.config;
    delivery
        .answer(
            canonical.as_str(),
            async |source| queries::find(&source.conn, &wanted, source.moment).await,
            async |found| one(found, &wanted, &shape, &canonical, config),
        )
        .await
}

fn one(
    mut published: Published,
    wanted: &Wanted,
    shape: &Shape,
    canonical: &Canonical,
    config: &Config,
) -> Result<Answer, Problem> {
    let (row, body) = published
        .articles
        .pop()
        .ok_or(Problem::NotFound("article"))?;
    let own_tag = format!("article:{}", row.article_id);
    if wanted.is_former_slug(&row.slug) {
        return Ok(moved(row.slug.as_str(), canonical, config, own_tag));
    }
    let around = Around::of(published.labels);
    let mut cache_tags = vec![own_tag];
    cache_tags.extend(around.cache_tags());
    let article = dressed(around.article((row, body), config), shape, config);
    let answer = if shape.fields.is_everything() {
        Answer::json(&article, cache_tags)?
    } else {
        Answer::json(&shape.fields.keep(to_value(&article)?), cache_tags)?
    };
    Ok(finished(answer, shape))
}

/// The way to where something below `/articles/` is now.
pub fn moved(place: &str, canonical: &Canonical, config: &Config, cache_tag: String) -> Answer {
    let query = match canonical.as_str() {
        "" => String::new(),
        query => format!("?{query}"),
    };
    let location = config.api_url(&format!("/api/v1/articles/{place}{query}"));
    Answer::moved(location, vec![cache_tag])
}
