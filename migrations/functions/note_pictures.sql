-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 14_20261126153000_pictures.py
CREATE OR REPLACE FUNCTION chaishots_note_pictures()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    before text[] := case when tg_op = 'INSERT' then '{}' else chaishots_picture_ids(to_jsonb(old) -> tg_argv[0]) end;
    after text[] := case when tg_op = 'DELETE' then '{}' else chaishots_picture_ids(to_jsonb(new) -> tg_argv[0]) end;
begin
    perform from picture where id = any(after) and id <> all(before) order by id for key share;
    update picture set unused_since = null where id = any(after) and unused_since is not null;
    update picture set unused_since = clock_timestamp()
     where id = any(before) and id <> all(after) and unused_since is null and not chaishots_is_picture_used(id);
    return null;
end $function$;

CREATE TRIGGER note_pictures_delete AFTER DELETE ON lesson FOR EACH ROW WHEN (((old.thumbnails)::text ~~ '%/pictures/%'::text)) EXECUTE FUNCTION chaishots_note_pictures('thumbnails');

CREATE TRIGGER note_pictures_insert AFTER INSERT ON lesson FOR EACH ROW WHEN (((new.thumbnails)::text ~~ '%/pictures/%'::text)) EXECUTE FUNCTION chaishots_note_pictures('thumbnails');

CREATE TRIGGER note_pictures_update AFTER UPDATE OF thumbnails ON lesson FOR EACH ROW WHEN (((new.thumbnails IS DISTINCT FROM old.thumbnails) AND (((old.thumbnails)::text || (new.thumbnails)::text) ~~ '%/pictures/%'::text))) EXECUTE FUNCTION chaishots_note_pictures('thumbnails');

CREATE TRIGGER note_pictures_delete AFTER DELETE ON program FOR EACH ROW WHEN (((old.posters)::text ~~ '%/pictures/%'::text)) EXECUTE FUNCTION chaishots_note_pictures('posters');

CREATE TRIGGER note_pictures_insert AFTER INSERT ON program FOR EACH ROW WHEN (((new.posters)::text ~~ '%/pictures/%'::text)) EXECUTE FUNCTION chaishots_note_pictures('posters');

CREATE TRIGGER note_pictures_update AFTER UPDATE OF posters ON program FOR EACH ROW WHEN (((new.posters IS DISTINCT FROM old.posters) AND (((old.posters)::text || (new.posters)::text) ~~ '%/pictures/%'::text))) EXECUTE FUNCTION chaishots_note_pictures('posters');
