-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_campaign(lock bigint, turn_ms integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform set_config('lock_timeout', turn_ms::text, true);
    perform pg_advisory_lock(lock);
    return true;
exception when lock_not_available then
    return false;
end $function$;
