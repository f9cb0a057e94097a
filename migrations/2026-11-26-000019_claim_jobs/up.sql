-- Takes at most so many jobs that are due, the longest due first, each until the end of a lease. However many there are, it
-- walks the index of what is due only as far as it must: the planner takes whatever is due for little, and would collect and
-- sort all of it, which took milliseconds with ten thousand jobs, each time.
create function claim_jobs(runner uuid, kinds text[], due_at timestamptz, most bigint, lease interval)
    returns table (id uuid, kind text, payload jsonb, attempts int, created_at timestamptz)
    language plpgsql rows 100
    set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
        with due as materialized (
            select id from jobs
            where dead_at is null and run_at <= due_at and (locked_until is null or locked_until < now()) and kind = any(kinds)
            order by run_at, id limit most for update skip locked)
        update jobs set attempts = attempts + 1, locked_until = now() + lease, locked_by = runner
        from due where jobs.id = due.id
        returning jobs.id, jobs.kind, jobs.payload, jobs.attempts, jobs.created_at;
end
$$;
