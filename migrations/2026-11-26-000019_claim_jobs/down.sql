drop function claim_jobs;
