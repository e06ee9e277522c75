-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_bound_topics()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if exists (select from program_topic where program_id in (select program_id from new_rows)
                group by program_id having count(*) > 50) then
        perform chaishots_refuse('program_topics', 'a program has 50 topics at most');
    end if;
    return null;
end $function$;

CREATE TRIGGER bound_topics AFTER INSERT ON program_topic REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_bound_topics();
