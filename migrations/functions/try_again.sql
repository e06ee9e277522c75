-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_try_again(claims uuid[])
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    until constant timestamptz := clock_timestamp() + interval '20 ms';
    had uuid[] := array(select id from lesson where id = any(claims) order by id for update skip locked);
    ends uuid[] := array(
        select id from lesson where id = any(had) and status in ('scheduled', 'published') and archive_at <= now());
    due uuid[] := array(
        select id from lesson where id = any(had) and id <> all(ends) and status = 'scheduled' and publish_at <= now()
           and release_id is null);
    sorted record := chaishots_sort_out(due);
    outcome record;
    candidate uuid;
    tried uuid[];
    wanted uuid[] := array(
        select id from change where id = any(claims) and status = 'scheduled' and release_id is null and apply_at <= now()
         order by apply_at, id for update skip locked);
begin
    delete from refusal
     where id = any(claims)
       and not exists (select from lesson where lesson.id = refusal.id)
       and not exists (select from release where release.id = refusal.id)
       and not exists (select from change where change.id = refusal.id);
    delete from refusal using change
     where change.id = refusal.id and change.id = any(claims)
       and (change.status <> 'scheduled' or change.error is null and (change.apply_at > now()) is not false);
    outcome := chaishots_apply_changes(chaishots_sort_out_changes(wanted), until);
    return query select * from chaishots_told_changes(outcome.done, outcome.failed);
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, outcome.trouble
     where outcome.trouble is not null;
    delete from refusal using lesson
     where lesson.id = refusal.id and lesson.id = any(had) and lesson.id <> all(ends || due)
       and lesson.publish_error is null;
    update refusal set retry_at = least(
           case when lesson.release_id is null and lesson.status = 'scheduled' then lesson.publish_at end,
           lesson.archive_at)
      from lesson where lesson.id = refusal.id and lesson.id = any(had) and lesson.id <> all(ends || due);

    outcome := chaishots_isolate(ends, 'archive', clock_timestamp(), until);
    tried := outcome.done || array(select (entry ->> 'id')::uuid from jsonb_array_elements(outcome.failed) as entry);
    delete from refusal where id = any(outcome.done);
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, outcome.trouble
     where outcome.trouble is not null;
    return query
    select 'archived', id, title, archive_at, version, null::jsonb from lesson where id = any(outcome.done);
    return query
    select 'failed', lesson.id, title, archive_at, version, entry
      from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;

    outcome := chaishots_isolate(sorted.ready, 'publish', clock_timestamp(), until);
    tried := tried || sorted.blocked || outcome.done
             || array(select (entry ->> 'id')::uuid from jsonb_array_elements(outcome.failed) as entry);
    delete from refusal where id = any(outcome.done);
    -- For which there was no time, or no room on the disk: next.
    update refusal set retry_at = clock_timestamp() where id = any(ends || due) and id <> all(tried);
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, outcome.trouble
     where outcome.trouble is not null;
    return query
    select 'published', id, title, publish_at, version, null::jsonb from lesson where id = any(outcome.done);
    return query
    select 'failed', lesson.id, title, publish_at, version, entry
      from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;
    return query
    select 'blocked', lesson.id, lesson.title, lesson.publish_at, lesson.version, jsonb_build_object(
               'status', program.status, 'language', program.language_primary,
               'posters', program.posters -> program.language_primary)
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.id = any(sorted.blocked);

    for candidate in
        select id from release where id = any(claims) and status = 'scheduled' and publish_at <= now() order by id
    loop
        return query select * from chaishots_try_release(candidate, 2147483647);
    end loop;
    delete from refusal using release
     where release.id = refusal.id and release.id = any(claims)
       and (release.status <> 'scheduled' or release.publish_error is null and release.publish_at > now());
end $function$;
