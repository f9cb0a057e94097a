use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Double, Integer, Nullable, Record, Text, Timestamptz, Uuid,
};

use super::filter::SearchFilter;
use crate::delivery::model::{LABELS, LabelsSql, PublicationColumns, PublicationSql};
use crate::delivery::queries::{IsLive, Kinds};
use crate::platform::clock::Moment;
use crate::types::{AuthorId, Reference, TagId};

/// How many hits of one language are ranked at most: the newest.
pub const RANKED: i64 = 200;
/// How many publications with the right words are looked at in one era: enough for all of them where one era had too few
/// and the next is four times as large.
const LOOKED_AT: i64 = 4 * RANKED;
/// The same where each has to be unpacked to see whether a phrase stands together. Bounds what a hostile search can cost.
const CHECKED: i64 = 1000;
/// The size that stands for "all of them", in powers of two; the eras have 9, 11, 13, 15, 17 and 19.
const EVERYTHING: &str = "21";
/// Where in `source` the first of the `stems` stands.
const FIRST_WORD: &str = "lateral (
    select min(nullif(strpos(source, stem), 0)) as at
    from (select unnest(stems) as stem union all select initcap(unnest(stems))) written) first_word";
/// How many tags and authors are counted.
const FACETS: &str = "20";

/// One search, from words to a page of marked hits: one statement, because every part needs what was found.
///
/// A row per hit of the page; without any, a single row that has none. The facets stand in the first row alone.
pub struct SearchStatement<'a> {
    filter: &'a SearchFilter,
    limit: i64,
    offset: i64,
    at: Moment,
    live: IsLive,
    tags: (Vec<TagId>, Vec<String>),
    authors: (Vec<AuthorId>, Vec<String>),
    locales: Vec<&'a str>,
    columns: PublicationColumns,
}

/// Id, slug, name, and how many hits have it.
pub type FacetSql = Array<Record<(Uuid, Text, Text, BigInt)>>;

impl<'a> SearchStatement<'a> {
    /// `limit` hits after `offset`.
    pub fn new(filter: &'a SearchFilter, limit: i64, offset: i64, at: Moment) -> Self {
        Self {
            filter,
            limit,
            offset,
            at,
            live: IsLive {
                at,
                kinds: Kinds::of(&filter.kinds),
            },
            tags: split(&filter.tags),
            authors: split(&filter.authors),
            locales: filter
                .locales
                .iter()
                .map(|locale| locale.as_str())
                .collect(),
            columns: PublicationColumns::default(),
        }
    }

    /// The languages to search in: those asked for, or all there are (one step into the index for each).
    fn walk_languages<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.locales.is_empty() {
            out.push_sql(
                "languages (locale) as (
                    (select min(locale) from publications where not superseded)
                    union all
                    select (select min(locale) from publications where not superseded and locale > languages.locale)
                    from languages where languages.locale is not null)",
            );
            return Ok(());
        }
        out.push_sql("languages (locale) as (select unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.locales)?;
        out.push_sql("))");
        Ok(())
    }

    /// The words as each language understands them, and what the index is asked for: words and marks. Phrases are asked for
    /// loosely, as words that occur; whether they stand together is checked in what was found, as far as that is affordable.
    fn walk_asked<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            ", understood as (
                select config, locales, websearch_to_tsquery(config, ",
        );
        out.push_bind_param::<Text, _>(self.filter.words.as_text())?;
        out.push_sql(
            ") as words
                from (select search_configuration(locale) as config, array_agg(locale) as locales
                    from languages where locale is not null group by 1) grouped
            ), narrowed as (
                select config, words,
                    words && (select string_agg('''@l' || locale || '''', '|') from unnest(locales) locale)::tsquery",
        );
        walk_labels(out.reborrow(), "t", "tags", &self.tags)?;
        walk_labels(out.reborrow(), "a", "authors", &self.authors)?;
        if self.live.kinds == Kinds::Pages {
            out.push_sql(" && '''@kpage'''::tsquery");
        }
        self.walk_between(out.reborrow())?;
        out.push_sql(
            " as wanted, words::text !~ '<(-|\\d+)>' as exactly
                from understood where querytree(words) not in ('', 'T')
            ), asked as materialized (
                select config, words, wanted, exactly,
                    case when exactly then wanted
                        else regexp_replace(querytree(wanted), '<(-|\\d+)>', '&', 'g')::tsquery end as indexed,
                    array(select left(part[1], greatest(length(part[1]) - 1, 3))
                        from regexp_matches(words::text, '''(\\w+)''', 'g') part limit 8) as stems,
                    (select max(number) from publications) as newest
                from narrowed)",
        );
        Ok(())
    }

    /// Looks into the newest era, then into larger ones, until there are enough hits; then ranks them.
    fn walk_hits<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            ", looks (config, size, ids) as (
                select config, 7, array[]::uuid[] from asked
                union all
                select config, step.size, array(
                    select id from (
                        select id, published_at, search from publications
                        where search @@ case when step.size = ",
        );
        out.push_sql(EVERYTHING);
        out.push_sql(" then indexed else indexed && among_newest(newest, step.size) end and ");
        self.live.walk_ast(out.reborrow())?;
        self.walk_dates(out.reborrow())?;
        out.push_sql(&format!(
            " limit case when exactly then {LOOKED_AT} else {CHECKED} end) matching
                    where exactly or search @@ wanted order by published_at desc, id desc limit {RANKED})
                from looks join asked using (config) cross join lateral (
                    select case when newest >> (looks.size + 2) < 2 then {EVERYTHING} else looks.size + 2 end as size) step
                where looks.size < {EVERYTHING} and cardinality(ids) < {RANKED}
            ), hits as materialized (
                select publications.id, publications.published_at, tag_ids, author_ids, config,
                    ts_rank('{{0.1, 0.25, 0.5, 1}}', search, words) * (1 + 0.5 / (1 + greatest(date_part('epoch', "
        ));
        self.at.walk_ast(out.reborrow())?;
        out.push_sql(&format!(
            " - publications.published_at), 0) / 2592000)) as score
                from looks join asked using (config) cross join lateral unnest(ids) as hit (id)
                    join publications on publications.id = hit.id
                where looks.size = {EVERYTHING} or cardinality(ids) >= {RANKED})"
        ));
        Ok(())
    }

    /// Dates, as far as the index knows them.
    fn walk_between<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (after, before) = (&self.filter.published_after, &self.filter.published_before);
        if after.is_none() && before.is_none() {
            return Ok(());
        }
        out.push_sql(" && published_between(");
        out.push_bind_param::<Nullable<Timestamptz>, _>(after)?;
        // The marks of two hundred years are asked for: they must not all lie in the future.
        out.push_sql(", coalesce(least(");
        out.push_bind_param::<Nullable<Timestamptz>, _>(before)?;
        out.push_sql(", ");
        self.at.walk_ast(out.reborrow())?;
        out.push_sql(" + interval '10 years'), ");
        self.at.walk_ast(out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }

    fn walk_dates<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if let Some(after) = &self.filter.published_after {
            out.push_sql(" and published_at > ");
            out.push_bind_param::<Timestamptz, _>(after)?;
        }
        if let Some(before) = &self.filter.published_before {
            out.push_sql(" and published_at < ");
            out.push_bind_param::<Timestamptz, _>(before)?;
        }
        Ok(())
    }

    /// The page, and what is counted among all hits. The limit stands in the text, for the planner (see `Slice`).
    fn walk_summary<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&format!(
            ", page as materialized (
                select id, config, score, row_number() over (order by score desc, published_at desc, id desc) as place
                from hits order by score desc, published_at desc, id desc limit {}",
            self.limit
        ));
        if self.offset > 0 {
            out.push_sql(" offset ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        out.push_sql("), summary as materialized (select (select count(*) from hits) as total");
        for (ids, table) in [("tag_ids", "tags"), ("author_ids", "authors")] {
            out.push_sql(&format!(
                ", array(select row({table}.id, {table}.slug::text, {table}.name, amount) from (
                    select label.id, count(*) as amount from hits cross join lateral unnest({ids}) as label (id)
                    group by 1 order by amount desc, 1 limit {FACETS}) counted
                    join {table} using (id) order by amount desc, name) as {table}"
            ));
        }
        out.push_sql(
            ", array(select row(year, amount) from (
                    select date_part('year', published_at at time zone 'UTC')::integer as year, count(*) as amount
                    from hits group by 1) counted order by year desc) as years)",
        );
        Ok(())
    }

    /// The hits as they are shown: with labels, and marked. A piece of the text is cut out around the first word that was
    /// searched for, so that not all of it is parsed again; without one, it is the beginning of the excerpt.
    fn walk_shown<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let first = |column: &str| {
            format!(
                ", case when place is null or place = {} then summary.{column} end",
                self.offset + 1
            )
        };
        out.push_sql(" select total");
        out.push_sql(&first("tags"));
        out.push_sql(&first("authors"));
        out.push_sql(&first("years"));
        out.push_sql(", shown.* from summary left join lateral (select ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        out.push_sql(LABELS);
        for text in ["publications.title", "piece"] {
            out.push_sql(&format!(
                ", ts_headline(config, translate({text}, e'<\\x01\\x02\\x03', e'\\x01'), words,
                    e'HighlightAll=true,StartSel=\\x02,StopSel=\\x03') as marked_{}",
                text.trim_start_matches("publications.")
            ));
        }
        out.push_sql(&format!(
            ", score, place from page join asked using (config) join publications using (id)
                cross join lateral (
                    select case when begins > 1 then '…' else '' end || substr(source, begins, 280)
                        || case when length(source) > begins + 280 then '…' else '' end as piece
                    from (
                        select source, greatest(at - 80, 1) as begins from (
                            select source, at from (select coalesce(excerpt, '') as source offset 0) one, {FIRST_WORD} where at > 0
                            union all
                            select source, at from (select left(body_text, 20000) as source offset 0) one, {FIRST_WORD} where at > 0
                            union all
                            select coalesce(excerpt, ''), 0
                            limit 1) chosen
                        ) cut_from
                    ) cut
            ) shown on true order by place"
        ));
        Ok(())
    }
}

fn split<Id: Copy + PartialEq>(references: &[Reference<Id>]) -> (Vec<Id>, Vec<String>) {
    let (ids, slugs) = Reference::split(references);
    (ids, slugs.into_iter().map(ToString::to_string).collect())
}

/// "And has one of these labels". Labels that don't exist are on nothing.
fn walk_labels<'b, Id>(
    mut out: AstPass<'_, 'b, Pg>,
    mark: &str,
    table: &str,
    (ids, slugs): &'b (Vec<Id>, Vec<String>),
) -> QueryResult<()>
where
    Vec<Id>: diesel::serialize::ToSql<Array<Uuid>, Pg>,
{
    if ids.is_empty() && slugs.is_empty() {
        return Ok(());
    }
    out.push_sql(&format!(
        " && coalesce((select string_agg(quote_literal('@{mark}' || id), '|') from {table} where id = any("
    ));
    out.push_bind_param::<Array<Uuid>, _>(ids)?;
    out.push_sql(") or slug = any(");
    out.push_bind_param::<Array<Text>, _>(slugs)?;
    out.push_sql(")), '@none')::tsquery");
    Ok(())
}

impl QueryFragment<Pg> for SearchStatement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("with recursive ");
        self.walk_languages(out.reborrow())?;
        self.walk_asked(out.reborrow())?;
        self.walk_hits(out.reborrow())?;
        self.walk_summary(out.reborrow())?;
        self.walk_shown(out)
    }
}

/// It is cached by its text: each combination of filters has its own.
impl QueryId for SearchStatement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A hit: the publication, its labels, title and piece with marks, score, place.
pub type HitSql = (
    PublicationSql,
    LabelsSql,
    LabelsSql,
    Text,
    Text,
    Double,
    BigInt,
);

impl Query for SearchStatement<'_> {
    type SqlType = (
        BigInt,
        Nullable<FacetSql>,
        Nullable<FacetSql>,
        Nullable<Array<Record<(Integer, BigInt)>>>,
        Nullable<HitSql>,
    );
}
