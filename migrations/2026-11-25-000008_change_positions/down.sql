drop trigger events_place_change on events;
drop function place_change();
alter table events drop column position;
drop sequence change_positions;
