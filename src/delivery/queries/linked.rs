use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Text, Uuid};

use super::live::condition;
use super::page::Condition;
use crate::platform::keyset::{After, OrderBy, Slice, SortColumn};
use crate::types::{AuthorId, Reference, Slug, TagId};

/// Some tags, or some authors, and what links publications to them.
#[derive(Debug, Clone)]
pub struct Links {
    of: &'static str,
    table: &'static str,
    column: &'static str,
    ids: Vec<uuid::Uuid>,
    slugs: Vec<Slug>,
}

impl Links {
    /// With one of these tags.
    pub fn to_tags(wanted: &[Reference<TagId>]) -> Self {
        let (ids, slugs) = Reference::split(wanted);
        Self {
            of: "tags",
            table: "publication_tags",
            column: "tag_id",
            ids: ids.into_iter().map(TagId::as_uuid).collect(),
            slugs: slugs.into_iter().cloned().collect(),
        }
    }

    /// By one of these authors.
    pub fn to_authors(wanted: &[Reference<AuthorId>]) -> Self {
        let (ids, slugs) = Reference::split(wanted);
        Self {
            of: "authors",
            table: "publication_authors",
            column: "author_id",
            ids: ids.into_iter().map(AuthorId::as_uuid).collect(),
            slugs: slugs.into_iter().cloned().collect(),
        }
    }

    /// Who is meant, found once, before anything else: joined in, the planner would look for them again and again, and plan
    /// anew at every call.
    fn walk_wanted<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select id from ");
        out.push_sql(self.of);
        out.push_sql(" where id = any(");
        out.push_bind_param::<Array<Uuid>, _>(&self.ids)?;
        out.push_sql(") or slug = any(");
        out.push_bind_param::<Array<Text>, _>(&self.slugs)?;
        out.push_sql(")");
        Ok(())
    }
}

/// The publication is one of those that are linked: all of them are found first. For lists in other orders than that of
/// their dates, and for counting.
#[derive(Debug, Clone)]
pub struct AmongAllLinked(pub Links);

impl QueryFragment<Pg> for AmongAllLinked {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Links { table, column, .. } = self.0;
        out.push_sql(&format!(
            "publications.id = any(array(select publication_id from {table} where {column} = any(array("
        ));
        self.0.walk_wanted(out.reborrow())?;
        out.push_sql("))))");
        Ok(())
    }
}

/// Whether a publication is linked, or is not, asked of each by itself. The limit keeps the planner from joining instead:
/// it can't know how many are linked, and what it supposes is ruinous where it is wrong.
#[derive(Debug, Clone)]
pub enum IsLinked {
    Yes(Links),
    No(Links),
}

impl QueryFragment<Pg> for IsLinked {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (links, expected) = match self {
            Self::Yes(links) => (links, " is not null"),
            Self::No(links) => (links, " is null"),
        };
        let Links { table, column, .. } = links;
        out.push_sql(&format!(
            "(select true from {table} where {table}.publication_id = publications.id and {table}.{column} = any(array("
        ));
        links.walk_wanted(out.reborrow())?;
        out.push_sql(")) limit 1)");
        out.push_sql(expected);
        Ok(())
    }
}

/// The publication is on a page of those that are linked, by date. The way is laid down here: the links of each tag are read
/// in the order of their dates until there are enough, whatever the planner supposes.
pub struct AmongNewestLinked<'a> {
    links: Links,
    conditions: Vec<Condition<'a>>,
    order: OrderBy,
    after: Option<After>,
    limit: i64,
    offset: i64,
}

impl<'a> AmongNewestLinked<'a> {
    /// A slice of those that meet the conditions; `None` when it is not in the order of dates.
    pub fn new(
        links: Links,
        conditions: Vec<Condition<'a>>,
        slice: &Slice,
        after: Option<After>,
    ) -> Option<Self> {
        let order = OrderBy(beside_links(&slice.order.0)?);
        let after = after.map(|after| After {
            columns: order.0.clone(),
            ..after
        });
        Some(Self {
            links,
            conditions,
            order,
            after,
            limit: slice.limit,
            offset: slice.offset,
        })
    }
}

/// The columns that a list is ordered by, as they stand beside the links, if they do.
fn beside_links(columns: &[SortColumn]) -> Option<Vec<SortColumn>> {
    let [date, id] = columns else { return None };
    let is_by_date = date.sql == "publications.published_at" && id.sql == "publications.id";
    let is_one_way = date.direction == id.direction;
    (is_by_date && is_one_way).then(|| {
        let (date_sql, id_sql) = ("link.published_at", "link.publication_id");
        vec![
            SortColumn {
                sql: date_sql,
                ..*date
            },
            SortColumn { sql: id_sql, ..*id },
        ]
    })
}

impl QueryFragment<Pg> for AmongNewestLinked<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Links { table, column, .. } = self.links;
        out.push_sql(
            "publications.id = any(array(select link.publication_id from (select distinct id from (",
        );
        self.links.walk_wanted(out.reborrow())?;
        out.push_sql(&format!(
            ") named) wanted cross join lateral (select link.publication_id, link.published_at from {table} link \
             cross join lateral (select from publications where publications.id = link.publication_id"
        ));
        for condition in &self.conditions {
            out.push_sql(" and ");
            condition.walk_ast(out.reborrow())?;
        }
        out.push_sql(&format!(" limit 1) meets where link.{column} = wanted.id"));
        if let Some(after) = &self.after {
            out.push_sql(" and ");
            after.walk_ast(out.reborrow())?;
        }
        out.push_sql(" order by ");
        self.order.walk_ast(out.reborrow())?;
        out.push_sql(&format!(" limit {}", self.limit));
        if self.offset > 0 {
            out.push_sql(" + ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        out.push_sql(") link group by link.published_at, link.publication_id order by ");
        self.order.walk_ast(out.reborrow())?;
        out.push_sql(&format!(" limit {}", self.limit));
        if self.offset > 0 {
            out.push_sql(" offset ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        out.push_sql("))");
        Ok(())
    }
}

condition!(AmongAllLinked);
condition!(IsLinked);

impl QueryId for AmongNewestLinked<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for AmongNewestLinked<'_> {
    type SqlType = Bool;
}
impl ValidGrouping<()> for AmongNewestLinked<'_> {
    type IsAggregate = is_aggregate::Never;
}
impl<Table> AppearsOnTable<Table> for AmongNewestLinked<'_> {}
impl<Table> SelectableExpression<Table> for AmongNewestLinked<'_> {}
