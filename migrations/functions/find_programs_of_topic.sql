-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_programs_of_topic()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_find_programs(array(select program_id from program_topic where topic_id = new.id));
    return null;
end $function$;

CREATE TRIGGER find_update AFTER UPDATE OF name, translations ON topic FOR EACH ROW WHEN (((new.name IS DISTINCT FROM old.name) OR (new.translations IS DISTINCT FROM old.translations))) EXECUTE FUNCTION chaishots_find_programs_of_topic();
