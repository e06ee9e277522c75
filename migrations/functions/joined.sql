-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_joined(release_id uuid)
 RETURNS release
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    joined release;
begin
    select * into joined from release where id = chaishots_joined.release_id for share;
    if joined.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_closed', format('a release that is %s takes no changes', joined.status));
    end if;
    return joined;
end $function$;
