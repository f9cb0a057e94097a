create index publication_authors_author_id_idx on publication_authors (author_id, publication_id);
alter table publication_authors drop column published_at;
create index publication_tags_tag_id_idx on publication_tags (tag_id, publication_id);
alter table publication_tags drop column published_at;
