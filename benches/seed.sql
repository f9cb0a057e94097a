-- Deterministic content: `psql -v articles=2000 -f benches/seed.sql`. Every article has a revision, a publication, three of
-- sixty tags and one or two of twenty authors; bodies have 3 to 6 KB. What publications know of tags and authors is written
-- with them, as publishing does it: triggers would find it missing and write every row again.
\set ON_ERROR_STOP on
begin;

insert into authors (id, slug, name)
select md5('author' || n)::uuid, 'author-' || n, 'Author ' || n from generate_series(1, 20) n;

insert into tags (id, slug, name)
select md5('tag' || n)::uuid, 'tag-' || n, 'Tag ' || n from generate_series(1, 60) n;

create temporary table words as
select n, (array['garden', 'frost', 'council', 'river', 'school', 'library', 'harvest', 'bridge', 'museum', 'weather',
    'science', 'orchard', 'station', 'market', 'festival', 'village'])[1 + n % 16] as word
from generate_series(0, 15) n;

create temporary table made on commit drop as
select n,
    md5('article' || n)::uuid as id,
    'story-' || n as slug,
    initcap((select word from words where words.n = made.n % 16)) || ' story number ' || made.n as title,
    (select '<p>' || string_agg(md5(made.n || '-' || part) || ' ' || (select word from words where words.n = (made.n + part) % 16), ' '
        order by part) || '</p>' from generate_series(1, 70 + made.n % 70) part) as body,
    timestamptz '2020-01-01 00:00:00Z' + made.n * interval '1 minute' as at
from generate_series(1, :articles) made (n);

insert into articles (id, kind, slug, title, excerpt, body_format, body_source, body_html, body_text, toc, word_count,
    reading_time_minutes, locale, featured, seo, custom, revision, published_revision, live_from, first_published_at)
select id, 'article', slug, title, 'What happened in story number ' || n || ', told in one sentence for the lists.', 'html',
    body, body, body, '[]', 300, 2, 'en', n % 50 = 0,
    '{"title": null, "description": null, "canonical_url": null, "image": null, "noindex": false}', '{}', 1, 1, at, at
from made;

insert into article_slugs (slug, article_id) select slug, id from made;
insert into article_revisions (article_id, number, version, snapshot) select id, 1, 1, '{}' from made;

insert into publications (id, article_id, revision, kind, slug, title, excerpt, body_html, body_text, toc, word_count,
    reading_time_minutes, locale, featured, seo, custom, published_at, updated_at, live_from, tag_names, tag_ids, author_ids)
select md5('publication' || n)::uuid, articles.id, 1, kind, articles.slug, articles.title, excerpt, body_html, body_text,
    toc, word_count, reading_time_minutes, locale, featured, seo, custom, at, at, at,
    (select string_agg('Tag ' || (1 + (n * 7 + place * 13) % 60), ' · ' order by place) from generate_series(0, 2) place),
    array(select md5('tag' || (1 + (n * 7 + place * 13) % 60))::uuid from generate_series(0, 2) place order by place),
    array(select md5('author' || (1 + (n + place * 3) % 20))::uuid from generate_series(0, n % 2) place order by place)
from made join articles using (id) order by n;

insert into article_tags (article_id, tag_id, position)
select id, md5('tag' || (1 + (n * 7 + place * 13) % 60))::uuid, place from made, generate_series(0, 2) place;
insert into publication_tags (publication_id, tag_id, position)
select md5('publication' || n)::uuid, md5('tag' || (1 + (n * 7 + place * 13) % 60))::uuid, place
from made, generate_series(0, 2) place;

insert into article_authors (article_id, author_id, position)
select id, md5('author' || (1 + (n + place * 3) % 20))::uuid, place from made, generate_series(0, n % 2) place;
insert into publication_authors (publication_id, author_id, position)
select md5('publication' || n)::uuid, md5('author' || (1 + (n + place * 3) % 20))::uuid, place
from made, generate_series(0, n % 2) place;

commit;
vacuum analyze;
