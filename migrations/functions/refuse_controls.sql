-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 19_20261126194500_one_line.py
CREATE OR REPLACE FUNCTION chaishots_refuse_controls()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_refuse('lesson_summary', 'a summary holds no control characters but tabs and line breaks');
    return null;
end $function$;

CREATE TRIGGER refuse_controls BEFORE INSERT OR UPDATE OF summary ON lesson FOR EACH ROW WHEN ((new.summary ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]'::text)) EXECUTE FUNCTION chaishots_refuse_controls();
