drop index publications_ended_idx;
drop index publications_sitemap_idx;
