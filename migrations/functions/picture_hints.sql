-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 26_20261127013000_shown_ready.py
CREATE OR REPLACE FUNCTION chaishots_picture_hints(member text, assets jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN ((assets)::text !~~ '%/pictures/%'::text) THEN '[]'::jsonb ELSE COALESCE((SELECT jsonb_agg(jsonb_build_object('field', concat_ws('.'::text, chaishots_picture_hints.member, chaishots_pictures_in.tag, chaishots_pictures_in.variant), 'message', format('The picture is %s by %s: as %s it is best %s, or it will be cut.'::text, (chaishots_pictures_in.pictured).width, (chaishots_pictures_in.pictured).height, chaishots_pictures_in.variant, wanted.ratio)) ORDER BY chaishots_pictures_in.tag, chaishots_pictures_in.variant) AS jsonb_agg FROM (chaishots_pictures_in(chaishots_picture_hints.assets) chaishots_pictures_in(tag, variant, url, pictured) JOIN (VALUES ('portrait'::text,'2:3'::text,((2)::numeric / 3.0)), ('landscape'::text,'16:9'::text,((16)::numeric / 9.0)), ('square'::text,'1:1'::text,1.0), ('banner'::text,'3:1'::text,3.0)) wanted(shape, ratio, aspect) ON ((wanted.shape = chaishots_pictures_in.variant))) WHERE (abs((((((chaishots_pictures_in.pictured).width)::numeric / ((chaishots_pictures_in.pictured).height)::numeric) / wanted.aspect) - (1)::numeric)) > 0.05)), '[]'::jsonb) END;
