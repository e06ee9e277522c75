-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 44_20261128031500_told_poisons.py
CREATE OR REPLACE FUNCTION chaishots_is_url(url text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    host text := substring(url from '//([^/?#:\[]*)');
begin
    return chaishots_has_url_form(url)
       and (host !~ '(^|[.])([0-9]+|0x[0-9a-f]*)$'
            or host ~ '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.]|$)){4}$');
end $function$;
