//! A feed before it is written in a format.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::model::{FeedRows, Subject};
use super::scope::missing;
use crate::delivery::{Around, Article, NewestOf, Published};
use crate::platform::config::Config;
use crate::rest::Problem;
use crate::types::Locale;

/// What all formats tell.
pub struct Feed {
    /// Never changes, whatever else does.
    pub id: String,
    pub title: String,
    pub description: String,
    pub site_name: String,
    pub site_url: String,
    /// Below which path its three formats stand; empty for that of the whole site.
    folder: String,
    hub: Option<String>,
    /// When the newest change happened of all that it shows. `None`: nothing was ever shown.
    pub changed_at: Option<DateTime<Utc>>,
    pub articles: Vec<Article>,
    pub cache_tags: Vec<String>,
}

impl Feed {
    /// Puts a feed together. A tag without articles has an empty feed; an author without any is not found, as elsewhere.
    pub fn of(rows: FeedRows, of: &NewestOf, config: &Config) -> Result<Self, Problem> {
        let subject = rows.subject.ok_or_else(|| missing(of))?;
        let mut published = rows.published;
        if matches!(subject, Subject::Author(_)) && published.articles.is_empty() {
            return Err(missing(of));
        }
        let changed_at = [
            newest_change(&published),
            subject.changed_at(),
            rows.ended_at,
        ];
        let around = Around::of(published.labels);
        let articles: Vec<Article> = std::mem::take(&mut published.articles)
            .into_iter()
            .map(|row| around.article(row, config))
            .collect();
        let mut cache_tags = vec!["articles".to_owned()];
        cache_tags.extend(
            articles
                .iter()
                .map(|article| format!("article:{}", article.id)),
        );
        cache_tags.extend(around.cache_tags());
        cache_tags.extend(subject.cache_tag().filter(|tag| !cache_tags.contains(tag)));
        Ok(Self {
            id: subject.id(config),
            title: subject.title(config),
            description: subject.description(config),
            site_name: config.site_name.clone(),
            site_url: config.site_url.clone(),
            folder: config.api_url(&subject.folder()),
            hub: config.feeds.hub.clone(),
            changed_at: changed_at.into_iter().flatten().max(),
            articles,
            cache_tags,
        })
    }

    /// Its own address in a format.
    pub fn address(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    /// The WebSub hub, where there is one.
    pub fn hub(&self) -> Option<&str> {
        self.hub.as_deref()
    }

    /// How programs find the hub, and what they subscribe to there (WebSub §4).
    pub fn links(&self, file: &str) -> Option<String> {
        let hub = self.hub()?;
        let own = self.address(file);
        Some(format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\""))
    }

    /// The language of all articles, if it is one.
    pub fn language(&self) -> Option<&Locale> {
        let first = &self.articles.first()?.locale;
        self.articles
            .iter()
            .all(|article| article.locale == *first)
            .then_some(first)
    }
}

fn newest_change(published: &Published) -> Option<DateTime<Utc>> {
    let articles = published.articles.iter().map(|(row, _)| row.updated_at);
    articles.chain(published.labels.updated_at).max()
}

impl Subject {
    fn id(&self, config: &Config) -> String {
        match self {
            Self::Site => format!("{}/", config.site_url),
            Self::Tag(tag) => format!("urn:uuid:{}", tag.id),
            Self::Author(author) => format!("urn:uuid:{}", author.id),
        }
    }

    fn title(&self, config: &Config) -> String {
        match self {
            Self::Site => config.site_name.clone(),
            Self::Tag(tag) => format!("{} – {}", tag.name, config.site_name),
            Self::Author(author) => format!("{} – {}", author.name, config.site_name),
        }
    }

    fn description(&self, config: &Config) -> String {
        let own = match self {
            Self::Site => None,
            Self::Tag(tag) => tag.description.clone(),
            Self::Author(author) => author.bio.clone(),
        };
        own.unwrap_or_else(|| self.title(config))
    }

    fn folder(&self) -> String {
        match self {
            Self::Site => String::new(),
            Self::Tag(tag) => format!("/tags/{}", tag.slug),
            Self::Author(author) => format!("/authors/{}", author.slug),
        }
    }

    fn changed_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Site => None,
            Self::Tag(tag) => Some(tag.updated_at),
            Self::Author(author) => Some(author.updated_at),
        }
    }

    fn cache_tag(&self) -> Option<String> {
        match self {
            Self::Site => None,
            Self::Tag(tag) => Some(format!("tag:{}", tag.id)),
            Self::Author(author) => Some(format!("author:{}", author.id)),
        }
    }
}

/// The id of an article in feeds.
pub fn id_of(article: &Article) -> String {
    format!("urn:uuid:{}", article.id)
}

/// The picture that link previews show.
pub fn image_of(article: &Article) -> Option<String> {
    #[derive(Deserialize)]
    struct Pictured {
        image: Option<String>,
    }
    let pictured: Pictured = serde_json::from_str(article.seo.as_str()).ok()?;
    pictured.image
}
