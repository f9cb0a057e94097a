-- What is to be done later, by whichever instance takes it first. A row goes when its job is done.
create table jobs (
    id uuid primary key,
    kind text not null constraint jobs_kind_is_a_name check (kind ~ '^[a-z][a-z0-9_.]{0,63}$'),
    -- Ids alone, never an address or a token: who is erased must not live on in here.
    payload jsonb not null constraint jobs_payload_is_an_object check (jsonb_typeof(payload) = 'object'),
    unique_key text constraint jobs_unique_key_is_short check (length(unique_key) between 1 and 200),
    -- Not before this instant.
    run_at timestamptz not null,
    -- How often it was begun.
    attempts int not null default 0,
    -- Who has it in hand, and until when it is theirs. Told by the clock on the wall, which tests don't move: whether a
    -- worker lives is not a matter of dates.
    locked_by uuid,
    locked_until timestamptz,
    constraint jobs_lock_is_whole check ((locked_by is null) = (locked_until is null)),
    last_error text,
    created_at timestamptz not null,
    -- Since when nobody tries any more, until somebody says so.
    dead_at timestamptz constraint jobs_dead_is_in_nobodys_hand check (dead_at is null or locked_by is null)
)
-- Rows come and go by the thousand, and each is changed once or twice without its indexes being touched.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create unique index jobs_unique_key_idx on jobs (kind, unique_key) where dead_at is null and unique_key is not null;
create index jobs_due_idx on jobs (run_at, id) where dead_at is null;
create index jobs_created_at_idx on jobs (created_at desc, id desc);

-- Wakes whoever waits for jobs. It carries nothing, and as many as there are in one transaction are one.
create function tell_of_jobs() returns trigger language plpgsql as $$
begin
    perform pg_notify('masthead_jobs', '');
    return null;
end
$$;
create trigger jobs_tell after insert on jobs for each statement execute function tell_of_jobs();
