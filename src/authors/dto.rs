use serde::Serialize;
use utoipa::ToSchema;

use super::model::AuthorRow;
use crate::types::{AuthorId, Slug};

/// A person where they are mentioned, as in a byline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorSummary {
    pub id: AuthorId,
    #[schema(value_type = String, examples("robin-writer"))]
    pub slug: Slug,
    #[schema(examples("Robin Writer"))]
    pub name: String,
}

impl From<&AuthorRow> for AuthorSummary {
    fn from(row: &AuthorRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug.clone(),
            name: row.name.clone(),
        }
    }
}
