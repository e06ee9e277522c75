-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 41_20261128023000_history_kept_for_days.py
CREATE OR REPLACE FUNCTION chaishots_keep_activity()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    callers text;
begin
    get diagnostics callers = pg_context;
    if tg_op = 'DELETE' and callers ~ '\mchaishots_prune_activity\(timestamp' then
        return null;
    end if;
    perform chaishots_refuse('activity_append_only', 'the history is only ever added to');
    return null;
end $function$;

CREATE TRIGGER activity_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON activity FOR EACH STATEMENT EXECUTE FUNCTION chaishots_keep_activity();
