-- What all articles share: authors, tags, and paragraphs of made-up words. Words are as often as in natural texts (Zipf's
-- law): a few thousand common ones, and a long tail.
\set ON_ERROR_STOP on
set client_min_messages = warning;
insert into authors (id, slug, name)
select md5('author' || n)::uuid, 'author-' || n, 'Author ' || n from generate_series(1, 20) n;
insert into tags (id, slug, name)
select md5('tag' || n)::uuid, 'tag-' || n, 'Tag ' || n from generate_series(1, 60) n;
-- One that few articles have.
insert into tags (id, slug, name) values (md5('rare')::uuid, 'rare', 'Rare');

create unlogged table seed_words as
select n, case when n <= 16
    then (array['garden', 'frost', 'council', 'river', 'school', 'library', 'harvest', 'bridge', 'museum', 'weather',
        'science', 'orchard', 'station', 'market', 'festival', 'village'])[n]
    else string_agg(substr('bcdfghjklmnprstvwz', 1 + (n / (31 ^ place)::integer * 7 + place * 5) % 18, 1)
        || substr('aeiou', 1 + (n / (17 ^ place)::integer + place) % 5, 1), '' order by place) || chr(97 + n % 26) end as word
from generate_series(1, 30000) n, generate_series(0, 2) place group by n;
create unique index on seed_words (n);

-- A number from 0 to 1 that is always the same.
create function seeded(a integer, b integer) returns double precision language sql immutable as $$
    select (hashint8(a::bigint * 1000003 + b)::bigint & 2147483647) / 2147483647.0
$$;
create unlogged table seed_paragraphs as
select paragraph, string_agg(word, ' ' order by place) as text
from generate_series(0, 4999) paragraph, generate_series(1, 70) place
    join lateral (select word from seed_words where n = least(1 + floor(30000 ^ seeded(paragraph, place))::integer, 30000)) drawn on true
group by paragraph;
create unique index on seed_paragraphs (paragraph);
analyze seed_paragraphs;

-- An index that is built at the end is built ten times as fast.
create table seed_indexes as select indexname, indexdef from pg_indexes
where indexname in ('publications_search_idx', 'publications_title_words_idx');
drop index publications_search_idx, publications_title_words_idx;
-- Rows come in bulk, and are right: only what fills the search vector works on them.
alter table publications enable always trigger publications_fill_search;
