drop function author_is_shown(uuid, timestamptz);
alter table publications drop column end_told, drop column begin_told;
drop table change_feed;
drop view changes;
alter table events drop column shown_slug, drop column shown_action;
