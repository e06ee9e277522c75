-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_merge(target jsonb, patch jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    merged jsonb := case when jsonb_typeof(target) = 'object' then target else '{}' end;
    key text;
    value jsonb;
begin
    if jsonb_typeof(patch) <> 'object' then
        return patch;
    end if;
    for key, value in select * from jsonb_each(patch) loop
        if jsonb_typeof(value) = 'null' then
            merged := merged - key;
        else
            merged := merged || jsonb_build_object(
                key, case when jsonb_typeof(value) = 'object' then chaishots_merge(merged -> key, value) else value end);
        end if;
    end loop;
    return merged;
end $function$;
