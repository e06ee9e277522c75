-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 15_20261126154500_shown_pictures.py
CREATE OR REPLACE FUNCTION chaishots_are_alts(alts jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((jsonb_typeof(alts) = 'object'::text) AND (octet_length((alts)::text) <= 30000) AND (NOT jsonb_path_exists(alts, 'strict $.keyvalue()?((!(@."key" like_regex "^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$") || @."value".type() != "string") || !(@."value" like_regex "^.{1,150}.{0,150}$"))'::jsonpath)));
