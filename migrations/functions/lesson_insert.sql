-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_lesson_insert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    new.content_languages_available := coalesce(new.content_languages_available, array[new.content_language_primary]);
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $function$;

CREATE TRIGGER lesson_insert BEFORE INSERT ON lesson FOR EACH ROW EXECUTE FUNCTION chaishots_lesson_insert();
