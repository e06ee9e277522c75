-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_patched(known jsonb, patches jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    patched jsonb := known;
    patch jsonb;
begin
    for patch in select * from jsonb_array_elements(patches) loop
        patched := patched || chaishots_filled(patch, patched);
    end loop;
    return patched;
end $function$;
