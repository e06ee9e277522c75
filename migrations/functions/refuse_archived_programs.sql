-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_refuse_archived_programs()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    hidden uuid[] := array(
        select later.id from new_rows later
          join term on term.id = later.term_id
          join program on program.id = term.program_id and program.status = 'archived'
         where later.status = 'published');
begin
    if cardinality(hidden) > 0 and exists (
        select from old_rows earlier where earlier.id = any(hidden) and earlier.status <> 'published'
    ) then
        perform chaishots_refuse('lesson_program_archived', 'the lesson''s program is archived');
    end if;
    return null;
end $function$;

CREATE TRIGGER refuse_archived_programs AFTER UPDATE ON lesson REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_refuse_archived_programs();
