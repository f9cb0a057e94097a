\set ON_ERROR_STOP on
set client_min_messages = warning;
set maintenance_work_mem = '1GB';
select format('%s', indexdef) from seed_indexes \gexec
insert into search_words (word)
select distinct word from (select title from publications order by number limit 20000) newest, mendable_words(title) word
on conflict do nothing;
drop table seed_words, seed_paragraphs, seed_indexes;
drop function seeded;
vacuum analyze;
