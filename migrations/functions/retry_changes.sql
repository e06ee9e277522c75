-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_retry_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if exists (select from change where status = 'scheduled' and error is not null) then
        update change set error = null
         where id in (
            select change.id from new_rows later join old_rows earlier on earlier.id = later.id
              join change on change.object_id = later.id and change.status = 'scheduled' and change.error is not null
             where earlier is distinct from later order by change.id for update of change skip locked);
    end if;
    return null;
end $function$;

CREATE TRIGGER zz_retry_changes AFTER UPDATE ON lesson REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_retry_changes();

CREATE TRIGGER zz_retry_changes AFTER UPDATE ON program REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_retry_changes();

CREATE TRIGGER zz_retry_changes AFTER UPDATE ON term REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_retry_changes();
