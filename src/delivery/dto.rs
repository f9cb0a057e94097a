use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::jsonld::NewsArticle;
use super::model::{CountedAuthor, Labelled, Labels, WithBody};
use crate::authors::AuthorSummary;
use crate::platform::config::Config;
use crate::rest::described::KnownMembers;
use crate::tags::TagSummary;
use crate::types::{ArticleId, AuthorId, JsonObject, Locale, RawJson, Seo, Slug, TagId, TocEntry};

/// An article as readers get it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Article {
    pub id: ArticleId,
    /// `article` or `page`.
    #[schema(examples("article"))]
    pub kind: String,
    #[schema(value_type = String, examples("frost-in-may"))]
    pub slug: Slug,
    /// Its address on the site.
    #[schema(format = "uri", examples("https://news.example.com/frost-in-may"))]
    pub url: String,
    #[schema(examples("Frost in May"))]
    pub title: String,
    /// As written, or the beginning of the text.
    pub excerpt: Option<String>,
    /// Sanitised HTML. Lists leave it out, unless `include=body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        examples("<p>Frost is <em>likely</em> before dawn.</p>")
    )]
    pub body_html: Option<String>,
    /// The headings of the body, in order.
    #[schema(value_type = Vec<TocEntry>)]
    pub toc: RawJson,
    pub locale: Locale,
    /// Other language versions. None yet.
    #[schema(value_type = Vec<Object>)]
    pub translations: [(); 0],
    pub featured: bool,
    /// The picture above the text. None yet.
    #[schema(value_type = Option<Object>)]
    pub cover: Option<()>,
    /// The byline, in order.
    #[schema(value_type = Vec<AuthorSummary>)]
    pub authors: Vec<Arc<AuthorSummary>>,
    /// In order.
    #[schema(value_type = Vec<TagSummary>)]
    pub tags: Vec<Arc<TagSummary>>,
    #[schema(value_type = Seo)]
    pub seo: RawJson,
    /// Members of the site's own.
    #[schema(value_type = JsonObject)]
    pub custom: RawJson,
    /// Ideographs count as words.
    pub word_count: i32,
    /// At 230 words or 500 ideographs a minute, rounded up.
    pub reading_time_minutes: i32,
    /// When readers first saw it, or the date it was given.
    pub published_at: DateTime<Utc>,
    /// When readers first saw this version of it.
    pub updated_at: DateTime<Utc>,
    /// What search engines want to know, in the words of schema.org. Only there with `include=jsonld`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jsonld: Option<NewsArticle>,
}

impl KnownMembers for Article {
    const MEMBERS: &'static [&'static str] = &[
        "id",
        "kind",
        "slug",
        "url",
        "title",
        "excerpt",
        "body_html",
        "toc",
        "locale",
        "translations",
        "featured",
        "cover",
        "authors",
        "authors.id",
        "authors.slug",
        "authors.name",
        "tags",
        "tags.id",
        "tags.slug",
        "tags.name",
        "seo",
        "seo.title",
        "seo.description",
        "seo.canonical_url",
        "seo.image",
        "seo.noindex",
        "custom",
        "word_count",
        "reading_time_minutes",
        "published_at",
        "updated_at",
        "jsonld",
    ];
}

/// A person with something published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Author)]
pub struct PublishedAuthor {
    pub id: AuthorId,
    #[schema(value_type = String, examples("robin-writer"))]
    pub slug: Slug,
    #[schema(examples("Robin Writer"))]
    pub name: String,
    pub bio: Option<String>,
    /// How many articles readers find by them.
    pub article_count: i64,
}

impl From<CountedAuthor> for PublishedAuthor {
    fn from(counted: CountedAuthor) -> Self {
        let CountedAuthor {
            author,
            article_count,
        } = counted;
        Self {
            id: author.id,
            slug: author.slug,
            name: author.name,
            bio: author.bio,
            article_count,
        }
    }
}

/// What stands around the articles of one answer. Shared, since most of it stands around several of them.
pub struct Around {
    tags: HashMap<TagId, Arc<TagSummary>>,
    authors: HashMap<AuthorId, Arc<AuthorSummary>>,
}

impl Around {
    /// Takes the tags and authors of what was read.
    pub fn of(labels: Labels) -> Self {
        let Labels { tags, authors, .. } = labels;
        Self {
            tags: tags.into_iter().map(|tag| (tag.id, tag.into())).collect(),
            authors: authors
                .into_iter()
                .map(|one| (one.id, one.into()))
                .collect(),
        }
    }

    /// Takes the tags and authors out of what was read in one piece.
    pub fn of_labelled<'a>(all: impl IntoIterator<Item = &'a Labelled>) -> Self {
        let mut around = Self::of(Labels::default());
        for one in all {
            let tags = one.tags.iter().map(|tag| (tag.0, tag_summary(tag)));
            around.tags.extend(tags);
            let authors = one.authors.iter().map(|one| (one.0, author_summary(one)));
            around.authors.extend(authors);
        }
        around
    }

    /// Puts an article together.
    pub fn article(&self, (row, body_html): WithBody, config: &Config) -> Article {
        Article {
            url: config.url_of(row.slug.as_str(), row.locale.as_str()),
            authors: named(&self.authors, &row.author_ids),
            tags: named(&self.tags, &row.tag_ids),
            id: row.article_id,
            kind: row.kind,
            slug: row.slug,
            title: row.title,
            excerpt: row.excerpt,
            body_html,
            toc: row.toc,
            locale: row.locale,
            translations: [],
            featured: row.featured,
            cover: None,
            seo: row.seo,
            custom: row.custom,
            word_count: row.word_count,
            reading_time_minutes: row.reading_time_minutes,
            published_at: row.published_at,
            updated_at: row.updated_at,
            jsonld: None,
        }
    }

    /// The cache tags of everything that is shown around the articles.
    pub fn cache_tags(&self) -> Vec<String> {
        let tags = self.tags.keys().map(|id| format!("tag:{id}"));
        let authors = self.authors.keys().map(|id| format!("author:{id}"));
        let mut all: Vec<String> = tags.chain(authors).collect();
        all.sort_unstable();
        all
    }
}

fn tag_summary((id, slug, name): &(TagId, Slug, String)) -> Arc<TagSummary> {
    Arc::new(TagSummary {
        id: *id,
        slug: slug.clone(),
        name: name.clone(),
    })
}

fn author_summary((id, slug, name): &(AuthorId, Slug, String)) -> Arc<AuthorSummary> {
    Arc::new(AuthorSummary {
        id: *id,
        slug: slug.clone(),
        name: name.clone(),
    })
}

/// Those that are there, in this order.
fn named<Id: Eq + Hash, T>(all: &HashMap<Id, Arc<T>>, ids: &[Id]) -> Vec<Arc<T>> {
    ids.iter().filter_map(|id| all.get(id).cloned()).collect()
}
