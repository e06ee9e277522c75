-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 27_20261127070000_places.py
CREATE OR REPLACE FUNCTION chaishots_topic_names(name text, translations jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT its.found FROM ((SELECT chaishots_topic_names.name AS each UNION ALL SELECT (said.said #>> '{}'::text[]) FROM jsonb_path_query(chaishots_topic_names.translations, '$.*."name"'::jsonpath) said(said)) named CROSS JOIN LATERAL (VALUES (lower(named.each)), (btrim(regexp_replace(lower((named.each COLLATE "C")), '[^a-z0-9]+'::text, '-'::text, 'g'::text), '-'::text))) its(found)) WHERE (its.found <> ''::text) ORDER BY its.found);
