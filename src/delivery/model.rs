use chrono::{DateTime, Utc};
use diesel::expression::Expression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, Record, Text, Uuid};

use crate::authors::{AuthorRow, AuthorSummary};
use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::publications;
use crate::tags::TagSummary;
use crate::types::{ArticleId, AuthorId, Locale, PublicationId, RawJson, Slug, TagId, closed_set};

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
    /// Its tags, in order; some may be gone.
    pub tag_ids: Vec<TagId>,
    /// Its byline, in order.
    pub author_ids: Vec<AuthorId>,
}

/// A publication with its body, where it is wanted.
pub type WithBody = (PublicationRow, Option<String>);

/// What was read in one round trip for a list or for one article.
#[derive(Debug)]
pub struct Published {
    pub articles: Vec<WithBody>,
    pub labels: Labels,
    pub total: Option<i64>,
}

/// The tags and authors that some publications show, each once.
#[derive(Debug, Default)]
pub struct Labels {
    pub tags: Vec<TagSummary>,
    pub authors: Vec<AuthorSummary>,
    /// When one of them was changed last.
    pub updated_at: Option<DateTime<Utc>>,
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

/// The types of [`PublicationRow`]'s columns.
pub type PublicationSql =
    <<PublicationRow as Selectable<Pg>>::SelectExpression as Expression>::SqlType;

/// The columns of [`PublicationRow`], for statements that are written out.
#[derive(Clone)]
pub struct PublicationColumns(<PublicationRow as Selectable<Pg>>::SelectExpression);

impl Default for PublicationColumns {
    fn default() -> Self {
        Self(<PublicationRow as Selectable<Pg>>::construct_selection())
    }
}

impl QueryFragment<Pg> for PublicationColumns {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

/// Id, slug and name of each of a publication's tags, or of its authors.
pub type LabelsSql = Array<Record<(Uuid, Text, Text)>>;

/// The tags and the authors of `publications.id`, as two columns of [`LabelsSql`]: for statements that are too dear to be
/// asked three times.
pub const LABELS: &str = "array(
        select row(tags.id, tags.slug::text, tags.name) from publication_tags join tags on tags.id = tag_id
        where publication_id = publications.id order by position) as tags,
    array(
        select row(authors.id, authors.slug::text, authors.name) from publication_authors join authors on authors.id = author_id
        where publication_id = publications.id order by position) as authors";

/// A publication with its tags and authors, read in one statement.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub row: PublicationRow,
    pub tags: Vec<(TagId, Slug, String)>,
    pub authors: Vec<(AuthorId, Slug, String)>,
}
