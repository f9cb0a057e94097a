use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Text, Uuid};

use super::live::condition;
use crate::types::{AuthorId, Reference, Slug, TagId};

/// The publication has one of these tags, or is by one of these authors.
///
/// Who is meant is found once, before anything else: joined in, the planner would look for them again and again, and plan
/// anew at every call. Where nothing at all is linked to them, nothing else is read.
#[derive(Debug, Clone)]
pub struct Linked {
    links: Links,
    ids: Vec<uuid::Uuid>,
    slugs: Vec<Slug>,
}

/// What links publications to something.
#[derive(Debug, Clone, Copy)]
struct Links {
    of: &'static str,
    table: &'static str,
    column: &'static str,
}

/// With one of these tags.
pub fn with_tags(wanted: &[Reference<TagId>]) -> Linked {
    let (ids, slugs) = Reference::split(wanted);
    Linked {
        links: Links {
            of: "tags",
            table: "publication_tags",
            column: "tag_id",
        },
        ids: ids.into_iter().map(TagId::as_uuid).collect(),
        slugs: slugs.into_iter().cloned().collect(),
    }
}

/// By one of these authors.
pub fn by_authors(wanted: &[Reference<AuthorId>]) -> Linked {
    let (ids, slugs) = Reference::split(wanted);
    Linked {
        links: Links {
            of: "authors",
            table: "publication_authors",
            column: "author_id",
        },
        ids: ids.into_iter().map(AuthorId::as_uuid).collect(),
        slugs: slugs.into_iter().cloned().collect(),
    }
}

impl Linked {
    fn walk_links<'b>(&'b self, selected: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Links { of, table, column } = self.links;
        out.push_sql(&format!(
            "select {selected} from {table} where {column} = any(array(select id from {of} where id = any("
        ));
        out.push_bind_param::<Array<Uuid>, _>(&self.ids)?;
        out.push_sql(") or slug = any(");
        out.push_bind_param::<Array<Text>, _>(&self.slugs)?;
        out.push_sql(")))");
        Ok(())
    }
}

impl QueryFragment<Pg> for Linked {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(exists (");
        self.walk_links("", out.reborrow())?;
        out.push_sql(") and publications.id = any(");
        self.walk_links("publication_id", out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }
}

condition!(Linked);
