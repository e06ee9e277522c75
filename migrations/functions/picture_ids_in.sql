-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 42_20261128030000_cheaper_checks.py
CREATE OR REPLACE FUNCTION chaishots_picture_ids_in(assets text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT found.found[1] AS found FROM regexp_matches(chaishots_picture_ids_in.assets, '/pictures/([0-9a-f]{64})(?:-[0-9]{1,5})?[.](?:webp|avif)"'::text, 'g'::text) found(found));
