create table subscribers (
    id uuid primary key,
    -- Normalised: lower case, the domain in its ASCII form.
    email text not null constraint subscribers_email_key unique
        constraint subscribers_email_is_normalised check (email = lower(email)),
    name text,
    status text not null constraint subscribers_status_is_known check (status in ('pending', 'confirmed', 'unsubscribed')),
    locale text,
    source text not null constraint subscribers_source_is_known check (source in ('form', 'api', 'editor', 'import')),
    attributes jsonb not null constraint subscribers_attributes_are_an_object check (jsonb_typeof(attributes) = 'object'),
    -- What the person agreed to, when and how; null where an editor vouches for nothing.
    consent jsonb,
    confirmed_at timestamptz,
    unsubscribed_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint subscribers_confirmed_has_a_time check (status <> 'confirmed' or confirmed_at is not null),
    constraint subscribers_unsubscribed_has_a_time check (status <> 'unsubscribed' or unsubscribed_at is not null)
);
create index subscribers_created_at_idx on subscribers (created_at desc, id desc);
create trigger subscribers_count_version before update on subscribers for each row execute function count_version();

-- The tags a subscriber follows.
create table subscriber_topics (
    subscriber_id uuid not null references subscribers on delete cascade,
    tag_id uuid not null references tags on delete cascade,
    position integer not null,
    primary key (subscriber_id, tag_id)
);
create index subscriber_topics_tag_id_idx on subscriber_topics (tag_id, subscriber_id);
