-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_translated(translations jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT string_agg((said.said #>> '{}'::text[]), ' '::text) AS string_agg FROM jsonb_path_query(chaishots_translated.translations, '$.*.*'::jsonpath) said(said));
