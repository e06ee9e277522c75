-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 7_20261126105000_refusals.py
CREATE OR REPLACE FUNCTION chaishots_sort_out(ids uuid[], OUT ready uuid[], OUT blocked uuid[], OUT shut uuid[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    hidden uuid[] := array(
        select distinct program.id from lesson join term on term.id = lesson.term_id
          join program on program.id = term.program_id
         where lesson.id = any(ids) and program.status <> 'published');
    had uuid[] := array(
        select id from program where id = any(hidden) order by id for no key update skip locked);
    fit uuid[] := array(
        select id from program where id = any(had)
           and (status = 'published'
                or status = 'draft' and chaishots_has_required_variants(posters, language_primary)));
begin
    select coalesce(array_agg(lesson.id order by lesson.publish_at, lesson.id)
               filter (where program_id <> all(hidden) or program_id = any(fit)), '{}'),
           coalesce(array_agg(lesson.id) filter (where program_id = any(had) and program_id <> all(fit)), '{}')
      from lesson join term on term.id = lesson.term_id where lesson.id = any(ids)
      into ready, blocked;
    shut := array(select id from term where program_id = any(hidden) and program_id <> all(fit));
end $function$;
