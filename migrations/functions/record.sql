-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    recorded bigint;
    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');
begin
    if tg_op = 'INSERT' then
        insert into activity (actor, action, object_type, object_id, after)
        select chaishots_actor(), tg_table_name || '.create', tg_table_name, later.id, to_jsonb(later)
          from new_rows later order by later.id;
    elsif tg_op = 'DELETE' then
        insert into activity (actor, action, object_type, object_id, before)
        select chaishots_actor(), tg_table_name || '.delete', tg_table_name, earlier.id, to_jsonb(earlier)
          from old_rows earlier order by earlier.id;
    else
        insert into activity (actor, carried_out_by, action, object_type, object_id, before, after)
        with change as materialized (
            select later.id, to_jsonb(earlier) as before, to_jsonb(later) as after
              from new_rows later join old_rows earlier on earlier.id = later.id
             where earlier is distinct from later
        ), compared as materialized (
            select *, array(select key from jsonb_each(after) where value = before -> key) as unchanged from change
        )
        select coalesce(scheduled ->> id::text, chaishots_actor()),
               case when scheduled ? id::text then chaishots_actor() end,
               tg_table_name || '.' || chaishots_action(before, after), tg_table_name, id,
               before - unchanged, after - unchanged
          from compared
         where after - unchanged - array['version', 'updated_at'] <> '{}'
         order by (after ->> 'publish_at')::timestamptz, id;
    end if;
    get diagnostics recorded = row_count;
    if recorded > 0 then
        perform pg_notify('chaishots_content', tg_table_name || case when tg_table_name in ('program', 'topic', 'term', 'lesson', 'release') then ':' else '' end);
    end if;
    return null;
end $function$;

CREATE TRIGGER record_delete AFTER DELETE ON change REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON change REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_delete AFTER DELETE ON lesson REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_delete AFTER DELETE ON program REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON program REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_update AFTER UPDATE ON program REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_delete AFTER DELETE ON release REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON release REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_update AFTER UPDATE ON release REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_delete AFTER DELETE ON term REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON term REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_update AFTER UPDATE ON term REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_delete AFTER DELETE ON topic REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_insert AFTER INSERT ON topic REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();

CREATE TRIGGER record_update AFTER UPDATE ON topic REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record();
