\set number random(1, 2000000000)
select user_id from sessions join users on users.id = user_id where sessions.ended_at is null and users.disabled_at is null limit 1;
begin;
select id, slug, name from tags where slug = any(array['tag-1', 'tag-2', 'tag-3']);
insert into article_slugs (slug, article_id) values ('made-' || :number || '-' || :client_id, md5(:number || '-' || :client_id)::uuid) on conflict (slug) do nothing;
insert into articles (id, kind, slug, title, excerpt, body_format, body_source, body_html, body_text, toc, word_count,
    reading_time_minutes, locale, featured, seo, custom, revision)
    values (md5(:number || '-' || :client_id)::uuid, 'article', 'made-' || :number || '-' || :client_id, 'A bench story', 'One sentence.', 'markdown',
    repeat('Local gardeners expect frost. ', 100), repeat('Local gardeners expect frost. ', 100),
    repeat('Local gardeners expect frost. ', 100), '[]', 400, 2, 'en', false, '{}', '{}', 1) returning version;
insert into article_tags (article_id, tag_id, position) select md5(:number || '-' || :client_id)::uuid, md5('tag' || n)::uuid, n from generate_series(1, 3) n;
insert into article_authors (article_id, author_id, position) values (md5(:number || '-' || :client_id)::uuid, md5('author1')::uuid, 0);
insert into article_revisions (article_id, number, version, snapshot)
    values (md5(:number || '-' || :client_id)::uuid, 1, 1, jsonb_build_object('title', 'A bench story', 'body', repeat('Local gardeners expect frost. ', 100)));
insert into events (action, resource_kind, resource_id, visible_to_readers, after)
    values ('article.created', 'article', md5(:number || '-' || :client_id)::uuid, false, '{"title": "A bench story"}');
select * from articles where id = md5(:number || '-' || :client_id)::uuid;
select tags.* from article_tags join tags on tags.id = tag_id where article_id = md5(:number || '-' || :client_id)::uuid order by position;
select authors.* from article_authors join authors on authors.id = author_id where article_id = md5(:number || '-' || :client_id)::uuid order by position;
select article_id, revision, live_from, live_until from publications where article_id = md5(:number || '-' || :client_id)::uuid and not superseded;
select users.id, authors.name from users join authors on authors.id = author_id limit 1;
commit;
