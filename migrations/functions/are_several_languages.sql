-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_are_several_languages(tags text[], includes text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((array_ndims(tags) = 1) AND (array_position(tags, NULL::text) IS NULL) AND (tags @> ARRAY[includes]) AND (cardinality(tags) <= 50) AND (SELECT (bool_and((tag.tag ~ '^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$'::text)) AND (count(DISTINCT tag.tag) = count(*))) FROM unnest(chaishots_are_several_languages.tags) tag(tag)));
