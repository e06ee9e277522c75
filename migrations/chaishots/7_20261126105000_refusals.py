"""What was refused, and publishing in one call.

A batch is one call of the database: a leader that is far away is late by the way, and not by many ways. Whatever one
lesson's step is refused for, a user's own trigger included, is found within the call and holds up nobody: the step is
tried for all, and where that fails for parts, each in a savepoint, down to the single lesson.

`refusal` is what the publisher knows of what it could not do: when to try it again, and why, also where the lesson's
own row refuses every update. What can be written there stands in publish_error too, as ever.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = """
        CREATE TABLE IF NOT EXISTS "refusal" (
    "id" UUID NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "version" INT NOT NULL,
    "tries" INT NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ,
    "is_told" BOOL NOT NULL DEFAULT True,
    "refused_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE "refusal" IS 'What the publisher could not do for a lesson or a release, and when it tries again.';

-- For the publisher: what to try again, and when the next is.
create index refusal_retry on refusal (retry_at) where retry_at is not null;
-- What stands in no publish_error.
create index refusal_untold on refusal (id) where not is_told;

-- What was refused, and what is not taken by itself, is out of the publisher's way: looks stay as quick with 100,000.
alter index lesson_due rename to lesson_scheduled;
create index lesson_due on lesson (publish_at, id)
 where status = 'scheduled' and publish_error is null and release_id is null;
create index lesson_end_due on lesson (archive_at, id)
 where archive_at is not null and status in ('scheduled', 'published') and publish_error is null;
drop index release_due;
create index release_due on release (publish_at, id) where status = 'scheduled' and publish_error is null;

-- An end can be refused as well.
alter table lesson drop constraint lesson_publish_error, add constraint lesson_publish_error check (
    publish_error is null or status = 'scheduled' or (status = 'published' and archive_at is not null));

insert into refusal (id, reason, version, retry_at)
select id, publish_error, version, now() from lesson where publish_error is not null and release_id is null
 union all
select id, publish_error, version, archive_at from lesson where publish_error is not null and release_id is not null
 union all
select id, publish_error, version, now() from release where publish_error is not null;
"""

# A publish_error, whoever writes it, is tried again by itself; without one, at once.
_KEPT = """
create function chaishots_keep_refusal() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'DELETE' then
        delete from refusal where id = old.id;
    elsif new.publish_error is null then
        delete from refusal where id = new.id;
    else
        insert into refusal (id, reason, version, retry_at)
        values (new.id, new.publish_error, new.version, clock_timestamp() + interval '30 s')
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = true;
    end if;
    return null;
end $$;

create trigger keep_refusal_insert after insert on lesson for each row
    when (new.publish_error is not null) execute function chaishots_keep_refusal();
create trigger keep_refusal_update after update on lesson for each row
    when (new.publish_error is distinct from old.publish_error) execute function chaishots_keep_refusal();
create trigger keep_refusal_delete after delete on lesson for each row
    when (old.publish_error is not null) execute function chaishots_keep_refusal();
create trigger keep_refusal_insert after insert on release for each row
    when (new.publish_error is not null) execute function chaishots_keep_refusal();
create trigger keep_refusal_update after update on release for each row
    when (new.publish_error is distinct from old.publish_error) execute function chaishots_keep_refusal();
create trigger keep_refusal_delete after delete on release for each row
    when (old.publish_error is not null) execute function chaishots_keep_refusal();
"""

# One step for many lessons, whose rows are locked. Every error is caught, also those that OTHERS leaves out.
_STEPS = """
create function chaishots_take_step(ids uuid[], step text, moment timestamptz) returns uuid[]
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    moved uuid[];
begin
    if step = 'publish' then
        with changed as (
            update lesson set status = 'published', published_at = coalesce(published_at, moment)
             where id = any(ids) and status = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'published' into moved;
    else
        with changed as (
            update lesson set status = 'archived'
             where id = any(ids) and status in ('scheduled', 'published') returning id, status)
        select array_agg(id) from changed where status = 'archived' into moved;
    end if;
    return coalesce(moved, '{}');
end $$;

-- Take the step for each lesson that lets itself, in as few statements as can be.
-- done: those that took it. failed: those that cannot by themselves, each with its error. cause: the first error.
-- is_unfinished: time was up, and some were not tried.
create function chaishots_isolate(
    ids uuid[], step text, moment timestamptz, until timestamptz,
    out done uuid[], out failed jsonb, out cause jsonb, out is_unfinished boolean
) language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    lows integer[] := array[1];
    highs integer[] := array[cardinality(ids)];
    low integer;
    high integer;
    width integer;
    attempts integer;
    is_done boolean;
    moved uuid[];
    errcode text;
    rule text;
    message text;
begin
    done := '{}';
    failed := '[]';
    is_unfinished := false;
    if cardinality(ids) = 0 then
        return;
    end if;
    while cardinality(lows) > 0 loop
        low := lows[cardinality(lows)];
        high := highs[cardinality(highs)];
        lows := lows[:cardinality(lows) - 1];
        highs := highs[:cardinality(highs) - 1];
        attempts := 0;
        loop
            attempts := attempts + 1;
            begin
                moved := chaishots_take_step(ids[low:high], step, moment);
                is_done := true;
            exception when query_canceled or assert_failure or others then
                get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text;
                is_done := false;
            end;
            -- Somebody else's transaction may have been in the way, and be gone now.
            exit when is_done or low < high or attempts = 2 or errcode !~ '^(40|55P03)';
        end loop;
        if is_done then
            done := done || moved;
            -- A trigger may also leave a row as it is, without an error.
            failed := failed || coalesce((
                select jsonb_agg(jsonb_build_object('id', left_out, 'errcode', '27000', 'rule', '',
                                                    'message', 'a trigger left the lesson as it was'))
                  from unnest(ids[low:high]) as left_out where left_out <> all(moved)), '[]');
            if cardinality(moved) <= high - low then
                cause := coalesce(cause, failed -> -1);
            end if;
        else
            cause := coalesce(cause, jsonb_build_object('errcode', errcode, 'rule', rule, 'message', message));
            if low = high then
                failed := failed || jsonb_build_object(
                    'id', ids[low], 'errcode', errcode, 'rule', rule, 'message', message);
            else
                -- In eight: what fails costs as much as what succeeds, and halves fail often. The first is taken first.
                width := (high - low) / 8 + 1;
                for part in reverse (high - low) / width .. 0 loop
                    lows := lows || low + part * width;
                    highs := highs || least(high, low + (part + 1) * width - 1);
                end loop;
            end if;
        end if;
        if clock_timestamp() > until and (done <> '{}' or failed <> '[]') then
            is_unfinished := cardinality(lows) > 0;
            exit;
        end if;
    end loop;
end $$;

-- Which lessons may be published as far as their programs go, and the program's facts of those that may not be. One
-- that somebody holds locked keeps only its own lessons waiting: they are in neither. shut: the terms of all others.
create function chaishots_sort_out(ids uuid[], out ready uuid[], out blocked uuid[], out shut uuid[])
    language plpgsql set search_path from current as $$
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
end $$;

-- As in the releases' migration, but a release that cannot be published names the lessons that hold it up.
create or replace function chaishots_carry_out_releases() returns trigger
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    changed release;
    outcome record;
begin
    for changed in
        select later.* from new_rows later join old_rows earlier on earlier.id = later.id
         where later.status <> earlier.status or later.publish_at is distinct from earlier.publish_at
         order by later.id
    loop
        -- In the order in which editors lock many: two cannot lock each other out.
        perform from lesson where release_id = changed.id order by id for no key update;
        if changed.status = 'scheduled' then
            update lesson set status = 'scheduled', publish_at = changed.publish_at
             where release_id = changed.id and status in ('draft', 'scheduled');
        elsif changed.status = 'published' then
            outcome := chaishots_isolate(
                array(select id from lesson where release_id = changed.id and status = 'scheduled' order by id),
                'publish', changed.published_at, clock_timestamp() + interval '300 ms');
            if outcome.cause is not null then
                raise exception using
                    errcode = coalesce(outcome.failed -> 0, outcome.cause) ->> 'errcode',
                    constraint = coalesce(outcome.failed -> 0, outcome.cause) ->> 'rule',
                    message = coalesce(outcome.failed -> 0, outcome.cause) ->> 'message',
                    detail = 'chaishots: ' || outcome.failed::text;
            end if;
        elsif changed.status = 'cancelled' then
            update lesson set status = 'draft', publish_at = null, release_id = null
             where release_id = changed.id and status in ('draft', 'scheduled');
        else
            update lesson set status = 'draft', publish_at = null
             where release_id = changed.id and status = 'scheduled';
        end if;
    end loop;
    return null;
end $$;
"""

# What is due of lessons: by lesson_due and lesson_end_due, in their order. What was refused is tried at its retry_at,
# or once its row was changed. A lesson that is over is not published any more.
_UNTOLD = """(select refusal.version from refusal
                where refusal.id = {0}.id and not refusal.is_told) is distinct from {0}.version"""
_DUE = f"""lesson.status = 'scheduled' and lesson.publish_error is null and lesson.release_id is null
           and lesson.publish_at <= now() and (lesson.archive_at is null or lesson.archive_at > now())
           and {_UNTOLD.format("lesson")}"""
_OVER = f"""lesson.archive_at is not null and lesson.status in ('scheduled', 'published')
           and lesson.publish_error is null and lesson.archive_at <= now() and {_UNTOLD.format("lesson")}"""

_LINES = "table (what text, id uuid, title text, moment timestamptz, version integer, facts jsonb)"

_RELEASES = """
-- A release that is due, whole, or what keeps it: held (somebody has one of its rows), full (no room for so many),
-- release, failed and blocked (it is refused, for these lessons).
create function chaishots_try_release(key uuid, room integer) returns LINES
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
                culprits = pg_exception_detail;
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
    if culprits like 'chaishots: [%' then
        return query
        select 'failed', lesson.id, lesson.title, lesson.publish_at, lesson.version,
               culprit || jsonb_build_object('release', key)
          from jsonb_array_elements(substr(culprits, 12)::jsonb) as culprit
          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;
    end if;
    return query select 'release', key, its.name, its.publish_at, its.version,
                        jsonb_build_object('errcode', errcode, 'rule', rule, 'message', message);
end $$;
"""

_BATCH = """
-- Everything that is due, up to so many lessons, and what comes next. Ends first: what is over is not published.
-- Lines: archived, published (lessons, and when they were to be), released; failed, blocked, release (to be told as
-- refused); last, next: the clock, and in facts what Batch has of the same names.
create function chaishots_publish_due(actor text, batch integer) returns LINES
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

    -- A release goes with others as long as a batch has room, and else alone: nobody waits for a long one.
    if not is_full and not is_unfinished and size > 0 then
        for candidate in
            select id from release
             where status = 'scheduled' and publish_error is null and publish_at <= now() and UNTOLD_RELEASE
             order by publish_at, id
        loop
            room := case when went = 0 then 2147483647 else size - went end;
            for line in select * from chaishots_try_release(candidate.id, room) loop
                is_full := is_full or line.what = 'full';
                is_held := is_held or line.what = 'held';
                if line.what in ('released', 'published', 'failed', 'blocked', 'release') then
                    went := went + 1;
                    return query select line.what, line.id, line.title, line.moment, line.version, line.facts;
                end if;
            end loop;
            exit when is_full;
        end loop;
    end if;

    -- Once nothing else is to be done: what was refused, again. Put off first, in case it can be had by nobody now.
    if went = 0 and size > 0 then
        with claimed as (
            update refusal set retry_at = clock_timestamp() + interval '10 s'
             where id in (select id from refusal where retry_at <= now() order by retry_at limit 50
                             for update skip locked)
            returning id)
        select coalesce(array_agg(id), '{}') from claimed into claims;
    end if;
    if cardinality(claims) > 0 then
        return query select * from chaishots_try_again(claims);
    end if;

    is_held := is_held or not is_full and not is_unfinished and (
        exists (select from lesson where DUE and id <> all(ready) and id <> all(blocked))
        or exists (select from lesson where OVER and id <> all(ends)));
    return query select 'next', null::uuid, null::text, clock_timestamp(), null::integer, jsonb_build_object(
        'is_full', is_full or is_unfinished, 'is_held', is_held,
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
               from refusal where retry_at is not null)
        ) - clock_timestamp()));
end $$;
"""

_AGAIN = """
-- What was refused, tried again: whatever is due of it by now, publish or end. What waits for another is put off.
create function chaishots_try_again(claims uuid[]) returns LINES
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
    delete from refusal where id = any(outcome.done);
    return query
    select 'archived', id, title, archive_at, version, null::jsonb from lesson where id = any(outcome.done);
    return query
    select 'failed', lesson.id, title, archive_at, version, entry
      from jsonb_array_elements(outcome.failed) as entry join lesson on lesson.id = (entry ->> 'id')::uuid;

    outcome := chaishots_isolate(sorted.ready, 'publish', clock_timestamp(), until);
    delete from refusal where id = any(outcome.done);
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
-- its lessons. Those of which somebody holds the row are left. Lines: what was noted, and whether the reason is news.
create function chaishots_tell_refused(actor text, ids uuid[], versions integer[], reasons text[])
    returns table (id uuid, is_news boolean, is_told boolean) language plpgsql set search_path from current as $$
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
        insert into refusal as kept (id, reason, version, tries, retry_at, is_told)
        select wanted.id, wanted.reason, wanted.version, 1, clock_timestamp() + interval '30 s',
               exists (select from lesson where lesson.id = wanted.id and lesson.publish_error is not null)
               or exists (select from release where release.id = wanted.id and release.publish_error is not null)
          from unnest(ids, versions, reasons) as wanted (id, version, reason)
         where wanted.id = any(lessons || releases)
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = excluded.is_told,
               refused_at = clock_timestamp(),
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


def _written(sql: str) -> str:
    return (
        sql.replace("LINES", _LINES)
        .replace("OVER", _OVER)
        .replace("DUE", _DUE)
        .replace("UNTOLD_RELEASE", _UNTOLD.format("release"))
    )


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLE + _KEPT + _STEPS + _written(_RELEASES + _BATCH + _AGAIN) + _TOLD


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_publish_due(text, integer);
drop function chaishots_try_again(uuid[]);
drop function chaishots_tell_refused(text, uuid[], integer[], text[]);
drop function chaishots_try_release(uuid, integer);
drop function chaishots_sort_out(uuid[]);
drop function chaishots_keep_refusal() cascade;

create or replace function chaishots_carry_out_releases() returns trigger language plpgsql set search_path from current
as $$
declare
    changed release;
begin
    for changed in
        select later.* from new_rows later join old_rows earlier on earlier.id = later.id
         where later.status <> earlier.status or later.publish_at is distinct from earlier.publish_at
         order by later.id
    loop
        -- In the order in which editors lock many: two cannot lock each other out.
        perform from lesson where release_id = changed.id order by id for no key update;
        if changed.status = 'scheduled' then
            update lesson set status = 'scheduled', publish_at = changed.publish_at
             where release_id = changed.id and status in ('draft', 'scheduled');
        elsif changed.status = 'published' then
            update lesson set status = 'published', published_at = coalesce(published_at, changed.published_at)
             where release_id = changed.id and status = 'scheduled';
        elsif changed.status = 'cancelled' then
            update lesson set status = 'draft', publish_at = null, release_id = null
             where release_id = changed.id and status in ('draft', 'scheduled');
        else
            update lesson set status = 'draft', publish_at = null
             where release_id = changed.id and status = 'scheduled';
        end if;
    end loop;
    return null;
end $$;
drop function chaishots_isolate(uuid[], text, timestamptz, timestamptz);
drop function chaishots_take_step(uuid[], text, timestamptz);

update lesson set publish_error = null where status = 'published' and publish_error is not null;
alter table lesson drop constraint lesson_publish_error,
    add constraint lesson_publish_error check (publish_error is null or status = 'scheduled');
drop index lesson_due, lesson_end_due, release_due;
alter index lesson_scheduled rename to lesson_due;
create index release_due on release (publish_at, id) where status = 'scheduled';
        DROP TABLE IF EXISTS "refusal";"""


MODELS_STATE = (
    "eJztXV1z2jgX/isabprOsJ026TYtvSIJ3bJLSCch7e42HY+wBXhjS1SSQ5m++e+vJNv4G7"
    "ADxKS6aYOkI5vn2NJ5zof42TAn0GYTwtmLtsntO5vPGy3ws4Ghi8Qfed1N0IDTaaJTtnE4"
    "dJQIjA8cMk5Fg2gfQYch0WQhZlJ7ym2C5egLjICYB48RICNAxCc+sfG4CWws/hKN1EJUfp"
    "hNbHMCbA5mkIEZtTlH+D2gZMYApGIcduYA3Ymx0LKQ1QTDOeDUHo8RZS/krVjEFPcipt7p"
    "VT1sf/eQwckYiXmpuPbXb6LZxhb6gZj8+LVBhv8hkxu2JQUY+t74JodMb42RjRwroQ7ZK/"
    "pUh8HnU9V4Yo+7mH9Qg+UXHRomcTwXxwSmcz4heCFhYy5bxwgjCjmS1+DUk9rBnuMEigwV"
    "5n+FaIh/7zEZC42g50gdS2n/DqK2hmH0LwbGVWdgGI2M/kOJmHKCJpNg+eyIW2UKgrG8hd"
    "/eHR4eHR0fvjx68/b318fHv799+VaMVfeb7Tq+928mgsufSoHW/aPbH8gbIuIB9Z9c2XCv"
    "ZCCHvpRSUYQ/5Fn4zwSC3HZRvgJ8iRT+ViDyIvwjrY0Q+2XqCBsifUSv2FKFXH13zvxPB8"
    "9Mh5i3hrwFxqE7PXj+7PkDlLQE70H3vHM1aJ9/ktO7jH13FHbtQUf2HKrWear14M3zpIIW"
    "k4Av3cFHID+Cfy/6HQUxYXxM1RWjcYN/G/KeoMeJgcnMEG9pDKewOWwSQ2OqNjmhWW0P0I"
    "+CV20hkFK2AGin6t3M+7ZMlZ2/Bwkt9j+3L08/ti8Pztt/P09osnfR/yMcHqmxf9q7OFFv"
    "WgJueYfl8A4kNOAVAA92HQVaCdRTYhr66tD7G34S+Ovr7tlS4H2hFOyeZ1svpOga4Aeb9h"
    "5gr2A+8veA+OquvmgS0SEaEZrzHP95ddHPhzOSSO/NtsnB/4Bjs4yNtNdoSiiWP8nphzYF"
    "u5wgs2qPOMrZJIthXwho1MuhLinB6DZmlMqGITRvZ5BaRqaHHJKisdku99BNt0AMxwpI+Y"
    "3l94sRwak9ILcINwp4YtjdXMUTp7bgReHIlUSxDW6RIFdE8bPT86smmNl8AqAgYw567zMx"
    "mzMwgUwQNiZGT3mW+FWeZTWRKyRt5db5By/wm+JtCZoQatCQd3K8PZqwcs0v5mbq/xKWTD"
    "hemzAVTBj5umTBPp1A2sGeqwDvihuE2EQZ4EPZOgPf+NztfOlctsCdjWaI3uDOWXdwIT4j"
    "yxY07wa3z867/RaAlmvj9CpT4MFw4Q/DQXjMJ+LjmyUaC/WTpr+h4g5lT1IfaiE15KqV5x"
    "/CkM7zX4KkXEojwzlHrD462cTLcBJssYuXQUB60u23L//JfxtOcrbkk38GnXYKf5MiiY9R"
    "3kGUlKyVo6hPZgfaHeQr2IGMGx6rpOK07AaUvD8W8N5pmqI7sShW0XNSUmu5blouwaHi1j"
    "typ4QjbM4NwR1Yzv4azPDhr0vkwAKnZESQutGEf6H5/m6vUWvwpN5vmXimgMunn1l0l5LQ"
    "lHbXpaIUCU0wLlgk9EODJqTURhYgHhck0kQBr5QsE2I2k8FEDsaEN8GIUDCbEBU0ZAhbTP"
    "bAscAxj61u70Ka0Nad0AbP47p8NhheZ1ZVXzrrv2YVCFRaUlOotAbWpVD+8mUwDrmXs8sW"
    "pjhk5FYnO9Tf1ArSHQ5fvT5+/fbozetFlsOiZVlyQ5jIkAF3gqCFaA66Szz2GUntun9AwM"
    "RHc0isnLV92TqTEqy4zOwP+tpRox01lei779EsZ6LGZTZpqNb39VphlmaYcgrfLLgfCEX2"
    "GAvOlXH+FzLheKhwP6HNcGDRTOFswZkST5bAwEIO4n6opH112j7rNO4fLY7bQ4yRoihu0N"
    "lcQZ+daNhamb53gm8TIIgppNwWi4PMvoWAI+oGPFbGXqcOlLxW/qkSEwWxtdQnaeKh/GTe"
    "TU2sWXHdWbH/yBnYc4d5qSeFNCEjV4km1G0d2jRP4DbPC+wWex0WAtrvUMHvIC7PES7Kwl"
    "wvnJ6eo86KaHzunnUuWv5yfYPbl4Puaa/TClft9NK+TiB92fMdaui4MJB+nA6kWx5VLnzD"
    "zfP0L6m0SAk+ISfETmouYvsoM6YwbzM9IcRBEBfsp5FUmhsLsV2+Afnmz0Y48cVFL7EEnX"
    "TTa8z1+Unn8uCVet7FIJsXgBwuGg7EY0+YiMaU2i6kpRzOy+ao8yJU+90gBJQZ8A7aPjoZ"
    "vbQphQW+ohXzpHSzpuNuz5Tz9VsBuB51Svk/03IP8n5upYjrpvHs5/2zVus/Yd8ObxpbMt"
    "m34g5l3lAZkKW1khHUatmgWvhEsCQsloxSOklKaYVs8j0pCIqtxxAKQ2O73pYtCkc8hxWc"
    "XbY/DFpAdd/gq9OPnbPrXuesBZg5QZbnIOsGf7o+6XWvPsrWqTcUz9FEtkpou59lI6TmxL"
    "5DVhUO8W4NDvGukEO8S3OI4P4qxBiSkjqDrM6BhsVTWF3POldwLzQdLC0V9JyU1Fqus5bD"
    "tRdRWq7wPyNYaZfdI81uhfvquPzTfr28qVVRwUlJreCaKvgOUZZ7hEehyzwm8bjBuFfVNb"
    "jpABxFDoIMlUxgSUrp0yFS7gxE3bIZQZGITghakRAkoMpCWyUfaBDMtJ+ors4Fip6p/FSg"
    "nHVgM8BeRpPt5fu/Etrk+pdAV9wC6F/3eo+YafWJkjGFbiM/1Srsba7ItZrGxq1RomQSjz"
    "LUUjlQTKZD+QkwTJ1xKE88DKNDMmvKFQ9VXvlRtUnWOfQw5pNM+UKEDosPQNRJVjtJstJp"
    "QDslv/HbLAF6SuyRoU9GWp5tLcCyFQ08JA9C5z9sWAlV8x50vkPcnSlW/JKlXjERHb3V0d"
    "tq0dv9i9PqCN6T903q6MITV7COLjxxBevoQtXoQqVTj5TDJwt2yaOOnphD96EHHMWLaKe2"
    "mYPvOcTzAZH/lvCay7l26MvaumfXJRZyjKyjdPFFqXz2xJK9sON8z6iPJ6FKF7fqhCgf6M"
    "AtvNBT0BeIBb18Qok3nsQ7eHjBXHe9aDcykN+v8gVfopHHoNPI9wWHvc0VvmAaG7fSF/xF"
    "nh0lD4gKbVYq/bqOBTDhwCLqoCgYeHZVCS0I3OlNVSA7myAsj44S+pQls/knVW3pGr9eOe"
    "5jB/qaS7zCwhRm5TyUkYR2iFVwiO2x0VPX+ma5wJTAczH+cdF8WR8EKeJ0Xulw1EhOO0vq"
    "TLVsJjZcp0IBbij1yAW4i422xvW3yoCreMjwaLNHSWt/xaZeohJMe8sZJ2HCTxHLWKQDrW"
    "AZ0bg1Mk7khSzAEI8livgH146JsOoVMzBBaMsLw5+rFBKXuAjn/lTLwyf89fjDvmWa6F9t"
    "2SGfeCKBSDL1z4xLHzD2qdNvAdlZrob0tN0/7fTUWFN+ccepU3RSV5E+OTtBx6B/YU3r+k"
    "JdX6gJl84A0ArWGQB1zgAI+HaOF7BcDkB0kvBeblA7/5UjlTOR77cJ0ymWOm3Ccrx1PDZT"
    "SLl/UnIQ8n6vjkP2z8iVP3+7ODU5zz1TUlr7Yurui1EFiqUPVk5J6bDj4x+rXM+lVIfNa2"
    "8pJPhqIj1q3cU3KaVr55fXzsdqepMAV6nyjhUS7ye2K8u8kw9X2d/TeETbdl8A37pxqzIq"
    "C6zbMNtyuXm7GLVe3mOYGwogRQAOiccDK1VcX9qovkbUb4TIn9SkaCy+J+AEmJDlWL0bml"
    "PbwnW3hXVcUhtse2Cw7S7lJGO0bKh84QFWSx1SrMsUMMS+arqEIVYQkixgSJo86RKGeHnD"
    "gwsYFgZAage//z+AcfD3"
)
