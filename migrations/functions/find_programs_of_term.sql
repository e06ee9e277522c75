-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_programs_of_term()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_find_programs(array[old.program_id, new.program_id]);
    return null;
end $function$;

CREATE TRIGGER find_update AFTER UPDATE OF title, translations, program_id ON term FOR EACH ROW WHEN ((((new.title IS DISTINCT FROM old.title) OR (new.translations IS DISTINCT FROM old.translations)) OR (new.program_id IS DISTINCT FROM old.program_id))) EXECUTE FUNCTION chaishots_find_programs_of_term();
