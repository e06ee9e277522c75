-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 34_20261127153000_named_programs.py
CREATE OR REPLACE FUNCTION chaishots_tell_programs()
 RETURNS trigger
 LANGUAGE plpgsql
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    concerned uuid[];
begin
    if tg_op <> 'INSERT' then
        select array_agg(id) from old_rows where status = 'published' into concerned;
    end if;
    if tg_op <> 'DELETE' then
        concerned := concerned || array(select id from new_rows where status = 'published');
    end if;
    if tg_op = 'UPDATE' then
        if exists (select from new_rows where shows_coming_soon) then
            perform chaishots_wait_for_edits(array(
                select term.id from new_rows as later join old_rows as earlier using (id)
                       join term on term.program_id = later.id
                 where later.shows_coming_soon and not earlier.shows_coming_soon));
        end if;
    end if;
    if cardinality(concerned) > 0 then
        perform chaishots_tell(tg_table_name, array(select distinct unnest(concerned)));
    end if;
    return null;
end $function$;

CREATE TRIGGER tell_delete AFTER DELETE ON program REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_programs();

CREATE TRIGGER tell_insert AFTER INSERT ON program REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_programs();

CREATE TRIGGER tell_update AFTER UPDATE ON program REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_programs();
