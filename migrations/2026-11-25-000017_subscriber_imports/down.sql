drop trigger subscribers_forget_imported on subscribers;
drop function forget_imported();
drop table subscriber_import_rows;
drop table subscriber_import_pieces;
drop table subscriber_imports;
