-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 49_20261128231000_many_lessons.py
CREATE OR REPLACE FUNCTION chaishots_tell_lessons()
 RETURNS trigger
 LANGUAGE plpgsql
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
    shown uuid[];
    others uuid[];
    concerned uuid[];
    is_timed boolean;
    many constant integer := 50;
    number integer := 0;
begin
    if tg_op <> 'INSERT' then
        select array_agg(distinct term_id) filter (where status in ('scheduled', 'published') or published_at is not null),
               array_agg(distinct term_id) filter (where status not in ('scheduled', 'published') and published_at is null),
               bool_or(status = 'scheduled' or archive_at is not null)
          from old_rows into shown, others, is_timed;
    end if;
    if tg_op <> 'DELETE' then
        select shown || array_agg(distinct term_id) filter (
                            where status in ('scheduled', 'published') or published_at is not null),
               others || array_agg(distinct term_id) filter (
                            where status not in ('scheduled', 'published') and published_at is null),
               is_timed or bool_or(status = 'scheduled' or archive_at is not null), count(*)
          from new_rows into shown, others, is_timed, number;
    end if;
    if others is not null and exists (select from program where shows_coming_soon) then
        shown := shown || array(
            select term.id from term join program on program.id = term.program_id
             where term.id = any(others) and program.shows_coming_soon);
    end if;
    if cardinality(shown) > 0 then
        -- Null where its term is deleted with it: then it is not known any more.
        select array_agg(distinct program_id)
          from (select (select program_id from term where term.id = its.id) as program_id
                  from (select distinct unnest(shown) as id) as its) as found
          into concerned;
        perform chaishots_tell(
            tg_table_name, concerned, case when tg_op = 'UPDATE' and not is_timed then 'edited'
                                          when number >= many then 'many' else '' end);
    end if;
    return null;
end $function$;

CREATE TRIGGER tell_delete AFTER DELETE ON lesson REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_lessons();

CREATE TRIGGER tell_insert AFTER INSERT ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_lessons();

CREATE TRIGGER tell_update AFTER UPDATE ON lesson REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_lessons();
