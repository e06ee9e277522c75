-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 34_20261127153000_named_programs.py
CREATE OR REPLACE FUNCTION chaishots_wait_for_edits(terms uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform from term where id = any(terms) order by id for update;
    perform from lesson where term_id = any(terms) order by id for share;
end $function$;
