-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 26_20261127013000_shown_ready.py
CREATE OR REPLACE FUNCTION chaishots_picture(pictured picture, base text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (('{'::text || replace((pictured).as_shown, '"/pictures/'::text, ("left"((to_json(base))::text, '-1'::integer) || '/pictures/'::text))))::jsonb;
