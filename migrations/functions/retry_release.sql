-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 3_20261123120000_releases.py
CREATE OR REPLACE FUNCTION chaishots_retry_release()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    update release set publish_error = null
     where id = (select id from release where id = new.release_id and publish_error is not null
                    for no key update skip locked);
    return null;
end $function$;

CREATE TRIGGER zz_retry_release AFTER UPDATE ON change FOR EACH ROW WHEN (((new.release_id IS NOT NULL) AND (old.error IS NOT NULL) AND ((new.error IS NULL) OR ((new.status)::text <> 'scheduled'::text)))) EXECUTE FUNCTION chaishots_retry_release();

CREATE TRIGGER zz_retry_release AFTER UPDATE ON lesson FOR EACH ROW WHEN (((new.release_id IS NOT NULL) AND ((new.status)::text = 'scheduled'::text) AND ((new.version <> old.version) OR ((old.publish_error IS NOT NULL) AND (new.publish_error IS NULL))))) EXECUTE FUNCTION chaishots_retry_release();
