use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::tags;
use crate::types::{Slug, TagId, closed_set};

/// A tag as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = tags)]
pub struct TagRow {
    pub id: TagId,
    pub slug: Slug,
    pub name: String,
    pub description: Option<String>,
    pub parent_id: Option<TagId>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Everything of a tag that can be written.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = tags, treat_none_as_null = true)]
pub struct WritableTag {
    pub slug: Slug,
    pub name: String,
    pub description: Option<String>,
    pub parent_id: Option<TagId>,
}

/// A tag with the number of articles that readers find under it, and the tag above it.
#[derive(Debug, Clone, Queryable)]
pub struct TagWithParent {
    pub tag: TagRow,
    pub article_count: i64,
    pub parent: Option<ParentRow>,
}

/// A tag as the one above another.
#[derive(Debug, Clone, Queryable)]
pub struct ParentRow {
    pub id: TagId,
    pub slug: Slug,
    pub name: String,
}

/// Which tags a list is about.
#[derive(Debug, Clone, Default)]
pub struct TagFilter {
    /// Part of the name, in any case.
    pub name_part: Option<String>,
}

closed_set! {
    /// What tags can be sorted by.
    pub enum TagSort {
        Name = "name",
        ArticleCount = "article_count",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
    }
}

impl SortKey for TagSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::Name, Direction::Ascending)];
    const TIE: SortColumn = SortColumn {
        sql: "tags.id",
        kind: KeyKind::Id,
        direction: Direction::Ascending,
    };
    const LIST: &'static str = "tags";

    fn column(self, direction: Direction) -> SortColumn {
        let (sql, kind) = match self {
            Self::Name => ("tags.name", KeyKind::Text),
            Self::ArticleCount => ("tag_article_count(tags.id)", KeyKind::Number),
            Self::CreatedAt => ("tags.created_at", KeyKind::Time),
            Self::UpdatedAt => ("tags.updated_at", KeyKind::Time),
        };
        SortColumn {
            sql,
            kind,
            direction,
        }
    }
}

impl TagWithParent {
    /// The tag's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "tags.name" => KeyValue::Text(self.tag.name.clone()),
            "tags.created_at" => KeyValue::Time(self.tag.created_at),
            "tags.updated_at" => KeyValue::Time(self.tag.updated_at),
            "tag_article_count(tags.id)" => KeyValue::Number(self.article_count),
            _ => KeyValue::Id(self.tag.id.as_uuid()),
        }
    }
}
