-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 46_20261128081000_cheaper_changes.py
CREATE OR REPLACE FUNCTION chaishots_apply_changes(ids uuid[], until timestamp with time zone)
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    part record;
    outcome record;
    done uuid[] := '{}';
    failed jsonb := '[]';
    trouble jsonb;
    is_unfinished boolean := false;
begin
    for part in
        select array_agg(change.id order by place) as ids
          from unnest(ids) with ordinality as wanted (id, place) join change on change.id = wanted.id
         group by object_type order by array_position(array['program', 'term', 'lesson'], object_type::text)
    loop
        outcome := chaishots_isolate(part.ids, 'change', clock_timestamp(), until);
        done := done || outcome.done;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        is_unfinished := is_unfinished or outcome.is_unfinished;
    end loop;
    return query
    select case when entry is null then 'applied' else 'unapplied' end, named.id, named.title, named.apply_at,
           named.version, entry
      from chaishots_named_changes(done || array(
              select (entry ->> 'id')::uuid from jsonb_array_elements(failed) as entry)) as named
      left join jsonb_array_elements(failed) as entry on (entry ->> 'id')::uuid = named.id
     order by named.apply_at, named.id;
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, trouble where trouble is not null;
    return query select 'unfinished', null::uuid, null::text, null::timestamptz, null::integer, null::jsonb
     where is_unfinished;
end $function$;
