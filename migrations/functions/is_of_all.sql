-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 10_20261126143000_refusals_retried.py
CREATE OR REPLACE FUNCTION chaishots_is_of_all(failure jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (((failure ->> 'errcode'::text) = ANY (ARRAY['53100'::text, '25006'::text])) AND (NOT ((failure ->> 'is_raised'::text))::boolean));
