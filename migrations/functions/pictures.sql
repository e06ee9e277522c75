-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 26_20261127013000_shown_ready.py
CREATE OR REPLACE FUNCTION chaishots_pictures(assets jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(by_tag.tag, by_tag.shown) AS jsonb_object_agg FROM (SELECT chaishots_pictures_in.tag, jsonb_object_agg(chaishots_pictures_in.variant, (chaishots_picture(chaishots_pictures_in.pictured, "substring"(chaishots_pictures_in.url, '^(.*)/pictures/[0-9a-f]{64}'::text)) || CASE WHEN ((chaishots_pictures_in.pictured).alt ? chaishots_pictures_in.tag) THEN jsonb_build_object('alt', ((chaishots_pictures_in.pictured).alt -> chaishots_pictures_in.tag)) ELSE '{}'::jsonb END)) AS shown FROM chaishots_pictures_in(chaishots_pictures.assets) chaishots_pictures_in(tag, variant, url, pictured) GROUP BY chaishots_pictures_in.tag) by_tag);
