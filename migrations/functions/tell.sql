-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 48_20261128145500_cheaper_passes.py
CREATE OR REPLACE FUNCTION chaishots_tell(about text, programs uuid[], word text DEFAULT ''::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    said constant text := case when word <> '' then ' ' || word else '' end;
    told constant text := coalesce(current_setting('chaishots.told', true), '');
    payload constant text := about || ':' || array_to_string(programs, ',') || said;
begin
    if programs is null or array_position(programs, null) is not null or length(told) + length(payload) > 4000 then
        perform pg_notify('chaishots_content', about || said);
        return;
    end if;
    perform pg_notify('chaishots_content', payload);
    if position(payload || E'\n' in told) = 0 then
        perform set_config('chaishots.told', told || payload || E'\n', true);
    end if;
end $function$;
