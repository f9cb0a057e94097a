-- Every table that clients may edit carries `version`: the entity tag is made from it, and `If-Match` compares it.
-- A trigger counts it up, so that no statement can forget to.
create function count_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;

-- The rule for slugs, said once for all tables (see types::Slug).
create domain slug as text
    constraint slug_is_well_formed check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) <= 120);

-- What readers may know of a person. It is apart from `users`, so that delivery never touches a table
-- that holds addresses and password hashes; imported bylines have no user at all.
create table authors (
    id uuid primary key,
    slug slug not null constraint authors_slug_key unique,
    name text not null constraint authors_name_is_not_blank check (btrim(name) <> ''),
    bio text,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create trigger authors_count_version before update on authors for each row execute function count_version();

create table users (
    id uuid primary key,
    author_id uuid not null constraint users_author_id_key unique references authors,
    email text not null constraint users_email_key unique
        constraint users_email_is_normalised check (email = lower(email)),
    password_hash text not null,
    role text not null constraint users_role_is_known check (role in ('admin', 'editor', 'author')),
    disabled_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create trigger users_count_version before update on users for each row execute function count_version();

-- One log-in. Its refresh tokens form one family: using a spent one ends the session.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index sessions_user_id_idx on sessions (user_id) where ended_at is null;

create table refresh_tokens (
    -- SHA-256 of the token: the token itself is nowhere in the database.
    token_hash bytea primary key constraint refresh_tokens_hash_is_sha256 check (length(token_hash) = 32),
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    spent_at timestamptz
);
create index refresh_tokens_session_id_idx on refresh_tokens (session_id);
