-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 48_20261128145500_cheaper_passes.py
CREATE OR REPLACE FUNCTION chaishots_publish_due(actor text, batch integer)
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    began constant timestamptz := clock_timestamp();
    patience constant interval := '400 ms';
    is_warm_up constant boolean := batch = 0;
    size integer := batch;
    outcome record;
    ends uuid[];
    due uuid[];
    hidden boolean;
    asked integer;
    newest boolean := false;
    sorted record;
    ready uuid[] := '{}';
    blocked uuid[] := '{}';
    shut uuid[] := '{}';
    claims uuid[] := '{}';
    candidate record;
    line record;
    went integer;
    room integer;
    is_full boolean := false;
    is_held boolean := false;
    is_unfinished boolean := false;
    failed jsonb;
    trouble jsonb;
    waiting uuid[] := '{}';
    noted bigint;
    are_noted boolean;
    alone jsonb;
    wanted uuid[];
    changes uuid[] := '{}';
begin
    perform set_config('chaishots.actor', actor, true);
    -- Who holds a whole table holds up all of it, for nothing that a lesson could be blamed for: told as that.
    lock table lesson, term, program, release, change, activity, refusal in row exclusive mode;
    -- What a deferred trigger refuses is to be found here, and not in the commit.
    set constraints all immediate;

    -- What falls due while a batch runs waits for its end: then a batch is to be small.
    if (size > 200 or is_warm_up) and (
       exists (select from lesson where status = 'scheduled' and publish_error is null and release_id is null
                  and publish_at > now() and publish_at < now() + interval '200 ms')
       or exists (select from release where status = 'scheduled' and publish_error is null
                     and publish_at > now() and publish_at < now() + interval '200 ms')
       or exists (select from lesson where archive_at is not null and status in ('scheduled', 'published')
                     and publish_error is null and archive_at > now() and archive_at < now() + interval '200 ms')
       or exists (select from change where status = 'scheduled' and error is null
                     and apply_at > now() and apply_at < now() + interval '200 ms')) then
        size := least(size, 200);
    end if;

    ends := array(select id from lesson where lesson.archive_at is not null and lesson.status in ('scheduled', 'published')
           and lesson.publish_error is null and lesson.archive_at <= now() and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version order by archive_at, id limit size for update skip locked);
    if cardinality(ends) >= size then
        -- More than can be taken at once. What has just fallen due need not wait for all that was before it.
        is_full := true;
        ends := ends || array(
            select id from lesson where lesson.archive_at is not null and lesson.status in ('scheduled', 'published')
           and lesson.publish_error is null and lesson.archive_at <= now() and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version and archive_at > now() - interval '1 s' and id <> all(ends)
             order by archive_at desc, id limit size / 4 for update skip locked);
    end if;
    failed := '[]';
    went := 0;
    if ends <> '{}' or is_warm_up then
        outcome := chaishots_isolate(ends, 'archive', clock_timestamp(), began + patience);
        is_unfinished := outcome.is_unfinished;
        failed := outcome.failed;
        trouble := outcome.trouble;
        went := cardinality(outcome.done) + jsonb_array_length(outcome.failed);
        return query
        select 'archived', id, title, archive_at, version, null::jsonb
          from lesson where id = any(outcome.done) order by archive_at, id;
        return query
        select 'failed', lesson.id, title, archive_at, version, entry
          from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;
    end if;

    -- Before what is published at the same moment: a program's posters may come just in time.
    wanted := array(select id from change where change.status = 'scheduled' and change.error is null and change.release_id is null and change.apply_at <= now()
           and (select refusal.version from refusal
                where refusal.id = change.id and not refusal.is_told) is distinct from change.version
        order by apply_at, id limit size for update skip locked);
    if wanted <> '{}' then
        is_full := is_full or cardinality(wanted) >= size;
        changes := chaishots_sort_out_changes(wanted);
        outcome := chaishots_apply_changes(changes, clock_timestamp() + patience);
        is_unfinished := is_unfinished or outcome.is_unfinished;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        went := went + cardinality(outcome.done) + jsonb_array_length(outcome.failed);
        return query select * from chaishots_told_changes(outcome.done, outcome.failed);
    end if;

    loop
        -- Locked before it is joined: the other way round, the planner sorts the whole of a backlog for each batch.
        if newest then
            asked := size / 4;
            with locked as materialized (
                select id, term_id, publish_at from lesson
                 where lesson.status = 'scheduled' and lesson.publish_error is null and lesson.release_id is null
           and lesson.publish_at <= now() and (lesson.archive_at is null or lesson.archive_at > now())
           and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version and publish_at > now() - interval '1 s' and term_id <> all(shut) and id <> all(ready)
                 order by publish_at desc, id limit asked for update skip locked)
            select array_agg(locked.id), bool_or(program.status <> 'published')
              from locked join term on term.id = locked.term_id join program on program.id = term.program_id
              into due, hidden;
        else
            asked := size - cardinality(ready);
            with locked as materialized (
                select id, term_id, publish_at from lesson where lesson.status = 'scheduled' and lesson.publish_error is null and lesson.release_id is null
           and lesson.publish_at <= now() and (lesson.archive_at is null or lesson.archive_at > now())
           and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version and term_id <> all(shut) and id <> all(ready)
                 order by publish_at, id limit asked for update skip locked)
            select array_agg(locked.id), bool_or(program.status <> 'published')
              from locked join term on term.id = locked.term_id join program on program.id = term.program_id
              into due, hidden;
        end if;
        due := coalesce(due, '{}');
        if hidden then
            sorted := chaishots_sort_out(due);
            ready := ready || sorted.ready;
            blocked := blocked || sorted.blocked;
            shut := shut || sorted.shut;
        else
            ready := ready || due;
        end if;
        exit when newest or cardinality(due) < asked;
        if cardinality(ready) >= size then
            is_full := true;
            newest := true;
        elsif cardinality(blocked) >= size then
            is_full := true;
            exit;
        end if;
    end loop;
    if ready <> '{}' or is_warm_up then
        outcome := chaishots_isolate(ready, 'publish', clock_timestamp(), clock_timestamp() + patience);
        is_unfinished := is_unfinished or outcome.is_unfinished;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        went := went + cardinality(outcome.done) + jsonb_array_length(outcome.failed);
        return query
        select 'published', id, title, publish_at, version, null::jsonb
          from lesson where id = any(outcome.done) order by publish_at, id;
        return query
        select 'failed', lesson.id, title, publish_at, version, entry
          from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;
    end if;

    if blocked <> '{}' or is_warm_up then
        went := went + cardinality(blocked);
        return query
        select 'blocked', lesson.id, lesson.title, lesson.publish_at, lesson.version, jsonb_build_object(
                   'status', program.status, 'language', program.language_primary,
                   'posters', program.posters -> program.language_primary)
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         where lesson.id = any(blocked);
    end if;

    noted := 0;
    if failed <> '[]' or blocked <> '{}' or is_warm_up then
        begin
            insert into refusal (id, reason, version, retry_at, is_told)
            select noted.id, noted.reason, thing.version, clock_timestamp() + chaishots_pause(0), false
              from (select (entry ->> 'id')::uuid as id,
                           format('%s (%s)', entry ->> 'message', entry ->> 'errcode') as reason
                      from jsonb_array_elements(failed) as entry
                     where went > jsonb_array_length(failed) + cardinality(blocked)
                        or not chaishots_may_be_of_all(entry)
                     union all
                    select key, 'its program is not public and cannot become so' from unnest(blocked) as key) as noted
              join (select id, version from lesson union all select id, version from change) as thing
                on thing.id = noted.id
            on conflict (id) do update
               set reason = excluded.reason, version = excluded.version, retry_at = excluded.retry_at, is_told = false,
                   goes_alone = false;
            get diagnostics noted = row_count;
        exception when assert_failure or others then
            noted := 0;
        end;
    end if;
    are_noted := noted = jsonb_array_length(failed) + cardinality(blocked);

    -- A release goes with others as long as a batch has room, and else by itself: in the next batch, or, if
    -- it is larger than any, in a statement of its own.
    if not is_full and not is_unfinished and trouble is null and size > 0 then
        for candidate in
            select id from release
             where status = 'scheduled' and publish_error is null and publish_at <= now() and (select refusal.version from refusal
                where refusal.id = release.id and not refusal.is_told) is distinct from release.version
             order by publish_at, id
        loop
            room := size - went;
            for line in select * from chaishots_try_release(candidate.id, room) loop
                if line.what = 'full' and went = 0 then
                    alone := jsonb_build_object('key', line.id, 'seconds', 0, 'is_large', true, 'lessons', (
                        select count(*) from lesson where release_id = line.id and status = 'scheduled'));
                end if;
                is_full := is_full or line.what = 'full';
                is_held := is_held or line.what = 'held';
                if line.what = 'trouble' then
                    trouble := line.facts;
                end if;
                if line.what in ('released', 'published', 'applied', 'failed', 'blocked', 'unapplied', 'release') then
                    went := went + 1;
                    return query select line.what, line.id, line.title, line.moment, line.version, line.facts;
                end if;
            end loop;
            exit when is_full or trouble is not null;
        end loop;
    end if;

    -- Once nothing else is to be done: what was refused, again. Put off first, in case it can be had by nobody now.
    -- Of what waits for the database itself, one is enough to tell that it is well; then follow the others.
    if went = 0 and trouble is null and size > 0 then
        waiting := array(
            select id from refusal
             where awaits_database and refused_at < clock_timestamp() - interval '400 ms' order by refused_at limit 1
               for update skip locked);
        with claimed as (
            update refusal set retry_at = clock_timestamp() + interval '10 s'
             where id = any(waiting)
                or id in (select id from refusal where retry_at <= now() and not goes_alone order by retry_at limit 50
                             for update skip locked)
            returning id, awaits_database)
        select coalesce(array_agg(id), '{}'), coalesce(array_agg(id) filter (where awaits_database), '{}')
          from claimed into claims, waiting;
    end if;
    if cardinality(claims) > 0 then
        for line in select * from chaishots_try_again(claims) loop
            if line.what = 'trouble' then
                trouble := line.facts;
            else
                return query select line.what, line.id, line.title, line.moment, line.version, line.facts;
                is_full := is_full or line.what in ('archived', 'published', 'applied');
            end if;
        end loop;
        if exists (select unnest(waiting) except select id from refusal) then
            update refusal set retry_at = now() where awaits_database;
        end if;
    end if;
    if trouble is not null then
        return query select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, trouble;
    end if;

    is_held := is_held or not is_full and not is_unfinished and (
        exists (select from change where change.status = 'scheduled' and change.error is null and change.release_id is null and change.apply_at <= now()
           and (select refusal.version from refusal
                where refusal.id = change.id and not refusal.is_told) is distinct from change.version and id <> all(changes))
        or exists (select from lesson where lesson.status = 'scheduled' and lesson.publish_error is null and lesson.release_id is null
           and lesson.publish_at <= now() and (lesson.archive_at is null or lesson.archive_at > now())
           and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version and id <> all(ready) and id <> all(blocked))
        or exists (select from lesson where lesson.archive_at is not null and lesson.status in ('scheduled', 'published')
           and lesson.publish_error is null and lesson.archive_at <= now() and (select refusal.version from refusal
                where refusal.id = lesson.id and not refusal.is_told) is distinct from lesson.version and id <> all(ends)));
    return query select 'next', null::uuid, null::text, clock_timestamp(), null::integer, jsonb_build_object(
        'is_full', (is_full or is_unfinished) and trouble is null, 'is_held', is_held, 'are_noted', are_noted,
        'took_s', extract(epoch from clock_timestamp() - began),
        'alone', coalesce(alone, (
            select jsonb_build_object(
                       'key', id, 'seconds', extract(epoch from retry_at - clock_timestamp()), 'is_large', false,
                       'lessons', (select count(*) from lesson where release_id = refusal.id))
              from refusal where goes_alone and retry_at is not null order by retry_at limit 1)),
        'seconds_to_next', extract(epoch from least(
            (select min(publish_at) from lesson
              where status = 'scheduled' and publish_error is null and release_id is null and publish_at > now()),
            (select min(publish_at) from release
              where status = 'scheduled' and publish_error is null and publish_at > now()),
            (select min(archive_at) from lesson
              where archive_at is not null and status in ('scheduled', 'published') and publish_error is null
                and archive_at > now()),
            (select min(apply_at) from change where status = 'scheduled' and error is null and apply_at > now()),
            (select case when claims = '{}' then min(retry_at)
                         else greatest(min(retry_at), clock_timestamp() + interval '250 ms') end
               from refusal where retry_at is not null and not goes_alone),
            (select clock_timestamp() + interval '500 ms' from refusal where awaits_database limit 1)
        ) - clock_timestamp()));
end $function$;
