drop trigger tags_renamed on tags;
drop trigger publication_authors_inserted on publication_authors;
drop trigger publication_tags_deleted on publication_tags;
drop trigger publication_tags_updated on publication_tags;
drop trigger publication_tags_inserted on publication_tags;
drop trigger publications_note_words on publications;
drop trigger publications_fill_search on publications;
drop function follow_tag_name(), follow_tags(), follow_authors(), note_search_words(), mendable_words(text),
    fill_search(), among_newest(bigint, integer), era_mark(bigint, integer),
    published_between(timestamptz, timestamptz);
drop index tags_name_words_idx, publications_title_words_idx, publications_locale_idx, publications_number_idx;
drop index publications_newest_idx;
create index publications_newest_idx on publications (published_at desc, id desc) where not superseded and kind = 'article';
drop table search_words;
alter table publications drop column search, drop column number, drop column tag_names, drop column tag_ids, drop column author_ids;
alter table publications add column search tsvector not null generated always as (
    setweight(to_tsvector(search_configuration(locale), title), 'A')
    || setweight(to_tsvector(search_configuration(locale), coalesce(excerpt, '')), 'B')
    || setweight(to_tsvector(search_configuration(locale), left(body_text, 500000)), 'D')
) stored;
create index publications_search_idx on publications using gin (search) where not superseded;
drop extension pg_trgm;
