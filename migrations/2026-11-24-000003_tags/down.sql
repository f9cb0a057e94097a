drop table tags;
drop function refuse_tag_cycle();
