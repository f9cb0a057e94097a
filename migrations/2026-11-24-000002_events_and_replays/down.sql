drop table idempotent_replies;
drop table events;
