-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 44_20261128031500_told_poisons.py
CREATE OR REPLACE FUNCTION chaishots_has_url_form(url text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    host text := substring(url from '//(\[[^\]]*\]|[^/?#:]*)');
begin
    if not coalesce(url ~ '^https?://([a-z0-9_]+((-+|[.])[a-z0-9_]+)*|\[[0-9a-f:]{2,39}\])(:(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?#]([!#-$&-;=?-\[\]-~]|%[0-9A-Fa-f]{2})*)?$', false) or char_length(url) > 2000 then
        return false;
    end if;
    if host like '[%' then
        perform btrim(host, '[]')::inet;
        return true;
    end if;
    return char_length(host) <= 253 and host !~ '[^.]{64}';
exception when invalid_text_representation then
    return false;
end $function$;
