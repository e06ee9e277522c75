-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_cancel_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'TRUNCATE' then
        update change set status = 'cancelled', error = format('The %s was deleted.', object_type)
         where object_type = tg_table_name and status = 'scheduled';
    else
        update change set status = 'cancelled', error = format('The %s was deleted.', object_type)
         where object_id in (select id from old_rows) and object_type = tg_table_name and status = 'scheduled';
    end if;
    return null;
end $function$;

CREATE TRIGGER zz_cancel_changes AFTER DELETE ON lesson REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();

CREATE TRIGGER zz_cancel_changes_truncate AFTER TRUNCATE ON lesson FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();

CREATE TRIGGER zz_cancel_changes AFTER DELETE ON program REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();

CREATE TRIGGER zz_cancel_changes_truncate AFTER TRUNCATE ON program FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();

CREATE TRIGGER zz_cancel_changes AFTER DELETE ON term REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();

CREATE TRIGGER zz_cancel_changes_truncate AFTER TRUNCATE ON term FOR EACH STATEMENT EXECUTE FUNCTION chaishots_cancel_changes();
