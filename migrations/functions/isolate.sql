-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 48_20261128145500_cheaper_passes.py
CREATE OR REPLACE FUNCTION chaishots_isolate(ids uuid[], step text, moment timestamp with time zone, until timestamp with time zone, OUT done uuid[], OUT failed jsonb, OUT cause jsonb, OUT trouble jsonb, OUT is_unfinished boolean)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    patience constant integer := 12;
    total integer;
    first integer := 1;
    path constant text := current_setting('search_path');
    width integer;
    suspect integer := 0;
    failed_at integer := 0;
    is_counted boolean := true;
    updates bigint;
    steps bigint;
    before integer;
    attempts integer;
    troubles integer := 0;
    is_done boolean;
    moved uuid[];
    failure jsonb;
    failures jsonb[] := '{}';
    errcode text;
    rule text;
    message text;
    context text;
begin
    -- In the order in which their rows are stored, as the step is taken: so that a count tells one.
    if step <> 'change' and cardinality(ids) <> 1 then
        ids := array(select key from unnest(ids) with ordinality as wanted (key, place)
                      left join lesson on id = key order by lesson.ctid, place);
    end if;
    done := '{}';
    is_unfinished := false;
    total := cardinality(ids);
    width := total;
    while first <= total loop
        width := least(width, total - first + 1);
        attempts := 0;
        loop
            attempts := attempts + 1;
            updates := pg_stat_get_xact_tuples_updated('lesson'::regclass);
            steps := nextval('lesson_steps');
            begin
                moved := chaishots_take_step(ids[first:first + width - 1], step, moment);
                -- A trigger may have set another for the session, by which we would find nothing of ours.
                if current_setting('search_path') <> path then
                    perform set_config('search_path', path, false);
                end if;
                is_done := true;
            exception when query_canceled or assert_failure or others then
                get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text,
                    context = pg_exception_context;
                is_done := false;
                updates := pg_stat_get_xact_tuples_updated('lesson'::regclass) - updates;
                steps := currval('lesson_steps') - steps;
                before := case when updates < width then updates when steps < width then steps else width end;
                if chaishots_gave_up(errcode, context) then
                    -- At which, if that can be told: as above.
                    raise exception using errcode = errcode, message = message,
                        detail = 'chaishots gave up: ' || jsonb_build_object(
                            'lessons', width,
                            'key', case when width = 1 then ids[first]
                                        when is_counted and before < width then ids[first + before] end)::text;
                end if;
            end;
            -- Somebody else's transaction may have been in the way, and be gone now.
            exit when is_done or width > 1 or attempts = 2 or errcode !~ '^(40|55P03)';
        end loop;

        if is_done then
            done := done || moved;
            if cardinality(moved) < width then
                -- A trigger may also leave a row as it is, without an error; or put it off, or take it away.
                failures := failures || array(
                    select chaishots_failure(id, '27000', '', 'a trigger left the lesson as it was', 'RAISE')
                      from lesson
                     where id = any(ids[first:first + width - 1]) and id <> all(moved)
                       and case step when 'publish' then status = 'scheduled' and publish_at <= clock_timestamp()
                                     else status in ('scheduled', 'published') and archive_at <= clock_timestamp() end);
                cause := coalesce(cause, failures[cardinality(failures)]);
            end if;
            is_counted := is_counted and suspect <> first;
            first := first + width;
            if suspect = first then
                width := 1;
            else
                suspect := 0;
                width := greatest(width, (first - failed_at) / 2);
            end if;
        else
            failure := chaishots_failure(ids[first], errcode, rule, message, context);
            cause := coalesce(cause, failure);
            if chaishots_is_of_all(failure) then
                trouble := failure;
                troubles := troubles + 1;
                exit when troubles = patience;
            end if;
            if width = 1 then
                if not chaishots_is_of_all(failure) then
                    failures := failures || failure;
                end if;
                -- The next one is as far away, perhaps; half of that is not much to have tried in vain.
                width := greatest(1, (first - failed_at) / 2);
                failed_at := first;
                first := first + 1;
                suspect := 0;
            elsif is_counted and suspect = 0 and before < width then
                suspect := first + before;
                width := greatest(1, before);
            else
                is_counted := is_counted and suspect = 0 and before < width;
                suspect := 0;
                width := width / 8 + 1;
            end if;
        end if;
        if clock_timestamp() > until and (done <> '{}' or failures <> '{}') then
            is_unfinished := first <= total;
            exit;
        end if;
    end loop;
    failed := to_jsonb(failures);
    is_unfinished := is_unfinished or trouble is not null and first <= total;
end $function$;
