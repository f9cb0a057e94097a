use actix_web::{HttpResponse, get};
use chrono::TimeDelta;

use crate::feeds::part::Part;
use crate::feeds::{queries, sitemap};
use crate::rest::cached::Answer;
use crate::rest::query::NoParams;
use crate::rest::{Delivery, Problem, Query, Segment};
use crate::types::Parse;

/// How long an article is news, in the eyes of search engines.
const NEWS_FOR: TimeDelta = TimeDelta::hours(48);

/// Read the sitemap
///
/// Lists the parts of the sitemap, each with the date of the newest change in it: one for each month in which something was
/// published that search engines may know of, and further ones where a month has more than 10,000.
#[utoipa::path(
    tag = "feeds",
    security(()),
    responses(
        (status = 200, description = "The index", body = String, content_type = "application/xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/sitemap.xml")]
pub async fn read_sitemap(
    delivery: Delivery,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let config = &delivery.platform.config;
    delivery
        .answer(
            query.1.as_str(),
            async |source| queries::list_parts(&source.conn, source.moment).await,
            async |parts| Ok(answer(sitemap::write_index(&parts, config)?)),
        )
        .await
}

/// Read a part of the sitemap
///
/// Lists the addresses of at most 10,000 articles and pages, each with the date of its newest change. `/sitemap.xml` names
/// the parts. What is marked `noindex` is left out.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("part" = String, Path, description = "The part's name", example = "2026-11")),
    responses(
        (status = 200, description = "The part", body = String, content_type = "application/xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/sitemaps/{part}.xml")]
pub async fn read_sitemap_part(
    delivery: Delivery,
    part: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::NotFound("part");
    let part = Part::parse(&part.0).map_err(|_| missing())?;
    let config = &delivery.platform.config;
    delivery
        .answer(
            query.1.as_str(),
            async |source| queries::list_addresses(&source.conn, &part, source.moment).await,
            async |addresses| {
                if addresses.is_empty() {
                    return Err(missing());
                }
                Ok(answer(sitemap::write_part(&addresses, config)?))
            },
        )
        .await
}

/// Read the sitemap of news
///
/// The articles of the last 48 hours that search engines may know of, newest first, at most 1,000.
#[utoipa::path(
    tag = "feeds",
    security(()),
    responses(
        (status = 200, description = "The sitemap", body = String, content_type = "application/xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/news-sitemap.xml")]
pub async fn read_news_sitemap(
    delivery: Delivery,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let config = &delivery.platform.config;
    delivery
        .answer(
            query.1.as_str(),
            async |source| {
                let mut read = queries::list_news(&source.conn, source.moment).await?;
                // The oldest is the first to be no news any more.
                let oldest = read.found.last().map(|row| row.published_at + NEWS_FOR);
                read.seen.next_change = [read.seen.next_change, oldest].into_iter().flatten().min();
                Ok(read)
            },
            async |news| Ok(answer(sitemap::write_news(&news, config)?)),
        )
        .await
}

/// Whatever readers see can be in a sitemap, far too much of it to name.
fn answer(body: Vec<u8>) -> Answer {
    Answer::of_type(sitemap::MEDIA_TYPE, body, vec!["articles".to_owned()])
}
