-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 10_20261126143000_refusals_retried.py
CREATE OR REPLACE FUNCTION chaishots_may_be_of_all(failure jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((failure ->> 'errcode'::text) ~ '^(53100|25006|42|3F)'::text);
