-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_record_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    with pair as (
        select later.id, later.apply_at,
               case when later.status = 'applied' and earlier.status = 'scheduled' and earlier.error is null
                    then jsonb_build_object('status', earlier.status, 'version', earlier.version) end as known,
               jsonb_build_object('status', later.status, 'version', later.version, 'applied_at', later.applied_at)
                   as applied,
               earlier, later
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
        offset 0
    ), line as (
        select id, apply_at, coalesce(known, to_jsonb(earlier)) as before,
               case when known is null then to_jsonb(later) else applied end as after, known is not null as is_known
          from pair offset 0
    ), compared as materialized (
        select *, case when is_known then '{}'
                       else array(select key from jsonb_each(after) where value = before -> key) end as unchanged
          from line
    )
    select chaishots_actor(), 'change.' || case when is_known then 'apply' else chaishots_action(before, after) end,
           'change', id, before - unchanged, after - unchanged
      from compared
     where after - unchanged - array['version', 'updated_at'] <> '{}'
     order by apply_at, id;
    if found then
        perform pg_notify('chaishots_content', 'change');
    end if;
    return null;
end $function$;

CREATE TRIGGER record_update AFTER UPDATE ON change REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_changes();
