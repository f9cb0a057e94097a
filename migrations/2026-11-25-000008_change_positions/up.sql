-- The place of a change in the order in which readers could notice changes. It is given at the end of the transaction,
-- under a lock that is held until the commit is visible: whoever sees a place sees all earlier ones, so the newest place
-- says how far a reader's knowledge goes.
create sequence change_positions;
alter table events add column position bigint;
update events set position = placed.position
from (select id, nextval('change_positions') as position from (select id from events where visible_to_readers order by id) o) placed
where placed.id = events.id;
create unique index events_position_key on events (position) where position is not null;

create function place_change() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('events.position'));
    update events set position = nextval('change_positions') where id = new.id;
    -- Without a payload: equal notifications of one transaction are folded into one. Whoever wakes up asks.
    perform pg_notify('masthead_changes', '');
    return null;
end $$;
create constraint trigger events_place_change after insert on events deferrable initially deferred
    for each row when (new.visible_to_readers) execute function place_change();
