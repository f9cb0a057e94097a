drop function article_status(timestamptz, timestamptz, boolean, timestamptz);
drop table article_revisions;
drop function refuse_change();
drop table article_authors;
drop table article_tags;
alter table articles drop constraint articles_slug_is_registered;
drop table article_slugs;
drop table articles;
drop extension btree_gist;
