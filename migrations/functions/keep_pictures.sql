-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 14_20261126153000_pictures.py
CREATE OR REPLACE FUNCTION chaishots_keep_pictures()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'UPDATE' then
        perform chaishots_refuse('picture_immutable', 'a picture stays what it is');
    elsif chaishots_is_picture_used(old.id) then
        perform chaishots_refuse('picture_used', 'the picture is used');
    end if;
    return old;
end $function$;

CREATE TRIGGER keep_pictures_delete BEFORE DELETE ON picture FOR EACH ROW EXECUTE FUNCTION chaishots_keep_pictures();

CREATE TRIGGER keep_pictures_update BEFORE UPDATE ON picture FOR EACH ROW WHEN ((((((((new.id)::text IS DISTINCT FROM (old.id)::text) OR (new.width IS DISTINCT FROM old.width)) OR (new.height IS DISTINCT FROM old.height)) OR (new.colour IS DISTINCT FROM old.colour)) OR (new.variants IS DISTINCT FROM old.variants)) OR (new.created_at IS DISTINCT FROM old.created_at))) EXECUTE FUNCTION chaishots_keep_pictures();
