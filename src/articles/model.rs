use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::content::{Excerpt, Kind, Title};
use super::state::{ArticleStatus, Review, Span, status};
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::{articles, publications};
use crate::types::{
    ArticleId, BodyFormat, JsonObject, Locale, PublicationId, Reference, Seo, Slug, TagId, UserId,
    closed_set,
};

/// An article's working copy without its body.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = articles)]
pub struct ArticleRow {
    pub id: ArticleId,
    pub kind: Kind,
    pub slug: Slug,
    pub title: Title,
    pub excerpt: Option<Excerpt>,
    pub toc: serde_json::Value,
    pub word_count: i32,
    pub reading_time_minutes: i32,
    pub locale: Locale,
    pub featured: bool,
    pub seo: Seo,
    pub custom: JsonObject,
    pub in_review: bool,
    pub revision: i32,
    pub published_revision: Option<i32>,
    pub live_from: Option<DateTime<Utc>>,
    pub live_until: Option<DateTime<Utc>>,
    pub first_published_at: Option<DateTime<Utc>>,
    pub created_by: Option<UserId>,
    pub updated_by: Option<UserId>,
    pub trashed_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An article's body: as written, and as derived.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = articles)]
pub struct BodyRow {
    pub body_format: BodyFormat,
    pub body_source: String,
    pub body_html: String,
    pub body_text: String,
}

impl ArticleRow {
    /// Where the article stands at an instant.
    pub fn status(&self, now: DateTime<Utc>) -> ArticleStatus {
        let review = if self.in_review {
            Review::Requested
        } else {
            Review::NotRequested
        };
        status(self.span(), review, now)
    }

    /// When readers see it, saw it or will see it.
    pub fn span(&self) -> Option<Span> {
        self.live_from.map(|from| Span {
            from,
            until: self.live_until,
        })
    }

    /// When readers first saw it, if they have.
    pub fn published_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.first_published_at
            .filter(|_| self.live_from.is_some_and(|from| from <= now))
    }
}

/// A publication that is or will be live: which revision, and when.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = publications)]
pub struct LiveRow {
    pub article_id: ArticleId,
    pub revision: i32,
    pub live_from: DateTime<Utc>,
    pub live_until: Option<DateTime<Utc>>,
}

impl LiveRow {
    /// Whether readers see this publication at an instant.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.live_from <= now && self.live_until.is_none_or(|until| until > now)
    }
}

/// A publication that began or ended by the clock, and how much of that readers have been told.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = publications)]
pub struct UntoldRow {
    pub id: PublicationId,
    pub revision: i32,
    pub slug: Slug,
    pub live_from: DateTime<Utc>,
    pub live_until: Option<DateTime<Utc>>,
    pub begin_told: bool,
    pub end_told: bool,
}

/// Which articles a list is about.
#[derive(Debug, Clone, Default)]
pub struct ArticleFilter {
    pub kinds: Vec<Kind>,
    pub statuses: Vec<ArticleStatus>,
    /// Any of these authors.
    pub authors: Vec<Reference<crate::types::AuthorId>>,
    /// Any of these tags.
    pub tags: Vec<Reference<TagId>>,
    pub locales: Vec<Locale>,
    pub featured: Option<bool>,
    /// Part of the title, the slug or the excerpt, in any case.
    pub text: Option<String>,
    pub updated_after: Option<DateTime<Utc>>,
    pub has_unpublished_changes: Option<bool>,
    pub place: Place,
    /// Only what this person may see: an author's own.
    pub owner: Option<Owner>,
}

/// Whether a list shows the desk or the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    #[default]
    Desk,
    Trash,
}

/// Somebody whose own articles are meant: those they made, and those that bear their name.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub user: UserId,
    pub author: crate::types::AuthorId,
}

closed_set! {
    /// What articles can be sorted by on the editors' side.
    pub enum ArticleSort {
        UpdatedAt = "updated_at",
        CreatedAt = "created_at",
        Title = "title",
    }
}

impl SortKey for ArticleSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::UpdatedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "articles.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "articles";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::UpdatedAt => ("articles.updated_at", KeyKind::Time),
            Self::CreatedAt => ("articles.created_at", KeyKind::Time),
            Self::Title => ("articles.title", KeyKind::Text),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl ArticleRow {
    /// The article's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "articles.updated_at" => KeyValue::Time(self.updated_at),
            "articles.created_at" => KeyValue::Time(self.created_at),
            "articles.title" => KeyValue::Text(self.title.as_str().to_owned()),
            _ => KeyValue::Id(self.id.as_uuid()),
        }
    }
}
