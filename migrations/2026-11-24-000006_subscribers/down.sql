drop table subscriber_topics;
drop table subscribers;
