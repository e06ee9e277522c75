-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_program()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_find_programs(array[new.id]);
    return null;
end $function$;

CREATE TRIGGER find_insert AFTER INSERT ON program FOR EACH ROW EXECUTE FUNCTION chaishots_find_program();

CREATE TRIGGER find_update AFTER UPDATE OF title, description, translations ON program FOR EACH ROW WHEN ((((new.title IS DISTINCT FROM old.title) OR (new.description IS DISTINCT FROM old.description)) OR (new.translations IS DISTINCT FROM old.translations))) EXECUTE FUNCTION chaishots_find_program();
