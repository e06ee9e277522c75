-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 21_20261126234500_hangs.py
CREATE OR REPLACE FUNCTION chaishots_gave_up(errcode text, context text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((errcode = ANY (ARRAY['57014'::text, '55P03'::text])) AND (split_part(context, '
'::text, 1) !~~ '%RAISE%'::text));
