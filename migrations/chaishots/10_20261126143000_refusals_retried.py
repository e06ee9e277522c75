"""Refusals by whose fault they are, found quickly and told last.

What a lesson is refused for by itself is tried again after a pause that grows; what Postgres refuses for a reason of
its own (a missing permission, a deadlock, a time limit) is tried again as soon as one of those tells that it is well;
and what it refuses everybody alike (its disk is full) is no refusal of a lesson at all. Whoever cannot be published is
put aside at once, found by how far a statement came, so that thousands of them keep nobody waiting.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_REFUSALS = "7_20261126105000_refusals.py"
_TABLE = """
        ALTER TABLE "refusal" ADD "awaits_database" BOOL NOT NULL DEFAULT False;
create index refusal_awaits_database on refusal (refused_at) where awaits_database;
"""
_STEPS = r"""
drop function chaishots_isolate(uuid[], text, timestamptz, timestamptz);
drop function chaishots_tell_refused(text, uuid[], integer[], text[]);

-- An error, as it is told. is_raised: a function says it of these values in so many words (`raise`), whatever its code;
-- the others are Postgres' own. The name of the statement is the same in every language of Postgres' messages.
create function chaishots_failure(key uuid, errcode text, rule text, message text, context text) returns jsonb
    language sql stable parallel safe
return jsonb_build_object('id', key, 'errcode', errcode, 'rule', rule, 'message', message,
                          'is_raised', split_part(context, E'\n', 1) like '%RAISE%');

-- Refused everybody alike, and no fault of a lesson: the disk is full, the session is read-only.
create function chaishots_is_of_all(failure jsonb) returns boolean language sql immutable parallel safe
return failure ->> 'errcode' in ('53100', '25006') and not (failure ->> 'is_raised')::boolean;

-- The same may be, when nothing else was done: a permission is missing, or a column.
create function chaishots_may_be_of_all(failure jsonb) returns boolean language sql immutable parallel safe
return failure ->> 'errcode' ~ '^(53100|25006|42|3F)';

-- One row after the other, in their order: so the number of those that were done before an error tells whose it is.
create or replace function chaishots_take_step(ids uuid[], step text, moment timestamptz) returns uuid[]
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    moved uuid[];
begin
    if step = 'publish' then
        with changed as (
            update lesson set status = 'published', published_at = coalesce(published_at, moment)
              from unnest(ids) as wanted (key)
             where id = key and status = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'published' into moved;
    else
        with changed as (
            update lesson set status = 'archived'
              from unnest(ids) as wanted (key)
             where id = key and status in ('scheduled', 'published') returning id, status)
        select array_agg(id) from changed where status = 'archived' into moved;
    end if;
    return coalesce(moved, '{}');
end $$;

-- Take the step for each lesson that lets itself, in as few statements as can be.
-- done: those that took it. failed: those that cannot by themselves, each with its error. cause: the first error.
-- trouble: an error that refuses everybody alike; those that met it are in neither. is_unfinished: time was up, and some
-- were not tried.
--
-- How many are tried at once follows what came of it. Where it fails, Postgres' own count of updated rows, which goes on
-- through what is rolled back, tells how many went well before: they are done together, and the next alone. That is a
-- guess (a trigger may update rows as well, or fail after all of them), and where it is wrong, fewer are tried at once.
create function chaishots_isolate(
    ids uuid[], step text, moment timestamptz, until timestamptz,
    out done uuid[], out failed jsonb, out cause jsonb, out trouble jsonb, out is_unfinished boolean
) language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    patience constant integer := 12;
    total constant integer := cardinality(ids);
    first integer := 1;
    width integer := total;
    suspect integer := 0;
    failed_at integer := 0;
    is_counted boolean := true;
    updates bigint;
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
    done := '{}';
    is_unfinished := false;
    while first <= total loop
        width := least(width, total - first + 1);
        attempts := 0;
        loop
            attempts := attempts + 1;
            updates := pg_stat_get_xact_tuples_updated('lesson'::regclass);
            begin
                moved := chaishots_take_step(ids[first:first + width - 1], step, moment);
                is_done := true;
            exception when query_canceled or assert_failure or others then
                get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text,
                    context = pg_exception_context;
                is_done := false;
                updates := pg_stat_get_xact_tuples_updated('lesson'::regclass) - updates;
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
            elsif is_counted and suspect = 0 and updates < width then
                suspect := first + updates;
                width := greatest(1, updates);
            else
                is_counted := is_counted and suspect = 0 and updates < width;
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
end $$;
"""
_RELEASES = """
-- A release that is due, whole, or what keeps it: held (somebody has one of its rows), full (no room for so many),
-- release, failed and blocked (it is refused, for these lessons), trouble (Postgres refuses everybody alike).
create or replace function chaishots_try_release(key uuid, room integer) returns LINES
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    its release;
    parts uuid[];
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
    sorted := chaishots_sort_out(parts);
    if cardinality(parts) < (select count(*) from lesson where release_id = key and status = 'scheduled')
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
    if cardinality(sorted.blocked) > 0 then
        return query
        select 'blocked', lesson.id, lesson.title, lesson.publish_at, lesson.version, jsonb_build_object(
                   'release', key, 'status', program.status, 'language', program.language_primary,
                   'posters', program.posters -> program.language_primary)
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         where lesson.id = any(sorted.blocked) order by lesson.id;
        return query select 'release', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    if cardinality(parts) > room then
        return query select 'full', key, its.name, its.publish_at, its.version, null::jsonb;
        return;
    end if;
    while not is_done and attempts < 2 loop
        attempts := attempts + 1;
        begin
            -- The lessons follow within the statement: the trigger zz_carry_out_releases.
            update release set status = 'published' where id = key and status = 'scheduled'
            returning status = 'published' into is_done;
            if is_done is not true then
                raise triggered_data_change_violation using message = 'a trigger left the release as it was';
            end if;
        exception when query_canceled or assert_failure or others then
            is_done := false;
            get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text,
                culprits = pg_exception_detail, context = pg_exception_context;
            exit when errcode !~ '^(40|55P03)';
        end;
    end loop;
    if is_done then
        return query select 'released', key, its.name, its.publish_at, its.version, null::jsonb;
        return query
        select 'published', lesson.id, lesson.title, lesson.publish_at, lesson.version, null::jsonb
          from lesson where lesson.id = any(parts) order by lesson.id;
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
    end if;
    return query select 'release', key, its.name, its.publish_at, its.version, failure - 'id';
end $$;
"""
_BATCH = """
-- Everything that is due, up to so many lessons, and what comes next. Ends first: what is over is not published.
-- Lines: archived, published (lessons, and when they were to be), released; failed, blocked, release (to be told as
-- refused); trouble (what Postgres refuses everybody alike: nothing is to be told of a lesson); last, next: the clock,
-- and in facts what Batch has of the same names. What failed stands in refusal at once, out of the way of the next
-- batch, and is told when nothing else is due; are_noted: all of it does.
create or replace function chaishots_publish_due(actor text, batch integer) returns LINES
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    began constant timestamptz := clock_timestamp();
    patience constant interval := '400 ms';
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
begin
    perform set_config('chaishots.actor', actor, true);
    -- Who holds a whole table holds up all of it, for nothing that a lesson could be blamed for: told as that.
    lock table lesson, program, release, activity, refusal in row exclusive mode;
    -- What a deferred trigger refuses is to be found here, and not in the commit.
    set constraints all immediate;

    -- What falls due while a batch runs waits for its end: then a batch is to be small.
    if exists (select from lesson where status = 'scheduled' and publish_error is null and release_id is null
                  and publish_at > now() and publish_at < now() + interval '200 ms')
       or exists (select from release where status = 'scheduled' and publish_error is null
                     and publish_at > now() and publish_at < now() + interval '200 ms')
       or exists (select from lesson where archive_at is not null and status in ('scheduled', 'published')
                     and publish_error is null and archive_at > now() and archive_at < now() + interval '200 ms') then
        size := least(size, 200);
    end if;

    ends := array(select id from lesson where OVER order by archive_at, id limit size for update skip locked);
    if cardinality(ends) >= size then
        -- More than can be taken at once. What has just fallen due need not wait for all that was before it.
        is_full := true;
        ends := ends || array(
            select id from lesson where OVER and archive_at > now() - interval '1 s' and id <> all(ends)
             order by archive_at desc, id limit size / 4 for update skip locked);
    end if;
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

    loop
        -- Locked before it is joined: the other way round, the planner sorts the whole of a backlog for each batch.
        if newest then
            asked := size / 4;
            with locked as materialized (
                select id, term_id, publish_at from lesson
                 where DUE and publish_at > now() - interval '1 s' and term_id <> all(shut) and id <> all(ready)
                 order by publish_at desc, id limit asked for update skip locked)
            select array_agg(locked.id), bool_or(program.status <> 'published')
              from locked join term on term.id = locked.term_id join program on program.id = term.program_id
              into due, hidden;
        else
            asked := size - cardinality(ready);
            with locked as materialized (
                select id, term_id, publish_at from lesson where DUE and term_id <> all(shut) and id <> all(ready)
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
    outcome := chaishots_isolate(ready, 'publish', clock_timestamp(), clock_timestamp() + patience);
    is_unfinished := is_unfinished or outcome.is_unfinished;
    failed := failed || outcome.failed;
    trouble := coalesce(trouble, outcome.trouble);
    went := went + cardinality(outcome.done) + jsonb_array_length(outcome.failed) + cardinality(blocked);
    return query
    select 'published', id, title, publish_at, version, null::jsonb
      from lesson where id = any(outcome.done) order by publish_at, id;
    return query
    select 'failed', lesson.id, title, publish_at, version, entry
      from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;

    return query
    select 'blocked', lesson.id, lesson.title, lesson.publish_at, lesson.version, jsonb_build_object(
               'status', program.status, 'language', program.language_primary,
               'posters', program.posters -> program.language_primary)
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.id = any(blocked);

    begin
        insert into refusal (id, reason, version, retry_at, is_told)
        select lesson.id, noted.reason, lesson.version, clock_timestamp() + interval '30 s', false
          from (select (entry ->> 'id')::uuid as id,
                       format('%s (%s)', entry ->> 'message', entry ->> 'errcode') as reason
                  from jsonb_array_elements(failed) as entry
                 where went > jsonb_array_length(failed) + cardinality(blocked)
                    or not chaishots_may_be_of_all(entry)
                 union all
                select key, 'its program is not public and cannot become so' from unnest(blocked) as key) as noted
          join lesson on lesson.id = noted.id
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, retry_at = excluded.retry_at, is_told = false;
        get diagnostics noted = row_count;
    exception when query_canceled or assert_failure or others then
        noted := 0;
    end;
    are_noted := noted = jsonb_array_length(failed) + cardinality(blocked);

    -- A release goes with others as long as a batch has room, and else alone: nobody waits for a long one.
    if not is_full and not is_unfinished and trouble is null and size > 0 then
        for candidate in
            select id from release
             where status = 'scheduled' and publish_error is null and publish_at <= now() and UNTOLD_RELEASE
             order by publish_at, id
        loop
            room := case when went = 0 then 2147483647 else size - went end;
            for line in select * from chaishots_try_release(candidate.id, room) loop
                is_full := is_full or line.what = 'full';
                is_held := is_held or line.what = 'held';
                if line.what = 'trouble' then
                    trouble := line.facts;
                end if;
                if line.what in ('released', 'published', 'failed', 'blocked', 'release') then
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
                or id in (select id from refusal where retry_at <= now() order by retry_at limit 50
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
                is_full := is_full or line.what in ('archived', 'published');
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
        exists (select from lesson where DUE and id <> all(ready) and id <> all(blocked))
        or exists (select from lesson where OVER and id <> all(ends)));
    return query select 'next', null::uuid, null::text, clock_timestamp(), null::integer, jsonb_build_object(
        'is_full', (is_full or is_unfinished) and trouble is null, 'is_held', is_held, 'are_noted', are_noted,
        'took_s', extract(epoch from clock_timestamp() - began),
        'seconds_to_next', extract(epoch from least(
            (select min(publish_at) from lesson
              where status = 'scheduled' and publish_error is null and release_id is null and publish_at > now()),
            (select min(publish_at) from release
              where status = 'scheduled' and publish_error is null and publish_at > now()),
            (select min(archive_at) from lesson
              where archive_at is not null and status in ('scheduled', 'published') and publish_error is null
                and archive_at > now()),
            (select case when claims = '{}' then min(retry_at)
                         else greatest(min(retry_at), clock_timestamp() + interval '250 ms') end
               from refusal where retry_at is not null),
            (select clock_timestamp() + interval '500 ms' from refusal where awaits_database limit 1)
        ) - clock_timestamp()));
end $$;
"""
_AGAIN = """
-- What was refused, tried again: whatever is due of it by now, publish or end. What waits for another is put off.
create or replace function chaishots_try_again(claims uuid[]) returns LINES
    language plpgsql set search_path from current as $$
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
begin
    delete from refusal
     where id = any(claims)
       and not exists (select from lesson where lesson.id = refusal.id)
       and not exists (select from release where release.id = refusal.id);
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
end $$;
"""
_TOLD = """
-- Note why these lessons and releases cannot be published, or archived, as they are in these versions; a release after
-- its lessons. Those of which somebody holds the row are left. waiting: those of which it is rather the database's own
-- trouble. Lines: what was noted, and whether the reason is news.
create function chaishots_tell_refused(
    actor text, ids uuid[], versions integer[], reasons text[], waiting uuid[] default '{}'
) returns table (id uuid, is_news boolean, is_told boolean) language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    lessons uuid[];
    releases uuid[];
    known uuid[];
    key uuid;
begin
    perform set_config('chaishots.actor', actor, true);
    set constraints all immediate;
    lessons := array(
        select lesson.id from lesson join unnest(ids, versions) as wanted (id, version)
                on wanted.id = lesson.id and wanted.version = lesson.version
         where lesson.status in ('scheduled', 'published') order by lesson.id for update of lesson skip locked);
    releases := array(
        select release.id from release join unnest(ids, versions) as wanted (id, version)
                on wanted.id = release.id and wanted.version = release.version
         where release.status = 'scheduled' order by release.id for update of release skip locked);
    known := array(
        select refusal.id from refusal join unnest(ids, versions, reasons) as wanted (id, version, reason)
                on wanted.id = refusal.id and wanted.version = refusal.version and wanted.reason = refusal.reason);

    begin
        update lesson set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
         where lesson.id = wanted.id and lesson.id = any(lessons)
           and lesson.publish_error is distinct from wanted.reason;
    exception when query_canceled or assert_failure or others then
        foreach key in array lessons loop
            begin
                update lesson set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
                 where lesson.id = key and wanted.id = key and lesson.publish_error is distinct from wanted.reason;
            exception when query_canceled or assert_failure or others then
                null;  -- the row refuses every update: then refusal alone knows
            end;
        end loop;
    end;
    foreach key in array releases loop
        begin
            -- The lessons first: one that is to be tried again takes its release's error away. Those that block nothing
            -- have none.
            update lesson set publish_error = null
             where release_id = key and publish_error is not null and id <> all(ids);
            update release set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
             where release.id = key and wanted.id = key and release.publish_error is distinct from wanted.reason;
        exception when query_canceled or assert_failure or others then
            null;
        end;
    end loop;

    return query
    with noted as (
        insert into refusal as kept (id, reason, version, tries, retry_at, is_told, awaits_database)
        select wanted.id, wanted.reason, wanted.version, 1, clock_timestamp() + interval '30 s',
               exists (select from lesson where lesson.id = wanted.id and lesson.publish_error is not null)
               or exists (select from release where release.id = wanted.id and release.publish_error is not null),
               wanted.id = any(waiting)
          from unnest(ids, versions, reasons) as wanted (id, version, reason)
         where wanted.id = any(lessons || releases)
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = excluded.is_told,
               awaits_database = excluded.awaits_database, refused_at = clock_timestamp(),
               tries = case when kept.version = excluded.version then kept.tries + 1 else 1 end,
               -- 30 s, twice as long each time, to an hour; spread, so that not all are tried at once.
               retry_at = clock_timestamp() + (1 + random() / 10) * least(interval '1 hour', interval '30 s'
                   * power(2, case when kept.version = excluded.version then least(kept.tries, 10) else 0 end))
        returning kept.id, kept.is_told
    )
    select noted.id, noted.id <> all(known), noted.is_told from noted;
    -- One of a release is tried with it; an end comes when it comes.
    update refusal set retry_at = case
               when lesson.release_id is not null and (lesson.archive_at > now()) is not false then lesson.archive_at
               else least(refusal.retry_at, case when lesson.archive_at > now() then lesson.archive_at end) end
      from lesson
     where lesson.id = refusal.id and lesson.id = any(lessons)
       and (lesson.release_id is not null or lesson.archive_at > now());
end $$;
"""
_SEARCH_PATHS = r"""
do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    written = runpy.run_path(str(Path(__file__).with_name(_REFUSALS)))["_written"]
    return _TABLE + _STEPS + written(_RELEASES + _BATCH + _AGAIN) + _TOLD + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    before = runpy.run_path(str(Path(__file__).with_name(_REFUSALS)))
    functions = before["_STEPS"] + before["_written"](before["_RELEASES"] + before["_BATCH"] + before["_AGAIN"])
    return """
drop function chaishots_publish_due(text, integer);
drop function chaishots_try_again(uuid[]);
drop function chaishots_tell_refused(text, uuid[], integer[], text[], uuid[]);
drop function chaishots_try_release(uuid, integer);
drop function chaishots_sort_out(uuid[]);
drop function chaishots_isolate(uuid[], text, timestamptz, timestamptz);
drop function chaishots_take_step(uuid[], text, timestamptz);
drop function chaishots_failure(uuid, text, text, text, text);
drop function chaishots_is_of_all(jsonb);
drop function chaishots_may_be_of_all(jsonb);
        ALTER TABLE "refusal" DROP COLUMN "awaits_database";
""" + functions + before["_TOLD"] + _SEARCH_PATHS


MODELS_STATE = (
    "eJztXWtz2rga/isavjSd4XTS9JKWfiIJ3XI2IZ2EtLvbdDzCFuCNkVxJDmV68t+PJNv4Dt"
    "jhYlJ9aYOkV7afR5bem+RfDXMMbTYmnL1om9y+t/ms0QK/GhhOkPgjr7oJGtB1E5WyjMOB"
    "o0RgvOGAcSoKRPkQOgyJIgsxk9outwmWrS8xAqIfPEKADAERv/jYxqMmsLH4SxRSC1H5Yz"
    "q2zTGwOZhCBqbU5hzhD4CSKQOQinbYmQF0L9pCy0JWEwxmgFN7NEKUvZC3YhFT3IvoeqtX"
    "9bD9w0MGJyMk+qXi2t++i2IbW+gnYvLntwYZ/ItMbtiWFGDoR+O7bOLeGUMbOVaCDlkr6l"
    "SFwWeuKjyxR13MP6rG8kEHhkkcb4JjAu6MjwmeS9iYy9IRwohCjuQ1OPUkO9hznIDIkDD/"
    "EaIm/r3HZCw0hJ4jOZbS/h1EZQ3D6F32jetO3zAaGf5DiRg5QZFJsBw74laZgmAkb+E/74"
    "+OXr06Pjp89fbdm9fHx2/eHb4TbdX9ZquOH/ybieDyu1Kgdf/o9vryhogYoP7IlQUPSgZy"
    "6EspiiL8Ic/CfyYQ5PYE5RPgS6TwtwKRF+EfaTZC7BfRERZEfESv2EJCrn84Z/6vg2emQ8"
    "w7Q94C43DiHjx/9vwRJC3Au9+96Fz32xefZfcTxn44Crt2vyNrjlTpLFV68PZ5kqB5J+Br"
    "t/8JyJ/gn8teR0FMGB9RdcWoXf+fhrwn6HFiYDI1xFsawyksDotE0xjVJic0y3Yf/Sx41e"
    "YCKbIFQFuldz3v2yIqO3/1Eyz2vrSvTj+1rw4u2n89TzB5ftn7I2we0dg7Pb88UW9aAm55"
    "h+XwDiQ04BUAD1YdBVoJ1FNiGvrq0PsLfhL4m5vu2ULgfaEU7J5nWy+k6ArgB4v2HmCvYH"
    "7lrwHx2V09aBLRARoSmjOO/3t92cuHM5JIr822ycH/gGOzjI6012hKKBaP5PSgTcEuO8jM"
    "2kOOchbJYtjnAhr1cqhLk2B4F1NKZcEAmndTSC0jU0OOSFHbbNXkaJIugRiOFJDyieXzxQ"
    "xB1+6TO4QbBXZiWN1cZie6trCLwpZLDcU2uEPCuCLKPju9uG6Cqc3HAApjzEEffEvM5gyM"
    "IRMGGxOtXZ41/Cr3styQKzTays3zj57g12W3JcyEkEFD3snx5syEpXN+sW2m/i+hyYTttQ"
    "pTQYWRr0sW7NMxpB3sTRTgXXGDEJsoA3woW2fgG1+6na+dqxa4t9EU0VvcOev2L8VvZNnC"
    "zLvF7bOLbq8FoDWxcXqWKfBgTOBPw0F4xMfi59sFjIX8pM3fkLgjWZPkQ02khpy18vxDGN"
    "JZ/kuQlEsxMphxxOrDyTpehpNgiZ2/DALSk26vffV3/ttwkrMkn/zd77RT+JsUSXyM8g6i"
    "pGStHEU9Mj3Q7iCfYAcybnisEsVp2TWQvD8a8N4xTdG9mBSr8JyU1CzXmWX007VFdxVYTk"
    "pqluvGcglLOW6joYlLOMLmzBAWIsvRooIePv55hRxY4HqOzOBu1OGfaLa/SlRUGozUhw27"
    "F1LA5TsZsugudDWk2F3V4UCRYIJxwMfQDwCbkFIbWYB4HBBh2gTeA+lLgJhNZciYgxHhTT"
    "AkFEzHRIWGGcIWkzVwJHDM80ls7kLabVF3t0UwHlf1WgTN62w719dp4b9mFczktKQ2lNMM"
    "rGoo+9OXwTjkXs4qW5jIkpFbntJSf1UrSGo5evn6+PW7V29fz3NZ5iWLUljCdJUMuGMELU"
    "Rz0F0Ql8lI6gDNI8JiPpoDYuXM7YvmmZRgxWlmf9DX7jjtjqtkvvt+63IqalxmnYpqfV+v"
    "JWppxlJO4ZsF9yOhyB5hYXNlQjyFlnA8ILyf0GZsYFFM4XRuMyVGlsDAQg7ifkCsfX3aPu"
    "s0HnYWrT9HjJGiWH1Q2VxiPjtRs5Xyue+FvU2AMEwh5baYHGSONQQc0Ulgx8oIu+tAadfK"
    "P1X6qTBsLfVLqngoP2V7XR1rq7juVrE/5AzsTQZ5CUaFZkJGrpKZULd5aN12Ard5Xvi+2O"
    "swF9B+hwp+B3F5jnBRru1qSRPpPupMRONL96xz2fKn61vcvup3T887rXDWTk/tq6RLLBrf"
    "IUPHhekSx+l0CcujyoVvTPI8/Qv206QEn5ATYis7a2LrKDNcmLeYnhDiIIgL1tNIKm0bC7"
    "FtvgH56s9abOLLy/PEFHTSTc8xNxcnnauDl2q8i0Y2LwA5nDQciEeeUBENl9oTSEs5nBf1"
    "UedJqParQQgoM+A9tH10Mry0KYUFvqIl/aS4WdFxt2fkfPteAK5HnVL+z7Tco7yf6wMxpr"
    "bfNp79enjWav0r9NvBbWNDKvtG3KHMGygFsjQrGUFNyxpp4WNhJWExZZTiJCmlCVnne1IQ"
    "FFvNQigMjW17WbYoHPIcq+Dsqv2x3wKq+hZfn37qnN2cd85agJljZHkOsm7x55uT8+71J1"
    "nqegMxjsayVELb/SILITXH9j2yqtgQ71ewId4X2hDv0zZEcH8VYgxJSZ1BVudAw3wUVudZ"
    "Z4TuBdPB1FKB56SkZrnOLIdzL6K03PEOGcFKq+weMbsR21fH5Z/26+W5VkWCk5Ka4JoSfI"
    "8oyz2opdBlHpPYbTDuZXUG1x2Ao8hBkKGSCSxJKX0GSMqdgeikbEZQJKITgpYkBAmostBW"
    "yQfqBz3tJ6rLc4GiMZWfCpQzD6wH2Kuos718/5dCm5z/EuiKWwC9m/PzHWZafaZkROGkkZ"
    "9qFdY2l+RaubF2K2xRMolHGWqpHCgm06H8BBimTrKU51qG0SGZNTURgypv+1G1TlY52jLm"
    "k0z5QgSHxcdc6iSrrSRZ6TSgrRq/8dssAXpKbMfQJyMtzzYWYNkIA4/Jg9D5D2smoWreg8"
    "53iLszxYxfcqtXTERHb3X0tlr0dv/itDqC9+R9kzq68MQJ1tGFJ06wji5UjS5UOvVIOXyy"
    "YJc86uiJOXQfe8BRfBOta5s5+F5APOsT+W8Jr7nsa4u+rI17difEQo6RdZTOH5TKsSem7L"
    "ke53tGfTwJVVzcqROifKADt/Ccp6AuEAtq+ZgSbzSOV/DwgrnuelFuZCB/WOYLvkJDj0Gn"
    "ke8LDmubS3zBNNZuqS/4qzw7Sh4QFeqsVPp1HQtgwoFF1EFRMPDsqi20IHCnN9UG2ekYYX"
    "l0lOBTbpnNP6lqQ9f4/bbj7jrQ11zgFRaqMCvnoYwktEOsgkNsj5Weuu5vlhNMCTzn7XeL"
    "5mF9EKSI01mlI3AjOe0sqbOpZTOx4DoVNuCGUjvegDtfaGu8/xZOoc2ZIZfaQW6ax0Ksc6"
    "T1pufloCutueL53cP1ntKunUTrmrlKuDc2nOYTZlkVmXbzHKwlpl3UboU0H3khCzDEY9k5"
    "/mnBIyJMKWWOmSA0oIS1xVXezoRMEM79CtLjO/z9jLZ9S+/RH0TaohH3RKK/xPUP6kuf6v"
    "a502sBWVlu4+5pu3faOVdtTfngjlOnkLDeuvvk9AQd+P+NmdabOvWmTm1w6bQLTbBOu6hz"
    "2kVgb+e4A8slXkTHN+/lArX1T0upRJV8v02Yw7LQaRPugVzFY+NCyv3jqYM8gw/qDGr/YG"
    "L5Zen5UdV57pmS0toXU3dfjNoVWvo065SUjvXu/izrek6lOleh9ppCwl5N5KStOvkmpfSB"
    "BYsPLIhtpE4CXGVrfWz39n5iu3RvfXJwlf2IyQ51230BfOPKrUpjLdBuwxTXxertvNVqya"
    "ZhQi6AFAE4IB4PtFRxfamj+oyoD7PI75hSNBLPCTgBJmQ5Wu+a+tS6cN11YR2X1ArbHihs"
    "20s5ySgta9oz8gitpQ557WV2jcQeNb1vJLYLJ7lrJKnypPeNxPeUPHrXyFwBWLSCtxG1zX"
    "HBEh5ULlvDYdRs2SJeTMeal9DCmSZ3Bc2ZZALuazte12MeFi+YhXO4TC4pO4nv57KZTAc5"
    "evNmhYQQ0aowJUTVpZJ1xXtVAuGg+RNE9+Xh4QroilaF6Kq63A+zZBFe+k2WvMjhjg4q2Z"
    "+vUe80X/bh/+i8L9U="
)
