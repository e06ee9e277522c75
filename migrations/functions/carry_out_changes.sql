-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_carry_out_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    part record;
begin
    if not exists (select from new_rows later join old_rows earlier on earlier.id = later.id
                    where later.status = 'applied' and earlier.status <> 'applied') then
        return null;
    end if;
    -- In the order in which editors lock many: programs, terms, lessons, each by id.
    perform from program
      where id in (select object_id from new_rows where object_type = 'program'
                   union all select (patch ->> 'program_id')::uuid from new_rows where patch ? 'program_id'
                   union all select program_id from term where id in (
                        select (patch ->> 'term_id')::uuid from new_rows where patch ? 'term_id'))
      order by id for no key update;
    perform from term
      where id in (select object_id from new_rows where object_type = 'term'
                   union all select (patch ->> 'term_id')::uuid from new_rows where patch ? 'term_id')
      order by id for no key update;
    perform from lesson where id in (select object_id from new_rows where object_type = 'lesson')
      order by id for no key update;
    for part in
        with applied as materialized (
            select later.id, later.object_type, later.object_id, later.apply_at, later.scheduled_by, later.patch,
                   row_number() over (partition by later.object_id order by later.apply_at, later.id) as turn
              from new_rows later join old_rows earlier on earlier.id = later.id
             where later.status = 'applied' and earlier.status <> 'applied'
        ), overtaken as (
            select applied.id, jsonb_agg(other.patch order by other.apply_at, other.id) as others
              from applied join change other on other.object_id = applied.object_id and other.status = 'applied'
                       and (other.apply_at, other.id) > (applied.apply_at, applied.id)
             where other.id not in (select id from applied)
             group by applied.id
        )
        select object_type as kind, turn, array_agg(object_id order by apply_at, applied.id) as ids,
               array_agg(case when others is null then patch else chaishots_left_of_all(patch, others) end
                         order by apply_at, applied.id) as patches,
               jsonb_object_agg(object_id, scheduled_by) as actors
          from applied left join overtaken on overtaken.id = applied.id
         group by object_type, turn order by turn, object_type
    loop
        perform set_config('chaishots.scheduled_by', part.actors::text, true);
        perform chaishots_patch(part.kind, part.ids, part.patches);
        perform set_config('chaishots.scheduled_by', '', true);
    end loop;
    return null;
end $function$;

CREATE TRIGGER carry_out AFTER UPDATE ON change REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_carry_out_changes();
