//! Conditions that Diesel has no words for. Written as fragments of our own, because a statement with `sql()` in it is
//! prepared anew at every call.

use chrono::{DateTime, Utc};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::delivery::filter::PublishedKind;
use crate::platform::clock::Moment;
use crate::platform::epoch::Position;
use crate::rest::cached::Seen;

/// Readers see the publication at this moment. `superseded` and the kind stand in the text and not in a parameter, so that
/// the planner knows at once which partial indexes fit.
#[derive(Debug, Clone, Copy)]
pub struct IsLive {
    pub at: Moment,
    pub kinds: Kinds,
}

/// Which kinds of text are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    Articles,
    Pages,
    Both,
}

impl Kinds {
    /// Articles, unless something else is asked for.
    pub fn of(asked: &[PublishedKind]) -> Self {
        match (
            asked.contains(&PublishedKind::Article),
            asked.contains(&PublishedKind::Page),
        ) {
            (_, false) => Self::Articles,
            (false, true) => Self::Pages,
            (true, true) => Self::Both,
        }
    }
}

impl QueryFragment<Pg> for IsLive {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        if self.at.is_present() {
            out.push_sql("not publications.superseded and ");
        }
        out.push_sql(match self.kinds {
            Kinds::Articles => "publications.kind = 'article' and ",
            Kinds::Pages => "publications.kind = 'page' and ",
            Kinds::Both => "",
        });
        out.push_sql("publications.live_from <= ");
        self.at.walk_ast(out.reborrow())?;
        out.push_sql(" and (publications.live_until is null or publications.live_until > ");
        self.at.walk_ast(out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }
}

/// The article that has this slug now, or had it when readers saw it.
#[derive(Debug, Clone)]
pub struct HasHadSlug {
    pub slug: String,
    pub at: Moment,
}

impl QueryFragment<Pg> for HasHadSlug {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("publications.article_id = (select seen.article_id from publications seen where seen.slug = ");
        out.push_bind_param::<Text, _>(&self.slug)?;
        out.push_sql(" and seen.live_from <= ");
        self.at.walk_ast(out.reborrow())?;
        out.push_sql(" limit 1)");
        Ok(())
    }
}

/// The publication contains these words, in the syntax of web searches.
#[derive(Debug, Clone)]
pub struct Contains {
    pub words: String,
    pub locale: String,
}

impl QueryFragment<Pg> for Contains {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("publications.search @@ websearch_to_tsquery(search_configuration(");
        out.push_bind_param::<Text, _>(&self.locale)?;
        out.push_sql("), ");
        out.push_bind_param::<Text, _>(&self.words)?;
        out.push_sql(")");
        Ok(())
    }
}

macro_rules! condition {
    ($type:ident) => {
        impl QueryId for $type {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl Expression for $type {
            type SqlType = Bool;
        }
        impl ValidGrouping<()> for $type {
            type IsAggregate = is_aggregate::Never;
        }
        impl<Table> AppearsOnTable<Table> for $type {}
        impl<Table> SelectableExpression<Table> for $type {}
    };
}
pub(super) use condition;

condition!(IsLive);
condition!(HasHadSlug);
condition!(Contains);

/// What the database says of itself: the newest change that readers could notice, the time, and when something that they
/// see changes by itself next (a publication begins, or ends).
#[derive(Debug, Clone, Copy)]
pub struct SeenNow(pub Moment);

impl QueryFragment<Pg> for SeenNow {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select (select max(position) from events), ");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(
            ", least((select min(live_from) from publications where not superseded and live_from > ",
        );
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(
            "), (select min(live_until) from publications where not superseded and live_until > ",
        );
        self.0.walk_ast(out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }
}

/// It is cached by its text.
impl QueryId for SeenNow {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SeenNow {
    type SqlType = (Nullable<BigInt>, Timestamptz, Nullable<Timestamptz>);
}

/// What the database says of itself. The last statement of every reading: whatever was read before it can't show a newer
/// change.
pub async fn seen(conn: &AsyncPgConnection, now: Moment) -> QueryResult<Seen> {
    let (position, now, next_change): (Option<i64>, DateTime<Utc>, Option<DateTime<Utc>>) =
        SeenNow(now).get_result(&mut &*conn).await?;
    Ok(Seen {
        position: Position(position.unwrap_or_default()),
        now,
        next_change,
    })
}
