drop table refresh_tokens;
drop table sessions;
drop table users;
drop table authors;
drop domain slug;
drop function count_version();
