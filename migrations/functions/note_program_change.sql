-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 18_20261126193000_readers_and_changes.py
CREATE OR REPLACE FUNCTION chaishots_note_program_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_table_name = 'topic' then
        perform chaishots_note_change(array(select program_id from program_topic where topic_id = new.id));
        return null;
    end if;
    if tg_table_name = 'lesson' then
        perform chaishots_note_change(array(select program_id from term where id = old.term_id));
        return null;
    end if;
    perform chaishots_note_change(array[
        case when tg_op <> 'INSERT' then old.program_id end, case when tg_op <> 'DELETE' then new.program_id end]);
    return null;
end $function$;

CREATE TRIGGER note_change_delete AFTER DELETE ON lesson FOR EACH ROW WHEN (((old.published_at IS NOT NULL) OR ((old.status)::text = 'scheduled'::text))) EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change_move AFTER UPDATE OF term_id ON lesson FOR EACH ROW WHEN ((((old.published_at IS NOT NULL) OR ((old.status)::text = 'scheduled'::text)) AND (new.term_id <> old.term_id))) EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change AFTER INSERT OR DELETE ON program_topic FOR EACH ROW EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change_delete AFTER DELETE ON term FOR EACH ROW EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change_insert AFTER INSERT ON term FOR EACH ROW EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change_update AFTER UPDATE ON term FOR EACH ROW WHEN ((new.* IS DISTINCT FROM old.*)) EXECUTE FUNCTION chaishots_note_program_change();

CREATE TRIGGER note_change AFTER UPDATE ON topic FOR EACH ROW WHEN ((new.* IS DISTINCT FROM old.*)) EXECUTE FUNCTION chaishots_note_program_change();
