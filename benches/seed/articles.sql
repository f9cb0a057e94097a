-- Deterministic articles, from number :first to number :last. Every one has a revision, a publication, three of sixty tags and
-- one or two of twenty authors; bodies have 3 to 6 KB. Every thousandth has a rare tag as well.
\set ON_ERROR_STOP on
set session_replication_role = replica;
set synchronous_commit = off;
begin;

create temporary table made on commit drop as
select n, md5('article' || n)::uuid as id, md5('publication' || n)::uuid as publication_id,
    'story-' || n as slug,
    initcap((select word from seed_words where seed_words.n = 1 + made.n % 16)) || ' story number ' || made.n as title,
    (select '<p>' || string_agg(text, '</p><p>' order by place) || '</p>'
        from generate_series(1, 6 + made.n % 6) place
            join lateral (select text from seed_paragraphs where paragraph = floor(5000 * seeded(made.n, place))::integer) drawn on true) as body,
    array(select md5('tag' || (1 + (n * 7 + place * 13) % 60))::uuid from generate_series(0, 2) place order by place)
        || case when n % 1000 = 500 then array[md5('rare')::uuid] else '{}' end as tag_ids,
    array(select md5('author' || (1 + (n + place * 3) % 20))::uuid from generate_series(0, n % 2) place order by place) as author_ids,
    timestamptz '2020-01-01 00:00:00Z' + made.n * interval '1 minute' as at
from generate_series(:first, :last) made (n);

insert into articles (id, kind, slug, title, excerpt, body_format, body_source, body_html, body_text, toc, word_count,
    reading_time_minutes, locale, featured, seo, custom, revision, published_revision, live_from, first_published_at)
select id, 'article', slug, title, 'What happened in story number ' || n || ', told in one sentence for the lists.', 'html',
    'As published.', 'As published.', 'As published.', '[]', 300, 2, 'en', n % 50 = 0,
    '{"title": null, "description": null, "canonical_url": null, "image": null, "noindex": false}', '{}', 1, 1, at, at
from made;
insert into article_slugs (slug, article_id) select slug, id from made;
insert into article_revisions (article_id, number, version, snapshot) select id, 1, 1, '{}' from made;

insert into publications (id, article_id, revision, kind, slug, title, excerpt, body_html, body_text, toc, word_count,
    reading_time_minutes, locale, featured, seo, custom, published_at, updated_at, live_from, tag_names, tag_ids, author_ids)
select publication_id, id, 1, 'article', slug, title,
    'What happened in story number ' || n || ', told in one sentence for the lists.', body, body, '[]', 300, 2, 'en', n % 50 = 0,
    '{"title": null, "description": null, "canonical_url": null, "image": null, "noindex": false}', '{}', at, at, at,
    (select string_agg(name, ' · ' order by place) from unnest(made.tag_ids) with ordinality has (id, place) join tags using (id)),
    tag_ids, author_ids
from made order by n;

insert into article_tags (article_id, tag_id, position)
select made.id, tag_id, place - 1 from made, unnest(tag_ids) with ordinality has (tag_id, place);
insert into publication_tags (publication_id, tag_id, position, published_at)
select publication_id, tag_id, place - 1, at from made, unnest(tag_ids) with ordinality has (tag_id, place);
insert into article_authors (article_id, author_id, position)
select made.id, author_id, place - 1 from made, unnest(author_ids) with ordinality has (author_id, place);
insert into publication_authors (publication_id, author_id, position, published_at)
select publication_id, author_id, place - 1, at from made, unnest(author_ids) with ordinality has (author_id, place);

commit;
