-- The outbox: one row per change, written in the transaction of the change.
create table events (
    id bigint generated always as identity primary key,
    -- A reader of the outbox must not pass a transaction that is still open; this says which one wrote the row.
    transaction_id xid8 not null default pg_current_xact_id(),
    at timestamptz not null default now(),
    actor_id uuid,
    action text not null,
    resource_kind text not null,
    resource_id uuid not null,
    visible_to_readers boolean not null,
    cache_tags text[] not null default '{}',
    -- Just the members that changed.
    before jsonb,
    after jsonb
);
create index events_resource_idx on events (resource_kind, resource_id, id);
create index events_transaction_idx on events (transaction_id, id);

-- The first answer to a creating POST, kept so that a retry is safe.
create table idempotent_replies (
    -- Who sent the key: a key belongs to its user.
    owner text not null,
    key text not null,
    request_fingerprint bytea not null,
    status smallint not null,
    location text,
    etag text,
    body bytea not null,
    created_at timestamptz not null default now(),
    primary key (owner, key)
);
create index idempotent_replies_created_at_idx on idempotent_replies (created_at);
