-- Similar words, for what was mistyped. It comes with PostgreSQL ("contrib"), and whoever owns the database may add it.
create extension if not exists pg_trgm;

-- The search vector gets what a generated column can't see: the names of the tags (weight C), and marks. Marks are words
-- that no text has, for they begin with `@`. They say what a search can be narrowed to, so that one look into one index
-- answers "this word, under this tag, lately":
--   `@t<id>` its tags · `@a<id>` its authors · `@kpage` its kind · `@len` its locale ·
--   `@y2026`, `@m2026-11` the year and the month of its date ·
--   `@e9.70` … `@e19.0` its eras: of 512, 2,048, 8,192, 32,768, 131,072 and 524,288 publications, in order of making.
alter table publications
    alter column search drop expression,
    -- The order in which publications were made: eras are counted in it.
    add column number bigint,
    -- What publication_tags and publication_authors say, in order: to search, and to count what was found.
    add column tag_names text not null default '',
    add column tag_ids uuid[] not null default '{}',
    add column author_ids uuid[] not null default '{}';

update publications set number = numbered.number
from (select id, row_number() over (order by published_at, id) as number from publications) numbered
where numbered.id = publications.id;
alter table publications alter column number set not null, alter column number add generated always as identity;
select setval(pg_get_serial_sequence('publications', 'number'), coalesce(max(number), 1), max(number) is not null)
from publications;

create function era_mark(number bigint, size integer) returns text language sql immutable parallel safe as $$
    select '@e' || size || '.' || (number >> size)
$$;

-- The query for "among the newest": for the two newest eras of a size.
create function among_newest(newest bigint, size integer) returns tsquery language sql immutable parallel safe as $$
    select (quote_literal(era_mark(newest, size)) || '|' || quote_literal(era_mark(newest - (1::bigint << size), size)))::tsquery
$$;

-- The query for "published between these", by month, or by year where months are too many. An open beginning is as good as
-- 200 years ago.
create function published_between(after timestamptz, before timestamptz) returns tsquery
language plpgsql stable parallel safe as $$
declare
    first date := coalesce(after, before - interval '200 years') at time zone 'UTC';
    last date := before at time zone 'UTC';
begin
    if last - first <= 1100 then
        return coalesce((
            select string_agg(to_char(month, '"''@m"YYYY-MM"''"'), '|')
            from generate_series(date_trunc('month', first::timestamp), last::timestamp, interval '1 month') month
        ), '''@none''')::tsquery;
    end if;
    return coalesce((
        select string_agg('''@y' || year || '''', '|')
        from generate_series(greatest(extract(year from first), extract(year from last) - 200)::integer,
            extract(year from last)::integer) year
    ), '''@none''')::tsquery;
end $$;

create function fill_search() returns trigger language plpgsql as $$
declare
    config regconfig := search_configuration(new.locale);
    words tsvector;
begin
    if tg_op = 'UPDATE' and (old.title, old.excerpt, old.body_text, old.locale)
        is not distinct from (new.title, new.excerpt, new.body_text, new.locale) then
        -- Only labels have changed: the text is not read again.
        words := ts_filter(old.search, '{a,b,d}');
    else
        words := setweight(to_tsvector(config, new.title), 'A')
            || setweight(to_tsvector(config, coalesce(new.excerpt, '')), 'B');
        begin
            words := words || setweight(to_tsvector(config, left(new.body_text, 500000)), 'D');
        exception when program_limit_exceeded then
            -- A vector has a megabyte at most, and this text has too many different words: its beginning must do.
            words := words || setweight(to_tsvector(config, left(new.body_text, 50000)), 'D');
        end;
    end if;
    new.search := words
        || setweight(to_tsvector(config, new.tag_names), 'C')
        || array_to_tsvector(
            array(select '@t' || id from unnest(new.tag_ids) id) || array(select '@a' || id from unnest(new.author_ids) id) || array[
            '@k' || new.kind, '@l' || new.locale,
            to_char(new.published_at at time zone 'UTC', '"@y"YYYY'), to_char(new.published_at at time zone 'UTC', '"@m"YYYY-MM'),
            era_mark(new.number, 9), era_mark(new.number, 11), era_mark(new.number, 13),
            era_mark(new.number, 15), era_mark(new.number, 17), era_mark(new.number, 19)
        ]);
    return new;
end $$;
create trigger publications_fill_search before insert or update of title, excerpt, body_text, locale, tag_names, tag_ids, author_ids
    on publications for each row execute function fill_search();

-- Publishing writes the labels with the row. What changes afterwards is followed here. Tags that are renamed or taken away at
-- once, and stand on the same publications, go one after the other: or each could wait for a row of the other.
create function follow_tags() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform pg_advisory_xact_lock(hashtext('publications.tag_names'));
    end if;
    update publications set tag_names = labels.names, tag_ids = labels.ids
    from (
        select publication_id, coalesce(string_agg(name, ' · ' order by position) filter (where name is not null), '') as names,
            coalesce(array_agg(tag_id order by position) filter (where tag_id is not null), '{}') as ids
        from (select distinct publication_id from changed) touched
            left join publication_tags using (publication_id) left join tags on tags.id = tag_id
        group by 1) labels
    where publications.id = publication_id and not superseded and (tag_names, tag_ids) is distinct from (names, ids);
    return null;
end $$;
create trigger publication_tags_inserted after insert on publication_tags
    referencing new table as changed for each statement execute function follow_tags();
create trigger publication_tags_updated after update on publication_tags
    referencing new table as changed for each statement execute function follow_tags();
create trigger publication_tags_deleted after delete on publication_tags
    referencing old table as changed for each statement execute function follow_tags();

-- A byline never changes once it is published.
create function follow_authors() returns trigger language plpgsql as $$
begin
    update publications set author_ids = byline.ids
    from (
        select publication_id, array_agg(author_id order by position) as ids
        from (select distinct publication_id from changed) touched join publication_authors using (publication_id)
        group by 1) byline
    where publications.id = publication_id and not superseded and author_ids is distinct from ids;
    return null;
end $$;
create trigger publication_authors_inserted after insert on publication_authors
    referencing new table as changed for each statement execute function follow_authors();

-- The words of a text that a mistyped one could be mended to.
create function mendable_words(text text) returns setof text language sql immutable parallel safe as $$
    select word from unnest(tsvector_to_array(to_tsvector('simple', text))) word where word ~ '^[[:alpha:]]{3,40}$'
$$;

create function follow_tag_name() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('publications.tag_names'));
    insert into search_words (word) select mendable_words(new.name) order by 1 on conflict do nothing;
    update publications set tag_names = (
        select string_agg(name, ' · ' order by position)
        from publication_tags join tags on tags.id = tag_id where publication_id = publications.id)
    where id in (select publication_id from publication_tags where tag_id = new.id) and not superseded;
    return null;
end $$;
create trigger tags_renamed after update on tags
    for each row when (old.name is distinct from new.name) execute function follow_tag_name();

update publications set
    tag_names = (
        select coalesce(string_agg(name, ' · ' order by position), '')
        from publication_tags join tags on tags.id = tag_id where publication_id = publications.id),
    tag_ids = array(select tag_id from publication_tags where publication_id = publications.id order by position),
    author_ids = array(select author_id from publication_authors where publication_id = publications.id order by position);

-- Words that were published in titles, excerpts and tags: what a mistyped word may have meant. Never taken away again: a
-- correction is shown only when it finds something.
create table search_words (
    word text primary key
);
create index search_words_similar_idx on search_words using gin (word gin_trgm_ops);

create function note_search_words() returns trigger language plpgsql as $$
begin
    -- In one order for all, so that two who publish at once can't wait for each other.
    insert into search_words (word)
    select distinct word from added, mendable_words(concat_ws(' ', title, excerpt, tag_names)) word order by word
    on conflict do nothing;
    return null;
end $$;
create trigger publications_note_words after insert on publications
    referencing new table as added for each statement execute function note_search_words();
insert into search_words (word)
select distinct word from publications, mendable_words(concat_ws(' ', title, excerpt, tag_names)) word;

-- With what says whether a publication is live, so that counting them reads the index alone.
drop index publications_newest_idx;
create index publications_newest_idx on publications (published_at desc, id desc) include (live_from, live_until)
    where not superseded and kind = 'article';

create index publications_number_idx on publications (number);
-- Which languages there are.
create index publications_locale_idx on publications (locale) where not superseded;
-- For suggestions while somebody types.
create index publications_title_words_idx on publications using gin (to_tsvector('simple', title))
    where not superseded and kind = 'article';
create index tags_name_words_idx on tags using gin (to_tsvector('simple', name));
