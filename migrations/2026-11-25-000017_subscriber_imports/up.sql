-- Files of other systems with their subscribers, and what became of them.
create table subscriber_imports (
    id uuid primary key,
    state text not null constraint subscriber_imports_state_is_known check (state in (
        'receiving', 'queued', 'running', 'finished', 'failed', 'reverting', 'reverted')),
    mode text not null constraint subscriber_imports_mode_is_known check (mode in ('write', 'dry_run')),
    -- What was asked for, and what was found out about the file.
    request jsonb not null,
    layout jsonb,
    size_bytes bigint not null default 0,
    -- Where to go on: whatever stands before has been dealt with, in the same transaction.
    bytes_read bigint not null default 0,
    lines_read bigint not null default 0,
    rows_read bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    suppressed bigint not null default 0,
    invalid bigint not null default 0,
    -- How often each remark was made.
    remarks jsonb not null default '{}',
    -- Rows that were taken back, from the last to the first: where to go on, and what became of them.
    revert_before bigint,
    removed bigint not null default 0,
    restored bigint not null default 0,
    kept bigint not null default 0,
    failure text,
    created_by uuid,
    created_at timestamptz not null,
    finished_at timestamptz,
    reverted_at timestamptz
);
create index subscriber_imports_created_at_idx on subscriber_imports (created_at desc, id desc);

-- The file itself, until it has been dealt with: in here, so that any instance can go on with it.
create table subscriber_import_pieces (
    import_id uuid not null references subscriber_imports on delete cascade,
    number bigint not null,
    bytes bytea not null,
    primary key (import_id, number)
);
-- They live for minutes: squeezing them would cost more than it saves.
alter table subscriber_import_pieces alter column bytes set storage external;

-- What became of each row. It holds no address, whether the row was good or not: who is erased must not live on in here. No
-- foreign keys: they would be asked a million times.
create table subscriber_import_rows (
    import_id uuid not null,
    number bigint not null,
    line bigint not null,
    verdict text not null constraint subscriber_import_rows_verdict_is_known
        check (verdict in ('create', 'update', 'unchanged', 'suppressed', 'invalid')),
    subscriber_id uuid,
    remarks jsonb,
    -- The subscriber before, so that it can be taken back, and their version after.
    prior jsonb,
    version bigint,
    undone text constraint subscriber_import_rows_undone_is_known check (undone in ('removed', 'restored', 'kept')),
    primary key (import_id, number)
);
create index subscriber_import_rows_prior_idx on subscriber_import_rows (subscriber_id) where prior is not null;

-- What somebody was before an import goes with them.
create function forget_imported() returns trigger language plpgsql as $$
begin
    update subscriber_import_rows set prior = null from gone where subscriber_id = gone.id and prior is not null;
    return null;
end $$;
create trigger subscribers_forget_imported after delete on subscribers referencing old table as gone
    for each statement execute function forget_imported();
