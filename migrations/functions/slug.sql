-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 23_20261127003000_slugs.py
CREATE OR REPLACE FUNCTION chaishots_slug(words text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (SELECT CASE WHEN ((slug.slug <> ''::text) AND chaishots_is_slug(slug.slug)) THEN slug.slug ELSE 'program'::text END AS "case" FROM rtrim("left"(btrim(regexp_replace(lower((chaishots_slug.words COLLATE "C")), '[^a-z0-9]+'::text, '-'::text, 'g'::text), '-'::text), 60), '-'::text) slug(slug));
