-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 3_20261123120000_releases.py
CREATE OR REPLACE FUNCTION chaishots_release_insert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $function$;

CREATE TRIGGER release_insert BEFORE INSERT ON release FOR EACH ROW EXECUTE FUNCTION chaishots_release_insert();
