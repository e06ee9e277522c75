-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_bound_programs(programs uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if exists (select from term where program_id = any(programs) group by program_id having count(*) > 200) then
        perform chaishots_refuse('program_terms', 'a program has 200 terms at most');
    end if;
    if exists (select from lesson join term on term.id = lesson.term_id
                where term.program_id = any(programs) group by term.program_id having count(*) > 10000) then
        perform chaishots_refuse('program_lessons', 'a program has 10,000 lessons at most');
    end if;
end $function$;
