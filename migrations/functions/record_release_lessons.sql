-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 34_20261127153000_named_programs.py
CREATE OR REPLACE FUNCTION chaishots_record_release_lessons()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op <> 'INSERT' and old.release_id is not null then
        insert into activity (actor, action, object_type, object_id, before)
        values (chaishots_actor(), 'release.remove_lesson', 'release', old.release_id, jsonb_build_object('lesson_id', old.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = old.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    if tg_op <> 'DELETE' and new.release_id is not null then
        insert into activity (actor, action, object_type, object_id, after)
        values (chaishots_actor(), 'release.add_lesson', 'release', new.release_id, jsonb_build_object('lesson_id', new.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = new.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    perform pg_notify('chaishots_content', 'release:');
    return null;
end $function$;

CREATE TRIGGER record_release_delete AFTER DELETE ON lesson FOR EACH ROW WHEN ((old.release_id IS NOT NULL)) EXECUTE FUNCTION chaishots_record_release_lessons();

CREATE TRIGGER record_release_insert AFTER INSERT ON lesson FOR EACH ROW WHEN ((new.release_id IS NOT NULL)) EXECUTE FUNCTION chaishots_record_release_lessons();

CREATE TRIGGER record_release_update AFTER UPDATE ON lesson FOR EACH ROW WHEN ((new.release_id IS DISTINCT FROM old.release_id)) EXECUTE FUNCTION chaishots_record_release_lessons();
