-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 39_20261128020000_taken_back.py
CREATE OR REPLACE FUNCTION chaishots_note_reverted()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    new.reverted_by := case when new.reverted_at is not null then coalesce(new.reverted_by, chaishots_actor()) end;
    return new;
end $function$;

CREATE TRIGGER note_reverted BEFORE INSERT OR UPDATE OF reverted_at ON release FOR EACH ROW WHEN ((new.reverted_at IS NOT NULL)) EXECUTE FUNCTION chaishots_note_reverted();
