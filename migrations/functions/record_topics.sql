-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_record_topics()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    recorded bigint;
    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');
begin
    if tg_op = 'INSERT' then
        insert into activity (actor, carried_out_by, action, object_type, object_id, after)
        select coalesce(scheduled ->> later.program_id::text, chaishots_actor()),
               case when scheduled ? later.program_id::text then chaishots_actor() end, 'program.add_topic', 'program', later.program_id, jsonb_build_object('topic_id', later.topic_id)
          from new_rows later order by later.program_id, later.topic_id;
    else
        insert into activity (actor, carried_out_by, action, object_type, object_id, before)
        select coalesce(scheduled ->> earlier.program_id::text, chaishots_actor()),
               case when scheduled ? earlier.program_id::text then chaishots_actor() end, 'program.remove_topic', 'program', earlier.program_id, jsonb_build_object('topic_id', earlier.topic_id)
          from old_rows earlier order by earlier.program_id, earlier.topic_id;
    end if;
    get diagnostics recorded = row_count;
    if recorded > 0 then
        perform pg_notify('chaishots_content', tg_table_name || ':');
    end if;
    return null;
end $function$;

CREATE TRIGGER record_delete AFTER DELETE ON program_topic REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_topics();

CREATE TRIGGER record_insert AFTER INSERT ON program_topic REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_topics();
