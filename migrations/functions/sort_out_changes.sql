-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
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
         where change.id = any(ids)
           and case when patch ? 'program_id' then coalesce(
                   (select id = any(programs) from program where id = (patch ->> 'program_id')::uuid), true) else true end
           and case when patch ? 'term_id' then coalesce(
                   (select id = any(terms) and program_id = any(programs)
                      from term where id = (patch ->> 'term_id')::uuid), true) else true end
         order by apply_at, change.id);
end $function$;
