use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use crate::delivery::model::{
    LABELS, Labelled, LabelsSql, PublicationColumns, PublicationRow, PublicationSql,
};
use crate::delivery::queries::{BoxedIds, IsLive, Kinds, Wanted, find_name, id_of, seen};
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::types::{ArticleId, AuthorId, Slug, TagId};

/// How many of the newest publications under each tag are looked at. All of a rare tag are among them.
const PER_TAG: &str = "150";
/// How far a tag's publications are counted: beyond, it is common.
const COUNTED: &str = "1000";
/// How many candidates are compared word by word.
const COMPARED: &str = "100";
/// How many candidates that share nothing but words are looked at, where tags give too few.
const BY_WORDS: &str = "500";

/// The article that was asked for, and what is near it, nearest first.
#[derive(Debug)]
pub struct Related {
    /// `None`: there is no such article.
    pub origin: Option<(ArticleId, Slug)>,
    pub articles: Vec<Labelled>,
}

type Row = (
    PublicationRow,
    Vec<(TagId, Slug, String)>,
    Vec<(AuthorId, Slug, String)>,
);

/// Finds at most `limit` articles that are related to one.
pub async fn list_related(
    conn: &AsyncPgConnection,
    wanted: &Wanted,
    limit: i64,
    now: Moment,
) -> QueryResult<Read<Related>> {
    let statement = RelatedStatement {
        origin: id_of(wanted, now),
        limit,
        live: IsLive {
            at: now,
            kinds: Kinds::Articles,
        },
        columns: PublicationColumns::default(),
    };
    let rows = async { statement.load::<Row>(&mut &*conn).await };
    let (rows, origin, seen) = try_join!(rows, find_name(conn, wanted, now), seen(conn, now))?;
    let articles = rows
        .into_iter()
        .map(|(row, tags, authors)| Labelled { row, tags, authors })
        .collect();
    let found = Related { origin, articles };
    Ok(Read { found, seen })
}

struct RelatedStatement<'a> {
    origin: BoxedIds<'a>,
    limit: i64,
    live: IsLive,
    columns: PublicationColumns,
}

impl RelatedStatement<'_> {
    /// What shares a tag. New publications have large ids, so the index on tags gives the newest first.
    fn walk_tagged<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "with origin as materialized (
                select id, article_id, locale, search from publications where id = (",
        );
        <BoxedIds<'_> as QueryFragment<Pg>>::walk_ast(&self.origin, out.reborrow())?;
        out.push_sql(&format!(
            ")), labels as (
                select tag_id, (1000000 / ln(2 + (
                    select count(*) from (
                        select from publication_tags counted where counted.tag_id = own.tag_id limit {COUNTED}) under_it
                )))::bigint as weight
                from origin join publication_tags own on own.publication_id = origin.id
                order by position limit 20
            ), tagged as materialized (
                select near.publication_id as id, sum(weight) as closeness
                from labels cross join lateral (
                    select publication_id from publication_tags others where others.tag_id = labels.tag_id
                    order by publication_id desc limit {PER_TAG}) near
                group by 1)"
        ));
        Ok(())
    }

    /// What shares words with the title, among the newest, where tags give too few.
    fn walk_worded<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            ", meant as materialized (
                select (
                    select string_agg(quote_literal(lexeme), '|') from unnest(ts_filter(search, '{a}'))
                    where lexeme ~ '^[[:alnum:]]+$')::tsquery as words,
                    (select max(number) from publications) as newest
                from origin
            ), worded as materialized (
                select id, 0::numeric as closeness from publications
                where search @@ (select words && among_newest(newest, 13) from meant) and ",
        );
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " and (select count(*) from tagged) <= {} limit {BY_WORDS})",
            self.limit
        ));
        Ok(())
    }
}

impl QueryFragment<Pg> for RelatedStatement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk_tagged(out.reborrow())?;
        self.walk_worded(out.reborrow())?;
        out.push_sql(
            ", near as materialized (
                select publications.id, closeness
                from (
                    select id, max(closeness) as closeness from (select * from tagged union all select * from worded) all_of_them
                    group by 1) candidates
                join publications using (id) cross join origin
                where ",
        );
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " and publications.article_id <> origin.article_id
                    and split_part(publications.locale, '-', 1) = split_part(origin.locale, '-', 1)
                order by closeness desc, published_at desc, publications.id desc limit {COMPARED})
            select "
        ));
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        out.push_sql(LABELS);
        out.push_sql(&format!(
            " from near join publications using (id) cross join meant
            order by closeness desc, ts_rank(search, words) desc nulls last, published_at desc, id desc limit {}",
            self.limit
        ));
        Ok(())
    }
}

/// It is cached by its text.
impl QueryId for RelatedStatement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for RelatedStatement<'_> {
    type SqlType = (PublicationSql, LabelsSql, LabelsSql);
}
