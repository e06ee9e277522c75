-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 26_20261127013000_shown_ready.py
CREATE OR REPLACE FUNCTION chaishots_shown_picture(id text, width integer, height integer, colour text, variants jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN substr((json_strip_nulls((jsonb_build_object('url', (('/pictures/'::text || id) || '.webp'::text), 'width', width, 'height', height, 'colour', colour, 'variants', (SELECT jsonb_agg(jsonb_build_object('url', (named.file || '.webp'::text), 'width', (variant.value -> 'width'::text), 'avif', CASE WHEN (variant.value ? 'avif'::text) THEN (named.file || '.avif'::text) ELSE NULL::text END) ORDER BY ((variant.value ->> 'width'::text))::integer) AS jsonb_agg FROM (jsonb_array_elements(chaishots_shown_picture.variants) variant(value) CROSS JOIN LATERAL (SELECT (('/pictures/'::text || chaishots_shown_picture.id) || CASE WHEN ((variant.value ->> 'width'::text) = (chaishots_shown_picture.width)::text) THEN ''::text ELSE ('-'::text || (variant.value ->> 'width'::text)) END) AS "?column?") named(file)))))::json))::text, 2);
