use actix_web::{HttpResponse, get};

use crate::delivery::{Bodies, NewestOf};
use crate::feeds::feed::Feed;
use crate::feeds::json_feed::JsonFeed;
use crate::feeds::{atom, json_feed, queries, rss, scope};
use crate::platform::config::FeedContent;
use crate::rest::cached::Answer;
use crate::rest::query::{Canonical, NoParams};
use crate::rest::{Delivery, Problem, Query, Segment};

/// Read the site as RSS 2.0
///
/// The newest articles, whole or as excerpts (`MASTHEAD_FEED_CONTENT`), with `ETag` and `Last-Modified`.
#[utoipa::path(
    tag = "feeds",
    security(()),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/rss+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/feed.xml")]
pub async fn read_rss(delivery: Delivery, query: Query<NoParams>) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, NewestOf::Site, RSS).await
}

/// Read the site as Atom
///
/// The newest articles, whole or as excerpts (`MASTHEAD_FEED_CONTENT`), with `ETag` and `Last-Modified`.
#[utoipa::path(
    tag = "feeds",
    security(()),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/atom+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/atom.xml")]
pub async fn read_atom(
    delivery: Delivery,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, NewestOf::Site, ATOM).await
}

/// Read the site as JSON Feed 1.1
///
/// The newest articles, whole or as excerpts (`MASTHEAD_FEED_CONTENT`), with `ETag` and `Last-Modified`.
#[utoipa::path(
    tag = "feeds",
    security(()),
    responses(
        (status = 200, description = "The feed", body = JsonFeed, content_type = "application/feed+json"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/feed.json")]
pub async fn read_json_feed(
    delivery: Delivery,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, NewestOf::Site, JSON).await
}

/// Read a tag as RSS 2.0
///
/// The newest articles that have the tag.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The tag's slug or id", example = "gardening")),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/rss+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/tags/{slug}/feed.xml")]
pub async fn read_tag_rss(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::tag(&slug.0)?, RSS).await
}

/// Read a tag as Atom
///
/// The newest articles that have the tag.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The tag's slug or id", example = "gardening")),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/atom+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/tags/{slug}/atom.xml")]
pub async fn read_tag_atom(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::tag(&slug.0)?, ATOM).await
}

/// Read a tag as JSON Feed 1.1
///
/// The newest articles that have the tag.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The tag's slug or id", example = "gardening")),
    responses(
        (status = 200, description = "The feed", body = JsonFeed, content_type = "application/feed+json"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/tags/{slug}/feed.json")]
pub async fn read_tag_json_feed(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::tag(&slug.0)?, JSON).await
}

/// Read an author as RSS 2.0
///
/// The newest articles by the author. People with nothing published are not found.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The author's slug or id", example = "robin-writer")),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/rss+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/authors/{slug}/feed.xml")]
pub async fn read_author_rss(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::author(&slug.0)?, RSS).await
}

/// Read an author as Atom
///
/// The newest articles by the author. People with nothing published are not found.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The author's slug or id", example = "robin-writer")),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/atom+xml"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/authors/{slug}/atom.xml")]
pub async fn read_author_atom(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::author(&slug.0)?, ATOM).await
}

/// Read an author as JSON Feed 1.1
///
/// The newest articles by the author. People with nothing published are not found.
#[utoipa::path(
    tag = "feeds",
    security(()),
    params(("slug" = String, Path, description = "The author's slug or id", example = "robin-writer")),
    responses(
        (status = 200, description = "The feed", body = JsonFeed, content_type = "application/feed+json"),
        (status = 503, description = "The database does not answer"),
    ),
)]
#[get("/authors/{slug}/feed.json")]
pub async fn read_author_json_feed(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    answer(&delivery, &query.1, scope::author(&slug.0)?, JSON).await
}

/// How a feed is written.
struct Format {
    file: &'static str,
    media_type: &'static str,
    write: fn(&Feed) -> Result<Vec<u8>, Problem>,
}

const RSS: Format = Format {
    file: rss::FILE,
    media_type: rss::MEDIA_TYPE,
    write: rss::write,
};
const ATOM: Format = Format {
    file: atom::FILE,
    media_type: atom::MEDIA_TYPE,
    write: atom::write,
};
const JSON: Format = Format {
    file: json_feed::FILE,
    media_type: json_feed::MEDIA_TYPE,
    write: json_feed::write,
};

async fn answer(
    delivery: &Delivery,
    canonical: &Canonical,
    of: NewestOf,
    format: Format,
) -> Result<HttpResponse, Problem> {
    let config = &delivery.platform.config;
    let bodies = match config.feeds.content {
        FeedContent::Full => Bodies::Shown,
        FeedContent::Excerpt => Bodies::LeftOut,
    };
    delivery
        .answer(
            canonical.as_str(),
            async |source| {
                let limit = config.feeds.items;
                queries::read_feed(&source.conn, &of, limit, bodies, source.moment).await
            },
            async |rows| {
                let mut feed = Feed::of(rows, &of, config)?;
                let body = (format.write)(&feed)?;
                let cache_tags = std::mem::take(&mut feed.cache_tags);
                let mut answer = Answer::of_type(format.media_type, body, cache_tags);
                answer.last_modified = feed.changed_at;
                answer.link = feed.links(format.file);
                Ok(answer)
            },
        )
        .await
}
