-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 22_20261127001500_feed.py
CREATE OR REPLACE FUNCTION chaishots_mark()
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    select ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint
$function$;
