use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Text};

use crate::delivery::queries::{IsLive, Kinds};
use crate::platform::clock::Moment;

/// For each word the one that is meant, in the same order: itself, where readers find it; else what it becomes with two
/// neighbours swapped, or the most similar of `search_words`. Only words that readers find now are meant, so that the answer
/// tells nothing of texts that they don't see.
pub struct MeantWords<'a> {
    typed: &'a Vec<String>,
    live: IsLive,
}

impl<'a> MeantWords<'a> {
    /// `typed` are words without any syntax.
    pub fn new(typed: &'a Vec<String>, at: Moment) -> Self {
        let kinds = Kinds::Both;
        let live = IsLive { at, kinds };
        Self { typed, live }
    }
}

impl QueryFragment<Pg> for MeantWords<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "with recursive languages (locale) as (
                (select min(locale) from publications where not superseded)
                union all
                select (select min(locale) from publications where not superseded and locale > languages.locale)
                from languages where languages.locale is not null
            ), configurations as materialized (
                select distinct search_configuration(locale) as config from languages where locale is not null
            ), site as materialized (
                select max(number) as newest from publications
            )
            select coalesce(meant.word, typed.word) from unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(self.typed)?;
        // The newest are looked at first: a common word is found there, and a rare one is quickly looked for everywhere.
        out.push_sql(
            ") with ordinality typed (word, place) cross join site left join lateral (
                select word from (
                    select word from (
                        select typed.word, 0 as distance
                        union all
                        select word, 1 from search_words where word = any(array(
                            select left(typed.word, at - 1) || substr(typed.word, at + 1, 1) || substr(typed.word, at, 1)
                                || substr(typed.word, at + 2)
                            from generate_series(1, least(length(typed.word), 40) - 1) at))
                        union all
                        (select word, 3 - similarity(word, typed.word) from search_words
                            where word % typed.word and length(typed.word) > 2
                            order by similarity(word, typed.word) desc, word limit 5)
                    ) candidates order by distance, word offset 0
                ) nearest cross join lateral (
                    select string_agg(asked::text, ' | ')::tsquery as words
                    from configurations, plainto_tsquery(config, word) asked where numnode(asked) > 0
                ) looked_for
                where words is null
                    or exists (select from publications where search @@ (words && among_newest(newest, 13)) and ",
        );
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(") or exists (select from publications where search @@ words and ");
        self.live.walk_ast(out.reborrow())?;
        out.push_sql(") limit 1) meant on true order by place");
        Ok(())
    }
}

/// It is cached by its text.
impl QueryId for MeantWords<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for MeantWords<'_> {
    type SqlType = Text;
}
