drop table import_sources;
