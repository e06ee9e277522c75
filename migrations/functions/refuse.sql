-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_refuse(rule text, explanation text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    raise exception using errcode = 'check_violation', constraint = rule, message = explanation;
end $function$;
