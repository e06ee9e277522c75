-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 31_20261127140000_zones.py
CREATE OR REPLACE FUNCTION chaishots_is_zone(name text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if name !~ '^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]*(-[A-Za-z]+)*){1,2}|Etc/GMT[+-][0-9]{1,2})$' then
        return false;
    end if;
    perform timestamptz 'epoch' at time zone name;
    return true;
exception when invalid_parameter_value then
    return false;
end $function$;
