-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 31_20261127140000_zones.py
CREATE OR REPLACE FUNCTION chaishots_clear_zone()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    new.publish_zone := null;
    return new;
end $function$;

CREATE TRIGGER release_clear_zone BEFORE UPDATE ON release FOR EACH ROW WHEN (((new.publish_at IS NULL) AND (old.publish_at IS NOT NULL) AND (new.publish_zone IS NOT NULL))) EXECUTE FUNCTION chaishots_clear_zone();
