use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{TagFilter, TagRow, TagSort, TagWithParent};
use crate::rest::body::from_body;
use crate::rest::described::SortBy;
use crate::rest::page::PagingBy;
use crate::rest::query::from_query;
use crate::types::{Line, Patch, Prose, Reference, Slug, TagId};

// The document knows types without parameters alone.
type ByTagSort = SortBy<TagSort>;
type TagReference = Reference<TagId>;

/// A tag.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tag {
    pub id: TagId,
    /// Its address.
    #[schema(value_type = String, examples("gardening"))]
    pub slug: Slug,
    #[schema(examples("Gardening"))]
    pub name: String,
    pub description: Option<String>,
    /// The tag above it.
    pub parent: Option<TagSummary>,
    /// How many articles readers find under it now.
    pub article_count: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A tag where it is mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TagSummary {
    pub id: TagId,
    #[schema(value_type = String, examples("gardening"))]
    pub slug: Slug,
    #[schema(examples("Gardening"))]
    pub name: String,
}

impl From<&TagRow> for TagSummary {
    fn from(row: &TagRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug.clone(),
            name: row.name.clone(),
        }
    }
}

impl From<TagWithParent> for Tag {
    fn from(row: TagWithParent) -> Self {
        let TagWithParent {
            tag,
            article_count,
            parent,
        } = row;
        Self {
            id: tag.id,
            slug: tag.slug,
            name: tag.name,
            description: tag.description,
            parent: parent.map(|parent| TagSummary {
                id: parent.id,
                slug: parent.slug,
                name: parent.name,
            }),
            article_count,
            created_at: tag.created_at,
            updated_at: tag.updated_at,
        }
    }
}

/// A new tag.
#[derive(ToSchema)]
pub struct CreateTag {
    #[schema(inline, examples("Gardening"))]
    pub name: Line<200>,
    /// Made from the name when absent.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 1, max_length = 100)]
    pub slug: Option<Slug>,
    #[schema(inline)]
    pub description: Option<Prose<2000>>,
    /// Slug or id of the tag above it.
    #[schema(value_type = Option<TagReference>, inline)]
    pub parent: Option<Reference<TagId>>,
}
from_body!(CreateTag { required name, optional slug, optional description, optional parent });

/// Changes to a tag: what is absent stays, `null` takes away.
#[derive(ToSchema)]
pub struct UpdateTag {
    #[schema(nullable = false, inline)]
    pub name: Option<Line<200>>,
    #[schema(value_type = Option<String>, nullable = false, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 1, max_length = 100)]
    pub slug: Option<Slug>,
    #[schema(value_type = Option<Prose<2000>>, inline)]
    pub description: Patch<Prose<2000>>,
    /// Slug or id of the tag above it.
    #[schema(value_type = Option<TagReference>, inline)]
    pub parent: Patch<Reference<TagId>>,
}
from_body!(UpdateTag { change name, change slug, patch description, patch parent });

/// Which tags to list.
pub struct ListTags {
    pub q: Option<Line<200>>,
    pub paging: PagingBy<TagSort>,
}
from_query!(ListTags { one q, all paging });

impl ListTags {
    /// The filter as queries know it.
    pub fn filter(&self) -> TagFilter {
        TagFilter {
            name_part: self.q.as_ref().map(|q| q.as_str().to_owned()),
        }
    }
}

/// The parameters of a list of tags, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListTags` reads them")]
pub struct ListTagsParams {
    /// Part of the name.
    #[param(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// Up to three of `name`, `article_count`, `created_at`, `updated_at`; `-` before a key turns it round.
    #[param(value_type = Option<ByTagSort>, inline, style = Form, explode = false, example = json!(["-article_count", "name"]))]
    sort: Option<String>,
}
