-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_filled(patch jsonb, known jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(jsonb_each.key, CASE WHEN (jsonb_typeof(jsonb_each.value) = 'object'::text) THEN chaishots_merge((chaishots_filled.known -> jsonb_each.key), jsonb_each.value) ELSE jsonb_each.value END) AS jsonb_object_agg FROM jsonb_each(chaishots_filled.patch) jsonb_each(key, value));
