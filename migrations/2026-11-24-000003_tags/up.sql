create table tags (
    id uuid primary key,
    slug slug not null constraint tags_slug_key unique,
    name text not null constraint tags_name_is_not_blank check (btrim(name) <> ''),
    description text,
    -- Categories of other systems keep their hierarchy here. A parent that goes leaves its children at the top.
    parent_id uuid constraint tags_parent_exists references tags on delete set null
        constraint tags_parent_is_another check (parent_id <> id),
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index tags_parent_id_idx on tags (parent_id);
create index tags_name_idx on tags (name, id);
create trigger tags_count_version before update on tags for each row execute function count_version();

-- A tag can't stand below itself. Checked where it can't be raced: parents change under one lock.
create function refuse_tag_cycle() returns trigger language plpgsql as $$
begin
    if new.parent_id is null then
        return new;
    end if;
    perform pg_advisory_xact_lock(hashtext('tags.parent_id'));
    if exists (
        with recursive above (id) as (
            select new.parent_id
            union
            select t.parent_id from tags t join above on t.id = above.id where t.parent_id is not null
        )
        select from above where id = new.id
    ) then
        raise exception 'a tag can''t stand below itself'
            using errcode = 'check_violation', constraint = 'tags_parent_is_no_descendant';
    end if;
    return new;
end $$;
create trigger tags_refuse_cycle before insert or update of parent_id on tags
    for each row execute function refuse_tag_cycle();
