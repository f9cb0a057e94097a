-- Where an imported thing came from, so that a second run updates instead of doubling.
create table import_sources (
    -- The system and installation, such as `wordpress:https://news.example.com`.
    source text not null,
    source_key text not null,
    article_id uuid not null references articles on delete cascade,
    -- SHA-256 of the item as it was imported: equal means nothing to do.
    fingerprint bytea not null,
    -- The article's revision that the import made: a later one means an editor has worked on it since.
    revision integer not null,
    imported_at timestamptz not null default now(),
    primary key (source, source_key)
);
create index import_sources_article_id_idx on import_sources (article_id);
