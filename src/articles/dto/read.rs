use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::articles::content::{Excerpt, Kind, Source, Title};
use crate::articles::state::ArticleStatus;
use crate::authors::AuthorSummary;
use crate::rest::described::KnownMembers;
use crate::tags::TagSummary;
use crate::types::{ArticleId, JsonObject, Locale, Seo, Slug, TocEntry, UserId};

/// An article as editors see it: the working copy, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditedArticle {
    pub id: ArticleId,
    pub kind: Kind,
    #[schema(value_type = String, examples("frost-in-may"))]
    pub slug: Slug,
    /// Where readers find it on the site once it is published.
    #[schema(format = "uri")]
    pub url: String,
    #[schema(inline, examples("Frost in May"))]
    pub title: Title,
    #[schema(inline)]
    pub excerpt: Option<Excerpt>,
    /// As written. Lists leave it out, unless `include=body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body: Option<Source>,
    /// As readers will get it: sanitised HTML. Lists leave it out, unless `include=body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body_html: Option<String>,
    /// The headings of the body, in order.
    #[schema(value_type = Vec<TocEntry>)]
    pub toc: serde_json::Value,
    pub locale: Locale,
    /// Other language versions. None yet.
    #[schema(value_type = Vec<Object>)]
    pub translations: [(); 0],
    pub featured: bool,
    /// The picture above the text. None yet.
    #[schema(value_type = Option<Object>)]
    pub cover: Option<()>,
    /// The byline, in order.
    pub authors: Vec<AuthorSummary>,
    /// In order.
    pub tags: Vec<TagSummary>,
    pub seo: Seo,
    /// Members of your own, handed out as they are.
    pub custom: JsonObject,
    /// Ideographs count as words.
    pub word_count: i32,
    /// At 230 words or 500 ideographs a minute, rounded up.
    pub reading_time_minutes: i32,
    /// When readers first saw it.
    pub published_at: Option<DateTime<Utc>>,
    /// When the working copy was last changed.
    pub updated_at: DateTime<Utc>,
    pub status: ArticleStatus,
    /// Number of the newest revision: every save is one.
    pub revision: i32,
    /// The revision that readers see now.
    pub published_revision: Option<i32>,
    /// Whether the working copy differs from what is, or will be, published.
    pub has_unpublished_changes: bool,
    /// When the next publication goes live.
    pub publish_at: Option<DateTime<Utc>>,
    /// When readers won't see it any more.
    pub unpublish_at: Option<DateTime<Utc>>,
    pub created_by: Option<Person>,
    pub updated_by: Option<Person>,
    pub created_at: DateTime<Utc>,
    /// When it was moved to the trash.
    pub trashed_at: Option<DateTime<Utc>>,
}

/// Somebody with an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    pub id: UserId,
    #[schema(examples("Robin Writer"))]
    pub name: String,
}

impl KnownMembers for EditedArticle {
    const MEMBERS: &'static [&'static str] = &[
        "id",
        "kind",
        "slug",
        "url",
        "title",
        "excerpt",
        "body",
        "body.format",
        "body.source",
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
        "status",
        "revision",
        "published_revision",
        "has_unpublished_changes",
        "publish_at",
        "unpublish_at",
        "created_by",
        "updated_by",
        "created_at",
        "trashed_at",
    ];
}
