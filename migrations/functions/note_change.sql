-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 18_20261126193000_readers_and_changes.py
CREATE OR REPLACE FUNCTION chaishots_note_change(programs uuid[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    insert into program_change (program_id, changed_at)
    select id, clock_timestamp() from program where id = any(programs) order by id
        on conflict (program_id) do update set changed_at = excluded.changed_at
$function$;
