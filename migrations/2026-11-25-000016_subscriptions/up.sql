alter table subscribers
    drop constraint subscribers_status_is_known,
    add constraint subscribers_status_is_known
        check (status in ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    add column bounced_at timestamptz,
    add column complained_at timestamptz,
    add column time_zone text,
    -- Nothing is sent before this instant.
    add column paused_until timestamptz,
    -- The form by which they came, the wording that it had and the variant that they saw. No foreign key: a form may go.
    add column form_id uuid,
    add column wording_version integer,
    add column variant text,
    -- A signed link is good for one generation; the next begins when the address changes hands.
    add column token_generation integer not null default 1,
    -- Such as info@ or postmaster@, behind which there is rarely one person.
    add column is_role_address boolean not null default false,
    -- Of a domain that gives addresses away for minutes.
    add column is_disposable_address boolean not null default false,
    add constraint subscribers_bounced_has_a_time check (status <> 'bounced' or bounced_at is not null),
    add constraint subscribers_complained_has_a_time check (status <> 'complained' or complained_at is not null);

-- Who must not be written to, though nobody can tell who it is: a keyed hash of the address, which outlives its row. Only
-- the person's own confirmation takes one away.
create table suppressions (
    email_hash bytea primary key constraint suppressions_hash_is_sha256 check (length(email_hash) = 32),
    reason text not null constraint suppressions_reason_is_known
        check (reason in ('unsubscribed', 'bounced', 'complained', 'erased')),
    at timestamptz not null
);

-- What somebody asked for in a sign-up. It becomes true when they confirm it, and not before.
create table subscription_wishes (
    id uuid primary key,
    subscriber_id uuid not null references subscribers on delete cascade,
    at timestamptz not null,
    name text,
    topics uuid[] not null,
    locale text,
    time_zone text,
    attributes jsonb not null,
    form_id uuid,
    wording_version integer,
    variant text,
    source_url text,
    -- A keyed hash of the client's address, for allowances alone.
    client_hash bytea not null,
    -- When it became true.
    granted_at timestamptz
);
create index subscription_wishes_subscriber_id_idx on subscription_wishes (subscriber_id);

-- The links of confirmation mails. A token is nowhere in the database: only its hash is.
create table subscription_tokens (
    token_hash bytea primary key constraint subscription_tokens_hash_is_sha256 check (length(token_hash) = 32),
    subscriber_id uuid not null references subscribers on delete cascade,
    wish_id uuid not null references subscription_wishes on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index subscription_tokens_subscriber_id_idx on subscription_tokens (subscriber_id);
create index subscription_tokens_wish_id_idx on subscription_tokens (wish_id);

-- Confirmation mails of the last days, by keyed hashes: how many may still be sent, to whom, on whose wish. They outlive
-- their subscriber, so that nobody gets more mail for having been deleted.
create table confirmation_mails (
    wish_id uuid primary key,
    address_hash bytea not null,
    -- The same without what follows a `+`: one mailbox.
    mailbox_hash bytea not null,
    domain_hash bytea not null,
    client_hash bytea not null,
    admitted_at timestamptz not null,
    sent_at timestamptz
);
create index confirmation_mails_address_idx on confirmation_mails (address_hash, admitted_at);
create index confirmation_mails_mailbox_idx on confirmation_mails (mailbox_hash, admitted_at);
create index confirmation_mails_domain_idx on confirmation_mails (domain_hash, admitted_at);
create index confirmation_mails_client_idx on confirmation_mails (client_hash, admitted_at);
create index confirmation_mails_admitted_at_idx on confirmation_mails (admitted_at);

-- Who asked, was asked, agreed and withdrew, when and to which words. Each entry's hash covers the one before, so that
-- none can be changed, left out or put in unnoticed.
create table consent_ledger (
    -- Without gaps.
    number bigint primary key constraint consent_ledger_begins_at_one check (number >= 1),
    -- No foreign key: what happened outlives the subscriber, of whom it tells nothing but this number.
    subscriber_id uuid not null,
    at timestamptz not null,
    action text not null constraint consent_ledger_action_is_known check (action in (
        'asked', 'mailed', 'confirmed', 'changed', 'unsubscribed', 'imported', 'erased', 'bounced', 'complained')),
    source text not null constraint consent_ledger_source_is_known
        check (source in ('form', 'api', 'editor', 'import', 'person', 'system')),
    actor_id uuid,
    form_id uuid,
    wording_version integer,
    details jsonb not null constraint consent_ledger_details_are_an_object check (jsonb_typeof(details) = 'object'),
    -- The client's address and program, where the settings ask for them; null after an erasure. The digest is salted, so
    -- that it tells nothing when they are gone.
    private jsonb,
    private_digest bytea,
    hash bytea not null constraint consent_ledger_hash_is_sha256 check (length(hash) = 32),
    constraint consent_ledger_private_has_a_digest check (private is null or private_digest is not null)
);
create index consent_ledger_subscriber_id_idx on consent_ledger (subscriber_id, number);

create function keep_consent_ledger() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.private is null
        and (new.number, new.subscriber_id, new.at, new.action, new.source, new.actor_id, new.form_id, new.wording_version,
            new.details, new.private_digest, new.hash)
        is not distinct from (old.number, old.subscriber_id, old.at, old.action, old.source, old.actor_id, old.form_id,
            old.wording_version, old.details, old.private_digest, old.hash)
    then
        return new;
    end if;
    raise exception 'entries of the consent ledger are never changed or deleted';
end $$;
create trigger consent_ledger_is_append_only before update or delete on consent_ledger
    for each row execute function keep_consent_ledger();
create trigger consent_ledger_is_not_emptied before truncate on consent_ledger
    for each statement execute function keep_consent_ledger();

-- Whoever wants to write the next entry waits here for their turn until the end of the transaction, and learns the last
-- entry. Inside a function each statement sees what was committed by then.
create function lock_consent_ledger(out last_number bigint, out last_hash bytea) language plpgsql as $$
begin
    perform pg_advisory_xact_lock(5577006791947779410);
    select number, hash into last_number, last_hash from consent_ledger order by number desc limit 1;
end $$;
