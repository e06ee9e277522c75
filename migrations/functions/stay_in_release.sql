-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 5_20261124183500_restored_releases.py
CREATE OR REPLACE FUNCTION chaishots_stay_in_release()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    its release;
begin
    if new.status = 'archived' then
        if old.status not in ('published', 'archived') then
            new.release_id := null;
        end if;
        return new;
    end if;
    if old.status = 'archived' then
        new.release_id := null;
        return new;
    end if;
    select * into its from release where id = new.release_id;
    if its.status = 'open' and new.status = 'draft'
       or its.status = 'scheduled' and new.status = 'scheduled' and new.publish_at = its.publish_at
       or its.status = 'published' and new.status = 'published' then
        return new;
    end if;
    perform chaishots_refuse('lesson_in_release', 'the lesson goes with its release: take it out, or change the release');
    return null;
end $function$;

CREATE TRIGGER lesson_stay BEFORE UPDATE ON lesson FOR EACH ROW WHEN (((new.release_id = old.release_id) AND (((new.status)::text <> (old.status)::text) OR (new.publish_at IS DISTINCT FROM old.publish_at)))) EXECUTE FUNCTION chaishots_stay_in_release();
