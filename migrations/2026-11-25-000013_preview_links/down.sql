create or replace function author_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_authors join publications on publications.id = publication_id
    where author_id = wanted and not superseded and kind = 'article'
        and live_from <= at and (live_until is null or live_until > at)
$$;
create or replace function tag_article_count(wanted uuid, at timestamptz default now()) returns bigint
language sql stable parallel safe as $$
    select count(*) from publication_tags join publications on publications.id = publication_id
    where tag_id = wanted and not superseded and kind = 'article'
        and live_from <= at and (live_until is null or live_until > at)
$$;
drop table preview_links;
