-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_bound_terms()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_bound_programs(array(select distinct program_id from new_rows));
    return null;
end $function$;

CREATE TRIGGER bound_terms AFTER INSERT ON term REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_bound_terms();
