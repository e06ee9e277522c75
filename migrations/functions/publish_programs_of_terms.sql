-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 4_20261124182000_closer_rules.py
CREATE OR REPLACE FUNCTION chaishots_publish_programs_of_terms()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    update program
       set status = 'published', published_at = coalesce(program.published_at, first.published_at)
      from (select later.program_id, min(lesson.published_at) as published_at
              from new_rows later join old_rows earlier on earlier.id = later.id
              join lesson on lesson.term_id = later.id and lesson.status = 'published'
             where later.program_id <> earlier.program_id group by later.program_id) as first
     where program.id = first.program_id and program.status = 'draft';
    return null;
end $function$;

CREATE TRIGGER zz_publish_programs AFTER UPDATE ON term REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_publish_programs_of_terms();
