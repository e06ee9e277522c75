-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_try_release(key uuid, room integer)
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    its release;
    parts uuid[];
    changes uuid[];
    whole integer;
    sorted record;
    is_done boolean := false;
    attempts integer := 0;
    errcode text;
    rule text;
    message text;
    culprits text;
    context text;
    failure jsonb;
begin
    -- The release before its lessons: one that is about to join it holds it locked, or waits until it is gone.
    select * from release where id = key and status = 'scheduled' and publish_at <= now()
       for update skip locked into its;
    if not found then
        return query select 'held', key, null::text, null::timestamptz, null::integer, null::jsonb;
        return;
    end if;
    parts := array(
        select id from lesson where release_id = key and status = 'scheduled' order by id for update skip locked);
    changes := array(
        select id from change where release_id = key and status = 'scheduled' order by id for update skip locked);
    whole := cardinality(parts) + cardinality(changes);
    sorted := chaishots_sort_out(parts);
    if cardinality(parts) < (select count(*) from lesson where release_id = key and status = 'scheduled')
       or cardinality(changes) < (select count(*) from change where release_id = key and status = 'scheduled')
       or cardinality(chaishots_sort_out_changes(changes)) < cardinality(changes)
       or cardinality(sorted.ready) + cardinality(sorted.blocked) < cardinality(parts) then
        return query select 'held', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    if exists (select from lesson where id = any(parts) and archive_at <= now()) then
        -- Its end goes first; if that was refused, so is the release.
        return query
        select case when refusal.id is null then 'held' else 'failed' end, lesson.id, lesson.title, lesson.publish_at,
               lesson.version, jsonb_build_object('release', key, 'reason', refusal.reason)
          from lesson left join refusal on refusal.id = lesson.id and refusal.version = lesson.version
         where lesson.id = any(parts) and archive_at <= now();
        return query select 'release', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    if cardinality(sorted.blocked) > 0 and not exists (
        select from change where id = any(changes) and object_type = 'program'
           and (patch ? 'posters' or patch ? 'language_primary')) then
        return query
        select 'blocked', lesson.id, lesson.title, lesson.publish_at, lesson.version, jsonb_build_object(
                   'release', key, 'status', program.status, 'language', program.language_primary,
                   'posters', program.posters -> program.language_primary)
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         where lesson.id = any(sorted.blocked) order by lesson.id;
        return query select 'release', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    if whole > room then
        return query select 'full', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    while not is_done and attempts < 2 loop
        attempts := attempts + 1;
        begin
            -- The lessons follow within the statement: the trigger zz_carry_out_releases.
            update release set status = 'published' where id = key and status = 'scheduled'
            returning status = 'published' into is_done;
            set constraints all immediate;
            if is_done is not true then
                raise triggered_data_change_violation using message = 'a trigger left the release as it was';
            end if;
        exception when query_canceled or assert_failure or others then
            is_done := false;
            get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text,
                culprits = pg_exception_detail, context = pg_exception_context;
            if culprits like 'chaishots gave up: %' or chaishots_gave_up(errcode, context) then
                raise exception using errcode = errcode, message = message,
                    detail = 'chaishots gave up: ' || jsonb_build_object(
                        'key', key, 'lessons', whole,
                        'culprit', case when culprits like 'chaishots gave up: %'
                                        then substr(culprits, 20)::jsonb -> 'key' end)::text;
            end if;
            exit when errcode !~ '^(40|55P03)';
        end;
    end loop;
    if is_done then
        return query select 'released', key, its.name, its.publish_at, its.version, null::jsonb;
        return query
        select 'published', lesson.id, lesson.title, lesson.publish_at, lesson.version, null::jsonb
          from lesson where lesson.id = any(parts) order by lesson.id;
        return query select 'applied', named.*, null::jsonb from chaishots_named_changes(changes) as named;
        return;
    end if;
    -- What its lessons were refused for is raised again.
    failure := chaishots_failure(
        key, errcode, rule, message, case when culprits = 'chaishots: []' then '' else context end);
    if chaishots_is_of_all(failure) then
        return query select 'trouble', key, its.name, its.publish_at, its.version, failure;
        return;
    end if;
    if culprits like 'chaishots: [%' then
        return query
        select 'failed', lesson.id, lesson.title, lesson.publish_at, lesson.version,
               culprit || jsonb_build_object('release', key)
          from jsonb_array_elements(substr(culprits, 12)::jsonb) as culprit
          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;
        return query
        select 'unapplied', named.id, named.title, named.apply_at, named.version,
               culprit || jsonb_build_object('release', key)
          from jsonb_array_elements(substr(culprits, 12)::jsonb) as culprit
         cross join chaishots_named_changes(array[(culprit ->> 'id')::uuid]) as named order by named.id;
    end if;
    return query select 'release', key, its.name, its.publish_at, its.version, failure - 'id';
end $function$;
