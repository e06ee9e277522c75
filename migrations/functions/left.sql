-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_left(patch jsonb, later jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept jsonb := patch;
    key text;
    value jsonb;
    rest jsonb;
begin
    for key, value in select * from jsonb_each(later) loop
        if jsonb_typeof(value) = 'object' and jsonb_typeof(kept -> key) = 'object' then
            rest := chaishots_left(kept -> key, value);
            kept := case when rest = '{}' then kept - key else kept || jsonb_build_object(key, rest) end;
        else
            kept := kept - key;
        end if;
    end loop;
    return kept;
end $function$;
