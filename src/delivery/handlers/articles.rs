use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{Either, HttpRequest, HttpResponse, get};

use super::freshness;
use crate::delivery::dto::{Around, Article};
use crate::delivery::filter::{ListPublished, ListPublishedParams, Shape, ShapeParams};
use crate::delivery::model::{PublicationRow, PublicationSort};
use crate::delivery::queries::{self, Bodies, Wanted};
use crate::platform::Platform;
use crate::rest::delivered::Delivered;
use crate::rest::page::{List, PagingParams, links};
use crate::rest::reply::to_value;
use crate::rest::{Problem, Query, Segment};
use crate::types::{ArticleId, Parse};

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
    request: HttpRequest,
    platform: Data<Platform>,
    query: Query<ListPublished>,
) -> Result<Delivered, Problem> {
    let ListPublished {
        filter,
        shape,
        paging,
    } = query.0;
    let paging = paging.paging;
    let bodies = if shape.shows_body() {
        Bodies::Shown
    } else {
        Bodies::LeftOut
    };
    let conn = platform.db.get().await?;
    let mut published =
        queries::list(&conn, &filter, &paging, bodies, platform.clock.moment()).await?;
    drop(conn);
    let around = Around::of(&published);
    let rows = std::mem::take(&mut published.articles);
    let (rows, pagination) =
        paging
            .page::<PublicationSort, _>(rows, published.total, |(row, _), column| row.key(column));
    let ids = rows
        .iter()
        .map(|(row, _)| format!("article:{}", row.article_id));
    let cache_tags: Vec<String> = ["articles".to_owned()]
        .into_iter()
        .chain(ids)
        .chain(around.cache_tags())
        .collect();
    let links = links(&request, &pagination);
    let fresh = freshness(&platform, published.next_change);
    let articles: Vec<Article> = rows
        .into_iter()
        .map(|row| around.article(row, &platform.config))
        .collect();
    let delivered = if shape.fields.is_everything() {
        Delivered::new(
            &List {
                data: articles,
                pagination,
            },
            &platform.config,
            &fresh,
            &cache_tags,
        )?
    } else {
        let kept = articles
            .iter()
            .map(|article| Ok(shape.fields.keep(to_value(article)?)));
        let data = kept.collect::<Result<Vec<_>, Problem>>()?;
        Delivered::new(
            &List { data, pagination },
            &platform.config,
            &fresh,
            &cache_tags,
        )?
    };
    Ok(delivered.with_links(links))
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
    request: HttpRequest,
    platform: Data<Platform>,
    slug: Segment<String>,
    shape: Query<Shape>,
) -> Result<Either<Delivered, HttpResponse>, Problem> {
    let wanted =
        ArticleId::parse(&slug.0).map_or_else(|_| Wanted::Slug(slug.0.clone()), Wanted::Id);
    let conn = platform.db.get().await?;
    let mut published = queries::find(&conn, &wanted, platform.clock.moment()).await?;
    drop(conn);
    let (row, body) = published
        .articles
        .pop()
        .ok_or(Problem::NotFound("article"))?;
    if let Wanted::Slug(asked) = &wanted
        && *asked != row.slug.as_str()
    {
        return Ok(Either::Right(moved(&request, &platform, &row)));
    }
    let around = Around::of(&published);
    let mut cache_tags = vec![format!("article:{}", row.article_id)];
    cache_tags.extend(around.cache_tags());
    let article = around.article((row, body), &platform.config);
    let fresh = freshness(&platform, published.next_change);
    let delivered = if shape.0.fields.is_everything() {
        Delivered::new(&article, &platform.config, &fresh, &cache_tags)?
    } else {
        Delivered::new(
            &shape.0.fields.keep(to_value(&article)?),
            &platform.config,
            &fresh,
            &cache_tags,
        )?
    };
    Ok(Either::Left(delivered))
}

/// The way from a slug that an article had to the one it has.
fn moved(request: &HttpRequest, platform: &Platform, row: &PublicationRow) -> HttpResponse {
    let query = match request.query_string() {
        "" => String::new(),
        query => format!("?{query}"),
    };
    let location = platform
        .config
        .api_url(&format!("/api/v1/articles/{}{query}", row.slug));
    HttpResponse::MovedPermanently()
        .insert_header((header::LOCATION, location))
        // A slug may be taken back one day: caches ask again after a while.
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header(("Cache-Tag", format!("article:{}", row.article_id)))
        .finish()
}
