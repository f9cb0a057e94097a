use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::authors;
use crate::types::{AuthorId, Slug};

/// A person as readers know them.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = authors)]
pub struct AuthorRow {
    pub id: AuthorId,
    pub slug: Slug,
    pub name: String,
    pub bio: Option<String>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}
