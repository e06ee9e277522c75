-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_programs_of()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_find_programs(array(select distinct program_id from rows));
    return null;
end $function$;

CREATE TRIGGER find_delete AFTER DELETE ON program_topic REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_programs_of();

CREATE TRIGGER find_insert AFTER INSERT ON program_topic REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_programs_of();

CREATE TRIGGER find_delete AFTER DELETE ON term REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_programs_of();

CREATE TRIGGER find_insert AFTER INSERT ON term REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_programs_of();
