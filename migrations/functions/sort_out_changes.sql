-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 46_20261128081000_cheaper_changes.py
CREATE OR REPLACE FUNCTION chaishots_sort_out_changes(ids uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    asked record;
    programs uuid[];
    terms uuid[];
    lessons uuid[];
begin
    select array_agg(object_id) filter (where object_type = 'program') as programs,
           array_agg(object_id) filter (where object_type = 'term') as terms,
           array_agg(object_id) filter (where object_type = 'lesson') as lessons,
           array_agg((patch ->> 'program_id')::uuid) filter (where patch ? 'program_id') as targets,
           array_agg((patch ->> 'term_id')::uuid) filter (where patch ? 'term_id') as places
      from change where id = any(ids) into asked;
    programs := array(
        select id from program
         where id = any(asked.programs || asked.targets
                        || array(select program_id from term where id = any(asked.places)))
         order by id for no key update skip locked);
    terms := array(
        select id from term where id = any(asked.terms || asked.places) order by id for no key update skip locked);
    lessons := array(select id from lesson where id = any(asked.lessons) order by id for no key update skip locked);
    -- What there is not is refused, and not waited for.
    return array(
        select change.id from change
          join (select 'program' as kind, unnest(programs) as key union all
                select 'term', unnest(terms) union all
                select 'lesson', unnest(lessons)) as locked on locked.key = object_id and locked.kind = object_type
          left join program target on target.id = (patch ->> 'program_id')::uuid
          left join term place on place.id = (patch ->> 'term_id')::uuid
         where change.id = any(ids)
           and (target.id is null or target.id = any(programs))
           and (place.id is null or place.id = any(terms) and place.program_id = any(programs))
         order by apply_at, change.id);
end $function$;
