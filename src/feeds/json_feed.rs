//! JSON Feed 1.1.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::feed::{Feed, id_of, image_of};
use crate::delivery::Article;
use crate::rest::Problem;
use crate::rest::reply::to_json;
use crate::types::Locale;

/// What the feed is called, wherever it stands.
pub const FILE: &str = "feed.json";
pub const MEDIA_TYPE: &str = "application/feed+json; charset=utf-8";

/// A feed in the format of <https://jsonfeed.org>. What is not known is left out.
#[derive(Serialize, ToSchema)]
pub struct JsonFeed {
    #[schema(value_type = String, examples("https://jsonfeed.org/version/1.1"))]
    version: &'static str,
    title: String,
    description: String,
    home_page_url: String,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    language: Option<Locale>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<JsonHub>,
    items: Vec<JsonItem>,
}

/// Who tells of changes.
#[derive(Serialize, ToSchema)]
struct JsonHub {
    #[schema(value_type = String, examples("WebSub"))]
    r#type: &'static str,
    url: String,
}

/// An article in it.
#[derive(Serialize, ToSchema)]
struct JsonItem {
    /// Never changes.
    #[schema(examples("urn:uuid:0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d"))]
    id: String,
    #[schema(format = "uri")]
    url: String,
    title: String,
    /// The whole text, where feeds show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    content_html: Option<String>,
    /// The excerpt, where feeds show no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    content_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    image: Option<String>,
    date_published: DateTime<Utc>,
    date_modified: DateTime<Utc>,
    authors: Vec<JsonAuthor>,
    /// Names of tags.
    tags: Vec<String>,
    language: Locale,
}

/// Who wrote it.
#[derive(Serialize, ToSchema)]
struct JsonAuthor {
    #[schema(examples("Robin Writer"))]
    name: String,
}

/// Writes the feed.
pub fn write(feed: &Feed) -> Result<Vec<u8>, Problem> {
    let hub = feed.hub().map(|hub| JsonHub {
        r#type: "WebSub",
        url: hub.to_owned(),
    });
    to_json(&JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title.clone(),
        description: feed.description.clone(),
        home_page_url: format!("{}/", feed.site_url),
        feed_url: feed.address(FILE),
        language: feed.language().cloned(),
        hubs: hub.into_iter().collect(),
        items: feed.articles.iter().map(item).collect(),
    })
}

fn item(article: &Article) -> JsonItem {
    let authors = article.authors.iter().map(|author| JsonAuthor {
        name: author.name.clone(),
    });
    // One of the two contents must be there, also for an article without words.
    let excerpt = article.excerpt.clone().unwrap_or_default();
    JsonItem {
        id: id_of(article),
        url: article.url.clone(),
        title: article.title.clone(),
        content_text: article.body_html.is_none().then_some(excerpt),
        content_html: article.body_html.clone(),
        summary: article.excerpt.clone(),
        image: image_of(article),
        date_published: article.published_at,
        date_modified: article.updated_at,
        authors: authors.collect(),
        tags: article.tags.iter().map(|tag| tag.name.clone()).collect(),
        language: article.locale.clone(),
    }
}
