-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 42_20261128030000_cheaper_checks.py
CREATE OR REPLACE FUNCTION chaishots_picture_ids(assets jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((assets)::text ~~ '%/pictures/%'::text) THEN chaishots_picture_ids_in((assets)::text) ELSE '{}'::text[] END;
