-- Who holds such a link sees what readers will see, or saw, at an instant.
create table preview_links (
    id uuid primary key,
    -- SHA-256 of the token: the token itself is nowhere in the database.
    token_hash bytea not null constraint preview_links_token_hash_key unique
        constraint preview_links_hash_is_sha256 check (length(token_hash) = 32),
    as_of timestamptz not null,
    -- Null: the whole site.
    article_id uuid constraint preview_links_article_exists references articles on delete cascade,
    created_by uuid not null references users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index preview_links_created_at_idx on preview_links (created_at desc, id desc);

-- At another instant, what has ended counts as well: the span alone decides.
create or replace function tag_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_tags join publications on publications.id = publication_id
    where tag_id = wanted and kind = 'article' and live_from <= at and (live_until is null or live_until > at)
$$;
create or replace function author_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_authors join publications on publications.id = publication_id
    where author_id = wanted and kind = 'article' and live_from <= at and (live_until is null or live_until > at)
$$;
