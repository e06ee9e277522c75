-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 23_20261127003000_slugs.py
CREATE OR REPLACE FUNCTION chaishots_is_slug(slug text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN COALESCE(((length(slug) <= 80) AND (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text)), false);
