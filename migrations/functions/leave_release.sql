-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 3_20261123120000_releases.py
CREATE OR REPLACE FUNCTION chaishots_leave_release()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if old.status = 'published' and exists (select from release where id = old.release_id) then
        perform chaishots_refuse('release_closed', 'what was published with a release stays in it');
    end if;
    if new.status = 'scheduled' then
        new.status := 'draft';
        new.publish_at := null;
    end if;
    return new;
end $function$;

CREATE TRIGGER lesson_leave BEFORE UPDATE ON lesson FOR EACH ROW WHEN (((new.release_id IS NULL) AND (old.release_id IS NOT NULL))) EXECUTE FUNCTION chaishots_leave_release();
