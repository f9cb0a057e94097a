-- Needed for the exclusion constraint on publications: equality on uuid inside a gist index.
create extension if not exists btree_gist;

-- The working copy. Editors read and write it; readers never see this table.
create table articles (
    id uuid primary key,
    kind text not null constraint articles_kind_is_known check (kind in ('article', 'page')),
    slug slug not null,
    title text not null constraint articles_title_is_not_blank check (btrim(title) <> ''),
    excerpt text,
    body_format text not null constraint articles_body_format_is_known check (body_format in ('markdown', 'html')),
    body_source text not null,
    -- Derived from the source once, when it is saved.
    body_html text not null,
    body_text text not null,
    toc jsonb not null,
    word_count integer not null,
    reading_time_minutes integer not null,
    locale text not null,
    featured boolean not null,
    seo jsonb not null,
    custom jsonb not null constraint articles_custom_is_an_object check (jsonb_typeof(custom) = 'object'),
    -- Submitted for review. What readers see is judged by live_from and live_until, not by this.
    in_review boolean not null default false,
    -- Number of the newest revision: every save is one.
    revision integer not null,
    -- The revision that the newest publication shows or will show.
    published_revision integer,
    -- The span in which readers see the article, in one or more publications without a gap.
    live_from timestamptz,
    live_until timestamptz,
    -- When readers first saw it; republishing does not change it.
    first_published_at timestamptz,
    created_by uuid references users,
    updated_by uuid references users,
    trashed_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint articles_span_is_forward check (live_until is null or live_until >= live_from)
);
create trigger articles_count_version before update on articles for each row execute function count_version();
create index articles_updated_at_idx on articles (updated_at desc, id desc);
create index articles_created_at_idx on articles (created_at desc, id desc);
create index articles_title_idx on articles (title, id);

-- Every slug an article has now, and every one that readers ever saw: an address never leads to another article.
create table article_slugs (
    slug slug primary key,
    article_id uuid not null references articles on delete cascade deferrable initially deferred,
    constraint article_slugs_owner_key unique (slug, article_id)
);
create index article_slugs_article_id_idx on article_slugs (article_id);
alter table articles add constraint articles_slug_is_registered
    foreign key (slug, id) references article_slugs (slug, article_id) deferrable initially deferred;

create table article_tags (
    article_id uuid not null references articles on delete cascade,
    tag_id uuid not null references tags on delete cascade,
    position integer not null,
    primary key (article_id, tag_id)
);
create index article_tags_tag_id_idx on article_tags (tag_id, article_id);

-- The byline, in order.
create table article_authors (
    article_id uuid not null references articles on delete cascade,
    author_id uuid not null references authors,
    position integer not null,
    primary key (article_id, author_id)
);
create index article_authors_author_id_idx on article_authors (author_id, article_id);

-- Every save, numbered per article.
create table article_revisions (
    article_id uuid not null references articles on delete cascade,
    number integer not null,
    -- The article's version that this save made: tells what a client with an older entity tag had before it.
    version bigint not null,
    -- Everything an editor wrote, as written: see articles::snapshot.
    snapshot jsonb not null,
    created_by uuid references users,
    created_at timestamptz not null default now(),
    primary key (article_id, number)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never rewritten', tg_table_name;
end $$;
create trigger article_revisions_are_immutable before update on article_revisions
    for each row execute function refuse_change();

-- Where an article stands at an instant, for filters; articles::state says the same in Rust.
create function article_status(live_from timestamptz, live_until timestamptz, in_review boolean, at timestamptz)
returns text language sql immutable parallel safe as $$
    select case
        when live_from > at then 'scheduled'
        when live_from <= at and (live_until is null or live_until > at) then 'published'
        when in_review then 'in_review'
        when live_from is not null then 'unpublished'
        else 'draft' end
$$;
