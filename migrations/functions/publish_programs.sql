-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 48_20261128145500_cheaper_passes.py
CREATE OR REPLACE FUNCTION chaishots_publish_programs()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    -- Mostly there is none. Nor is there of a statement that changed no row, which fires its triggers too: without
    -- this the two would call each other for ever.
    if not exists (select from new_rows later join term on term.id = later.term_id
                     join program on program.id = term.program_id
                    where later.status = 'published' and program.status = 'draft') then
        return null;
    end if;
    update program
       set status = 'published', published_at = coalesce(program.published_at, first.published_at)
      from (select term.program_id, min(later.published_at) as published_at
              from new_rows later join term on term.id = later.term_id
             where later.status = 'published' group by term.program_id) as first
     where program.id = first.program_id and program.status = 'draft';
    -- A trigger may leave a row as it is, without an error; its lessons would be published, and seen by nobody.
    if exists (select from new_rows later join term on term.id = later.term_id
                 join program on program.id = term.program_id
                where later.status = 'published' and program.status = 'draft') then
        raise exception using errcode = '27000', message = 'a trigger left the program as it was';
    end if;
    return null;
end $function$;

CREATE TRIGGER zz_publish_programs_insert AFTER INSERT ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_publish_programs();

CREATE TRIGGER zz_publish_programs_update AFTER UPDATE ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_publish_programs();
