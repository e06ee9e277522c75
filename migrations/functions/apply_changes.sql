-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_apply_changes(ids uuid[], until timestamp with time zone, OUT done uuid[], OUT failed jsonb, OUT trouble jsonb, OUT is_unfinished boolean)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    part record;
    outcome record;
begin
    done := '{}';
    failed := '[]';
    is_unfinished := false;
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
end $function$;
