-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_is_moment(moment timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((moment >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (moment < '9000-01-01 00:00:00+00'::timestamp with time zone));
