-- What this installation is known by: one row, made at the first start, shared by all instances.
create table installation (
    is_the_only_one boolean primary key default true constraint installation_is_one check (is_the_only_one),
    -- What keyed hashes and signed links are made with; null where the settings hold it.
    secret bytea constraint installation_secret_has_32_bytes check (length(secret) = 32),
    -- Made with the secret: tells whether a secret is the one that this database was begun with.
    secret_check bytea not null,
    created_at timestamptz not null default now()
);
