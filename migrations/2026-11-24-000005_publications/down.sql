drop function author_article_count(uuid, timestamptz);
drop function tag_article_count(uuid, timestamptz);
drop table publication_authors;
drop table publication_tags;
drop table publications;
drop function search_configuration(text);
