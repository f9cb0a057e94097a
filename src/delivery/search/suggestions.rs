use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::dto::Suggestion;
use crate::delivery::queries::{IsLive, Kinds, seen};
use crate::platform::clock::Moment;
use crate::rest::cached::Read;

/// How many suggestions there are at most.
const MOST: &str = "10";
/// How many of them are tags.
const MOST_TAGS: &str = "3";
/// How many of the newest titles are read before the index is asked: beginnings of words that many titles have are found
/// here, and those that few have are cheap to look up there.
const NEWEST: &str = "400";
/// How many titles the index gives at most.
const OLDER: &str = "2000";

/// What somebody may be typing.
pub async fn suggest(
    conn: &AsyncPgConnection,
    typed: &str,
    now: Moment,
) -> QueryResult<Read<Vec<Suggestion>>> {
    let statement = Suggesting::new(typed, now);
    let rows = async {
        match &statement {
            Some(statement) => statement.load(&mut &*conn).await,
            None => Ok(Vec::new()),
        }
    };
    let (rows, seen): (Vec<(bool, uuid::Uuid, String, String)>, _) =
        try_join!(rows, seen(conn, now))?;
    let suggestion = |(is_tag, id, slug, text)| Suggestion {
        kind: if is_tag { "tag" } else { "article" },
        id,
        slug,
        text,
    };
    let found = rows.into_iter().map(suggestion).collect();
    Ok(Read { found, seen })
}

/// Tags and titles that have all the words, where the last one may go on.
struct Suggesting {
    /// For `to_tsquery`.
    query: String,
    live: IsLive,
}

impl Suggesting {
    /// `None` when no word has been typed yet.
    fn new(typed: &str, at: Moment) -> Option<Self> {
        let words: Vec<String> = typed
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("'{word}'"))
            .collect();
        (!words.is_empty()).then(|| Self {
            query: format!("{}:*", words.join(" & ")),
            live: IsLive {
                at,
                kinds: Kinds::Articles,
            },
        })
    }

    fn walk_articles<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "newest as materialized (
                select article_id, slug::text, title, published_at from (
                    select article_id, slug, title, published_at from publications where ",
        );
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " order by published_at desc, id desc limit {NEWEST}) titles, asked
                where to_tsvector('simple', title) @@ query limit {MOST}
            ), older as materialized (
                select article_id, slug::text, title, published_at from (
                    select article_id, slug, title, published_at from publications
                    where to_tsvector('simple', title) @@ (select query from asked) and "
        ));
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " limit {OLDER}) titles
                where (select count(*) from newest) < {MOST} order by published_at desc limit {MOST})"
        ));
        Ok(())
    }
}

impl QueryFragment<Pg> for Suggesting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("with asked as materialized (select to_tsquery('simple', ");
        out.push_bind_param::<Text, _>(&self.query)?;
        out.push_sql(
            ") as query), used_tags as materialized (
                select id, slug::text, name from tags
                where to_tsvector('simple', name) @@ (select query from asked) and exists (
                    select from publication_tags join publications on publications.id = publication_id
                    where tag_id = tags.id and ",
        );
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            ") order by length(name), name limit {MOST_TAGS}), "
        ));
        self.walk_articles(out.reborrow())?;
        out.push_sql(&format!(
            " select true, id, slug, name from used_tags union all (
                select false, article_id, slug, title
                from (select * from newest union select * from older) titles
                order by published_at desc, article_id) limit {MOST}"
        ));
        Ok(())
    }
}

/// It is cached by its text.
impl QueryId for Suggesting {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Suggesting {
    type SqlType = (Bool, Uuid, Text, Text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(typed: &str) -> Option<String> {
        Suggesting::new(typed, Moment::now()).map(|suggesting| suggesting.query)
    }

    #[test]
    fn the_last_word_may_go_on_and_nothing_typed_is_an_operator() {
        assert_eq!(
            query("Frost in m").as_deref(),
            Some("'Frost' & 'in' & 'm':*")
        );
        assert_eq!(
            query("o'neill | !x:*").as_deref(),
            Some("'o' & 'neill' & 'x':*")
        );
        assert_eq!(query("&|!():*'\\"), None);
    }
}
