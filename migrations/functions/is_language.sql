-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_is_language(tag text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (tag ~ '^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$'::text);
