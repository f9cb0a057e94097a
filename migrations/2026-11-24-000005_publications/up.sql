-- The text search configuration for a locale such as `en-GB`. Immutable in truth: the built-in configurations keep
-- their names, and a generated column needs the promise.
create function search_configuration(locale text) returns regconfig language sql immutable parallel safe as $$
    select (case split_part(lower(locale), '-', 1)
        when 'en' then 'english' when 'fr' then 'french' when 'de' then 'german' when 'es' then 'spanish'
        when 'nl' then 'dutch' when 'it' then 'italian' when 'pt' then 'portuguese' when 'sv' then 'swedish'
        when 'da' then 'danish' when 'no' then 'norwegian' when 'nb' then 'norwegian' when 'fi' then 'finnish'
        when 'ru' then 'russian' when 'hu' then 'hungarian' when 'ro' then 'romanian' when 'tr' then 'turkish'
        else 'simple' end)::regconfig
$$;

-- What readers see. One row is one revision, live from … until …, with all that delivery needs.
create table publications (
    id uuid primary key,
    article_id uuid not null references articles on delete cascade,
    revision integer not null,
    kind text not null,
    slug slug not null,
    title text not null,
    excerpt text,
    body_html text not null,
    body_text text not null,
    toc jsonb not null,
    word_count integer not null,
    reading_time_minutes integer not null,
    locale text not null,
    featured boolean not null,
    seo jsonb not null,
    custom jsonb not null,
    published_at timestamptz not null,
    -- When readers first saw this revision.
    updated_at timestamptz not null,
    live_from timestamptz not null,
    live_until timestamptz,
    -- It has ended, or was replaced before it began. Partial indexes hold just what is or will be live.
    superseded boolean not null default false,
    search tsvector not null generated always as (
        setweight(to_tsvector(search_configuration(locale), title), 'A')
        || setweight(to_tsvector(search_configuration(locale), coalesce(excerpt, '')), 'B')
        || setweight(to_tsvector(search_configuration(locale), left(body_text, 500000)), 'D')
    ) stored,
    constraint publications_span_is_forward check (live_until is null or live_until >= live_from),
    constraint publications_never_overlap exclude using gist (
        article_id with =, tstzrange(live_from, live_until) with &&
    ),
    constraint publications_revision_exists foreign key (article_id, revision)
        references article_revisions (article_id, number)
);
-- Unpacking compressed bodies is half the cost of a list that shows them.
alter table publications alter column body_html set storage external;

create index publications_newest_idx on publications (published_at desc, id desc) where not superseded and kind = 'article';
create index publications_updated_idx on publications (updated_at desc, id desc) where not superseded and kind = 'article';
create index publications_title_idx on publications (title, id) where not superseded and kind = 'article';
-- Of superseded rows too: an old slug leads to the article that had it.
create index publications_slug_idx on publications (slug);
create index publications_article_idx on publications (article_id) where not superseded;
create index publications_search_idx on publications using gin (search) where not superseded;
-- When does the next thing change for readers?
create index publications_begin_idx on publications (live_from) where not superseded;
create index publications_end_idx on publications (live_until) where not superseded and live_until is not null;

create table publication_tags (
    publication_id uuid not null references publications on delete cascade,
    tag_id uuid not null references tags on delete cascade,
    position integer not null,
    primary key (publication_id, tag_id)
);
create index publication_tags_tag_id_idx on publication_tags (tag_id, publication_id);

create table publication_authors (
    publication_id uuid not null references publications on delete cascade,
    author_id uuid not null references authors,
    position integer not null,
    primary key (publication_id, author_id)
);
create index publication_authors_author_id_idx on publication_authors (author_id, publication_id);

-- How many articles readers find under a tag, at an instant.
create function tag_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_tags join publications on publications.id = publication_id
    where tag_id = wanted and not superseded and kind = 'article'
        and live_from <= at and (live_until is null or live_until > at)
$$;

-- The same for an author.
create function author_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_authors join publications on publications.id = publication_id
    where author_id = wanted and not superseded and kind = 'article'
        and live_from <= at and (live_until is null or live_until > at)
$$;
