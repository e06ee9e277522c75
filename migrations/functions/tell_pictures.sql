-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 15_20261126154500_shown_pictures.py
CREATE OR REPLACE FUNCTION chaishots_tell_pictures()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'UPDATE' then
        insert into activity (actor, action, object_type, object_id, before, after)
        values (chaishots_actor(), 'picture.change', 'picture', left(new.id, 32)::uuid,
                jsonb_build_object('alt', old.alt), jsonb_build_object('alt', new.alt));
    end if;
    perform pg_notify('chaishots_content', 'picture');
    return null;
end $function$;

CREATE TRIGGER tell_insert AFTER INSERT ON picture FOR EACH ROW WHEN ((new.unused_since IS NULL)) EXECUTE FUNCTION chaishots_tell_pictures();

CREATE TRIGGER tell_update AFTER UPDATE OF alt ON picture FOR EACH ROW WHEN ((new.alt IS DISTINCT FROM old.alt)) EXECUTE FUNCTION chaishots_tell_pictures();
