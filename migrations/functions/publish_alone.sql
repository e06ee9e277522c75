-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_publish_alone(actor text, key uuid)
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
    perform set_config('chaishots.actor', actor, true);
    lock table lesson, term, program, release, change, activity, refusal in row exclusive mode;
    set constraints all immediate;
    -- Put off first, in case it can be had by nobody now.
    update refusal set retry_at = clock_timestamp() + interval '10 s' where id = key;
    return query select * from chaishots_try_again(array[key]);
    return query select * from chaishots_publish_due(actor, 0);
end $function$;
