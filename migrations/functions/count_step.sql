-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 32_20261127140000_counted_steps.py
CREATE OR REPLACE FUNCTION chaishots_count_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform nextval('lesson_steps');
    return null;
end $function$;

CREATE TRIGGER zzz_count_step AFTER UPDATE OF status ON lesson FOR EACH ROW WHEN (((new.status)::text <> (old.status)::text)) EXECUTE FUNCTION chaishots_count_step();
