use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text, Uuid};
use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::articles::{Bodies, Boxed, authors_of, rows, tags_of};
use super::live::{IsLive, Kinds, condition};
use crate::delivery::model::Published;
use crate::platform::clock::Moment;
use crate::schema::publications;
use crate::types::{AuthorId, Reference, TagId};

/// How many of the newest articles are searched for those with a tag before the tag's own are all looked at.
const NEAR: &str = "2000";

/// What the newest articles are wanted of.
#[derive(Debug, Clone)]
pub enum NewestOf {
    Site,
    Tag(Reference<TagId>),
    Author(Reference<AuthorId>),
}

/// The newest published articles, with all that belongs to them. To be read together with other things, what the database
/// says of itself last.
pub async fn newest(
    conn: &AsyncPgConnection,
    of: &NewestOf,
    limit: i64,
    bodies: Bodies,
    now: Moment,
) -> QueryResult<Published> {
    let newest = || -> Boxed<'_> {
        let among = AmongNewest {
            of: of.clone(),
            limit: limit.to_string(),
            live: IsLive {
                at: now,
                kinds: Kinds::Articles,
            },
        };
        publications::table
            .filter(among)
            .order((publications::published_at.desc(), publications::id.desc()))
            .into_boxed()
    };
    let (articles, tags, authors) = try_join!(
        rows(conn, newest(), bodies),
        tags_of(conn, newest().select(publications::id)),
        authors_of(conn, newest().select(publications::id)),
    )?;
    Ok(Published {
        articles,
        tags,
        authors,
        total: None,
    })
}

/// The publication is one of the newest. The planner can't know how many articles a tag has, nor where they are, and what it
/// supposes is ruinous for a rare tag among a million articles. So the ways are laid down here: a look at the newest of all,
/// where a common tag has enough; else every article of the tag by itself.
#[derive(Debug, Clone)]
struct AmongNewest {
    of: NewestOf,
    limit: String,
    live: IsLive,
}

condition!(AmongNewest);

impl QueryFragment<Pg> for AmongNewest {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("publications.id = any(array(");
        match &self.of {
            NewestOf::Site => {
                out.push_sql("select publications.id");
                self.walk_newest(&self.limit, out.reborrow())?;
            }
            NewestOf::Tag(tag) => {
                self.walk_linked("tags", "publication_tags", "tag_id", tag, out.reborrow())?;
            }
            NewestOf::Author(author) => {
                let link = ("publication_authors", "author_id");
                self.walk_linked("authors", link.0, link.1, author, out.reborrow())?;
            }
        }
        out.push_sql("))");
        Ok(())
    }
}

impl AmongNewest {
    fn walk_newest<'b>(&'b self, limit: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(" from publications where ");
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(" order by publications.published_at desc, publications.id desc limit ");
        out.push_sql(limit);
        Ok(())
    }

    fn walk_linked<'b, Id>(
        &'b self,
        table: &str,
        links: &str,
        column: &str,
        wanted: &'b Reference<Id>,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()>
    where
        Id: diesel::serialize::ToSql<Uuid, Pg>,
    {
        out.push_sql(&format!(
            "with wanted as materialized (select id from {table} where "
        ));
        match wanted {
            Reference::Id(id) => {
                out.push_sql("id = ");
                out.push_bind_param::<Uuid, _>(id)?;
            }
            Reference::Slug(slug) => {
                out.push_sql("slug = ");
                out.push_bind_param::<Text, _>(slug)?;
            }
        }
        out.push_sql(
            "), near as materialized (select recent.id from (\
             select publications.id, publications.published_at",
        );
        self.walk_newest(NEAR, out.reborrow())?;
        let limit = &self.limit;
        // Lateral selects with a limit keep the planner from joining in any other way.
        out.push_sql(&format!(
            ") recent cross join lateral (select from {links} \
             where {links}.publication_id = recent.id and {links}.{column} = (select id from wanted) limit 1) link \
             order by recent.published_at desc, recent.id desc limit {limit}) \
             select id from near where (select count(*) from near) = {limit} union all (select linked.id from (\
             select publication_id as id from {links} where {column} = (select id from wanted) \
             and (select count(*) from near) < {limit} offset 0) linked cross join lateral (\
             select publications.published_at from publications where publications.id = linked.id and "
        ));
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " limit 1) live order by live.published_at desc, linked.id desc limit {limit})"
        ));
        Ok(())
    }
}
