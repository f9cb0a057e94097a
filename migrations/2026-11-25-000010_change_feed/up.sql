-- What readers may be told of a change: apart from `before` and `after`, which are for editors. Both null where nothing
-- may be told: a schedule moves what is cached, but must not show before its instant.
alter table events
    add column shown_action text
        constraint events_shown_action_is_known check (shown_action in ('published', 'updated', 'withdrawn')),
    add column shown_slug slug,
    add constraint events_shown_is_whole check ((shown_action is null) = (shown_slug is null)),
    add constraint events_shown_is_visible check (shown_action is null or visible_to_readers);

-- The outbox as readers may see it. What may not be told has a position and an instant here, and nothing else.
create view changes as
select position, at, shown_action as action, shown_slug as slug,
    case when shown_action is not null then resource_kind end as kind,
    case when shown_action is not null then resource_id end as id,
    case when shown_action is not null then cache_tags end as cache_tags
from events where position is not null;

-- Which feed of changes this is: a token of another one means nothing here.
create table change_feed (
    is_only boolean primary key default true constraint change_feed_has_one_row check (is_only),
    installation uuid not null default gen_random_uuid()
);
insert into change_feed default values;

-- Whether the outbox has told that a publication began, and that it ended. What is published or withdrawn by hand is told
-- at once; what begins or ends by the clock is told when its instant has come, once, by whichever instance is first.
alter table publications
    add column begin_told boolean not null default true,
    add column end_told boolean not null default false;
update publications set begin_told = false where live_from > now();
update publications set end_told = true where live_until <= now();
create index publications_begin_untold_idx on publications (live_from) where not superseded and not begin_told;
create index publications_end_untold_idx on publications (live_until)
    where not superseded and not end_told and live_until is not null;

-- Whether readers find a person's name under anything, at an instant.
create function author_is_shown(wanted uuid, at timestamptz default now()) returns boolean
language sql stable parallel safe as $$
    select exists (
        select from publication_authors join publications on publications.id = publication_id
        where author_id = wanted and not superseded and live_from <= at and (live_until is null or live_until > at)
    )
$$;
