//! An article in the words of schema.org, for search engines: frontends paste it into a script element.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::Article;
use crate::platform::config::Config;
use crate::types::Locale;

/// A `NewsArticle` of schema.org; a page is an `Article`. What is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewsArticle {
    #[serde(rename = "@context")]
    #[schema(value_type = String, examples("https://schema.org"))]
    context: &'static str,
    #[serde(rename = "@type")]
    #[schema(value_type = String, examples("NewsArticle"))]
    kind: &'static str,
    /// The title.
    headline: String,
    /// What search engines are told, else the excerpt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    date_published: DateTime<Utc>,
    date_modified: DateTime<Utc>,
    author: Vec<Person>,
    publisher: Organization,
    main_entity_of_page: WebPage,
    #[schema(format = "uri", examples("https://news.example.com/frost-in-may"))]
    url: String,
    /// The first tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    article_section: Option<String>,
    /// All tags.
    keywords: Vec<String>,
    word_count: i32,
    in_language: Locale,
    /// Addresses of pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false)]
    image: Vec<String>,
}

/// Who wrote it.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    #[serde(rename = "@type")]
    #[schema(value_type = String, examples("Person"))]
    kind: &'static str,
    #[schema(examples("Robin Writer"))]
    name: String,
}

/// Whose site it is.
#[derive(Debug, Serialize, ToSchema)]
struct Organization {
    #[serde(rename = "@type")]
    #[schema(value_type = String, examples("Organization"))]
    kind: &'static str,
    name: String,
    #[schema(format = "uri")]
    url: String,
}

/// The page that shows it.
#[derive(Debug, Serialize, ToSchema)]
struct WebPage {
    #[serde(rename = "@type")]
    #[schema(value_type = String, examples("WebPage"))]
    kind: &'static str,
    #[serde(rename = "@id")]
    #[schema(format = "uri")]
    id: String,
}

/// Of what search engines are told, the part that stands in here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    description: Option<String>,
    image: Option<String>,
}

impl NewsArticle {
    /// Tells of an article.
    pub fn of(article: &Article, config: &Config) -> Self {
        let told: Told = serde_json::from_str(article.seo.as_str()).unwrap_or_default();
        let keywords: Vec<String> = article.tags.iter().map(|tag| tag.name.clone()).collect();
        let author = article.authors.iter().map(|author| Person {
            kind: "Person",
            name: author.name.clone(),
        });
        Self {
            context: "https://schema.org",
            kind: if article.kind == "page" {
                "Article"
            } else {
                "NewsArticle"
            },
            headline: article.title.clone(),
            description: told.description.or_else(|| article.excerpt.clone()),
            date_published: article.published_at,
            date_modified: article.updated_at,
            author: author.collect(),
            publisher: Organization {
                kind: "Organization",
                name: config.site_name.clone(),
                url: config.site_url.clone(),
            },
            main_entity_of_page: WebPage {
                kind: "WebPage",
                id: article.url.clone(),
            },
            url: article.url.clone(),
            article_section: keywords.first().cloned(),
            keywords,
            word_count: article.word_count,
            in_language: article.locale.clone(),
            image: told.image.into_iter().collect(),
        }
    }
}
