-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 14_20261126153000_pictures.py
CREATE OR REPLACE FUNCTION chaishots_note_use()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if chaishots_is_picture_used(new.id) then
        new.unused_since := null;
    end if;
    return new;
end $function$;

CREATE TRIGGER note_use BEFORE INSERT ON picture FOR EACH ROW EXECUTE FUNCTION chaishots_note_use();
