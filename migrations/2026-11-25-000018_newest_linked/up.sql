-- The newest articles of a tag or of an author, in their order: an index can give them only where the date stands beside the
-- link. The date of a publication never changes.
alter table publication_tags add column published_at timestamptz;
update publication_tags set published_at = publications.published_at from publications where publications.id = publication_id;
alter table publication_tags alter column published_at set not null;
create index publication_tags_newest_idx on publication_tags (tag_id, published_at desc, publication_id desc);
drop index publication_tags_tag_id_idx;

alter table publication_authors add column published_at timestamptz;
update publication_authors set published_at = publications.published_at from publications where publications.id = publication_id;
alter table publication_authors alter column published_at set not null;
create index publication_authors_newest_idx on publication_authors (author_id, published_at desc, publication_id desc);
drop index publication_authors_author_id_idx;
