-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_left_of_all(patch jsonb, later jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept jsonb := patch;
    one jsonb;
begin
    for one in select * from jsonb_array_elements(later) loop
        kept := chaishots_left(kept, one);
    end loop;
    return kept;
end $function$;
