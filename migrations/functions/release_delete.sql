-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 3_20261123120000_releases.py
CREATE OR REPLACE FUNCTION chaishots_release_delete()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if old.status in ('scheduled', 'published') then
        perform chaishots_refuse('release_delete', format('a release that is %s is not deleted', old.status));
    end if;
    return old;
end $function$;

CREATE TRIGGER release_delete BEFORE DELETE ON release FOR EACH ROW EXECUTE FUNCTION chaishots_release_delete();
