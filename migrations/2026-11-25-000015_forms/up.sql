create table forms (
    id uuid primary key,
    -- Short, for placeholders in texts; may be the number that a form had in another system.
    key text not null constraint forms_key_key unique
        constraint forms_key_is_plain check (key ~ '^[A-Za-z0-9_-]{1,64}$'),
    name text not null constraint forms_name_is_not_blank check (btrim(name) <> ''),
    active boolean not null,
    -- Everything else, as it was written: what is absent has a default, which is found when it is read.
    settings jsonb not null constraint forms_settings_are_an_object check (jsonb_typeof(settings) = 'object'),
    -- Which of its wordings readers see.
    wording_version integer not null,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index forms_name_idx on forms (name, id);
create trigger forms_count_version before update on forms for each row execute function count_version();

-- The tags that a form subscribes to, or offers.
create table form_topics (
    form_id uuid not null references forms on delete cascade,
    tag_id uuid not null references tags on delete cascade,
    position integer not null,
    primary key (form_id, tag_id)
);
create index form_topics_tag_id_idx on form_topics (tag_id);

-- Every wording that readers ever saw, whole: the proof of what somebody agreed to. It outlives its form, so it does not
-- refer to it.
create table form_versions (
    form_id uuid not null,
    number integer not null,
    wording jsonb not null,
    created_by uuid,
    created_at timestamptz not null default now(),
    primary key (form_id, number)
);
create trigger form_versions_are_kept before update or delete on form_versions
    for each row execute function refuse_change();

-- How often each variant of a form was loaded, shown and so on, by day (UTC). Nothing in it leads to a person.
create table form_counts (
    form_id uuid not null references forms on delete cascade,
    variant text not null,
    day date not null,
    loads bigint not null default 0,
    shows bigint not null default 0,
    dismissals bigint not null default 0,
    submits bigint not null default 0,
    confirms bigint not null default 0,
    primary key (form_id, day, variant)
);

-- Proofs of work that were used: none is good twice, on whichever instance. Kept until they would have expired anyway.
create table spent_challenges (
    -- SHA-256 of the challenge.
    hash bytea primary key constraint spent_challenges_hash_is_sha256 check (length(hash) = 32),
    expires_at timestamptz not null
);
create index spent_challenges_expires_at_idx on spent_challenges (expires_at);
