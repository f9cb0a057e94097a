-- What sitemaps list, in their order. It holds all that counting and dating their parts needs, so that no row is visited
-- for it.
create index publications_sitemap_idx on publications (published_at, article_id)
    include (updated_at, live_from, live_until)
    where not superseded and (seo -> 'noindex') is distinct from 'true'::jsonb;
-- When was something taken away from readers last?
create index publications_ended_idx on publications (live_until) where live_until is not null;
