-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 23_20261127003000_slugs.py
CREATE OR REPLACE FUNCTION chaishots_are_slugs(slugs text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((cardinality(slugs) <= 50) AND (NOT (array_ndims(slugs) IS DISTINCT FROM CASE WHEN (slugs <> '{}'::text[]) THEN 1 ELSE NULL::integer END)) AND (NOT (EXISTS (SELECT FROM unnest(chaishots_are_slugs.slugs) slug(slug) WHERE (NOT chaishots_is_slug(slug.slug))))));
