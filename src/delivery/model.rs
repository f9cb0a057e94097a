use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::authors::AuthorRow;
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::publications;
use crate::tags::TagRow;
use crate::types::{ArticleId, Locale, PublicationId, RawJson, Slug, closed_set};

/// A publication without its body.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = publications)]
pub struct PublicationRow {
    pub id: PublicationId,
    pub article_id: ArticleId,
    pub kind: String,
    pub slug: Slug,
    pub title: String,
    pub excerpt: Option<String>,
    pub toc: RawJson,
    pub locale: Locale,
    pub featured: bool,
    pub seo: RawJson,
    pub custom: RawJson,
    pub word_count: i32,
    pub reading_time_minutes: i32,
    pub published_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A publication with its body, where it is wanted.
pub type WithBody = (PublicationRow, Option<String>);

/// What was read in one round trip for a list or for one article.
#[derive(Debug)]
pub struct Published {
    pub articles: Vec<WithBody>,
    pub tags: Vec<(PublicationId, TagRow)>,
    pub authors: Vec<(PublicationId, AuthorRow)>,
    pub total: Option<i64>,
}

/// Tags or authors with the number of their articles.
#[derive(Debug)]
pub struct Counted<T> {
    pub rows: Vec<T>,
    pub total: Option<i64>,
}

/// An author with the number of articles that readers find.
#[derive(Debug, Clone, Queryable)]
pub struct CountedAuthor {
    pub author: AuthorRow,
    pub article_count: i64,
}

closed_set! {
    /// What published articles can be sorted by.
    pub enum PublicationSort {
        PublishedAt = "published_at",
        UpdatedAt = "updated_at",
        Title = "title",
    }
}

impl SortKey for PublicationSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::PublishedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "publications.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "published";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::PublishedAt => ("publications.published_at", KeyKind::Time),
            Self::UpdatedAt => ("publications.updated_at", KeyKind::Time),
            Self::Title => ("publications.title", KeyKind::Text),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl PublicationRow {
    /// The publication's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "publications.published_at" => KeyValue::Time(self.published_at),
            "publications.updated_at" => KeyValue::Time(self.updated_at),
            "publications.title" => KeyValue::Text(self.title.clone()),
            _ => KeyValue::Id(self.id.as_uuid()),
        }
    }
}

closed_set! {
    /// What authors can be sorted by.
    pub enum AuthorSort {
        Name = "name",
        ArticleCount = "article_count",
    }
}

impl SortKey for AuthorSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::Name, Direction::Ascending)];
    const TIE: SortColumn = SortColumn {
        sql: "authors.id",
        kind: KeyKind::Id,
        direction: Direction::Ascending,
    };
    const LIST: &'static str = "authors";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::Name => ("authors.name", KeyKind::Text),
            Self::ArticleCount => ("author_article_count(authors.id)", KeyKind::Number),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl CountedAuthor {
    /// The author's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "authors.name" => KeyValue::Text(self.author.name.clone()),
            "author_article_count(authors.id)" => KeyValue::Number(self.article_count),
            _ => KeyValue::Id(self.author.id.as_uuid()),
        }
    }
}
