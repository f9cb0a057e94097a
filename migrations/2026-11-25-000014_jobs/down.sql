drop table jobs;
drop function tell_of_jobs();
