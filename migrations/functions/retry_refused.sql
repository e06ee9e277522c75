-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_retry_refused()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    changed uuid[] := array(
        select later.id from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later);
begin
    if cardinality(changed) = 0 then
        return null;
    end if;
    update lesson set publish_error = null
     where id in (
        select lesson.id from lesson join term on term.id = lesson.term_id
         where lesson.publish_error is not null
           and case tg_table_name when 'program' then term.program_id else term.id end = any(changed)
           for update of lesson skip locked);
    return null;
end $function$;

CREATE TRIGGER zz_retry_refused AFTER UPDATE ON program REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_retry_refused();

CREATE TRIGGER zz_retry_refused AFTER UPDATE ON term REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_retry_refused();
