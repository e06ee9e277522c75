-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 11_20261126144500_summaries.py
CREATE OR REPLACE FUNCTION chaishots_normalise()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    elsif tg_table_name = 'lesson' then
        new.summary := normalize(new.summary, nfc);
    end if;
    return new;
end $function$;

CREATE TRIGGER normalise BEFORE INSERT OR UPDATE OF title, summary ON lesson FOR EACH ROW WHEN (((NOT (new.title IS NFC NORMALIZED)) OR (NOT (new.summary IS NFC NORMALIZED)))) EXECUTE FUNCTION chaishots_normalise();

CREATE TRIGGER normalise BEFORE INSERT OR UPDATE OF title, description ON program FOR EACH ROW WHEN (((NOT (new.title IS NFC NORMALIZED)) OR (NOT (new.description IS NFC NORMALIZED)))) EXECUTE FUNCTION chaishots_normalise();

CREATE TRIGGER normalise BEFORE INSERT OR UPDATE OF name ON release FOR EACH ROW WHEN ((NOT (new.name IS NFC NORMALIZED))) EXECUTE FUNCTION chaishots_normalise();

CREATE TRIGGER normalise BEFORE INSERT OR UPDATE OF title ON term FOR EACH ROW WHEN ((NOT (new.title IS NFC NORMALIZED))) EXECUTE FUNCTION chaishots_normalise();

CREATE TRIGGER normalise BEFORE INSERT OR UPDATE OF name ON topic FOR EACH ROW WHEN ((NOT (new.name IS NFC NORMALIZED))) EXECUTE FUNCTION chaishots_normalise();
