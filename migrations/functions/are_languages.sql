-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_are_languages(tags text[], includes text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (tags = ARRAY[includes]) THEN chaishots_is_language(includes) ELSE chaishots_are_several_languages(tags, includes) END;
