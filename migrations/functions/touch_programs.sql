-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 2_20261123112000_tokens.py
CREATE OR REPLACE FUNCTION chaishots_touch_programs()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    update program set updated_at = clock_timestamp() 
     where id in (select program_id from changed_rows) and xmin <> pg_current_xact_id()::xid;
    return null;
end $function$;

CREATE TRIGGER touch_programs_delete AFTER DELETE ON program_topic REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_touch_programs();

CREATE TRIGGER touch_programs_insert AFTER INSERT ON program_topic REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_touch_programs();
