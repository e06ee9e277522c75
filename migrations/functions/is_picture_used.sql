-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 14_20261126153000_pictures.py
CREATE OR REPLACE FUNCTION chaishots_is_picture_used(picture_id text)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN ((EXISTS (SELECT FROM program WHERE (chaishots_picture_ids(program.posters) @> ARRAY[chaishots_is_picture_used.picture_id]))) OR (EXISTS (SELECT FROM lesson WHERE (chaishots_picture_ids(lesson.thumbnails) @> ARRAY[chaishots_is_picture_used.picture_id]))));
