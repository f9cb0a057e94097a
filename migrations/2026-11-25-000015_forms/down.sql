drop table spent_challenges;
drop table form_counts;
drop table form_versions;
drop table form_topics;
drop table forms;
