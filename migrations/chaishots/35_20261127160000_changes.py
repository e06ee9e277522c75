"""Scheduled changes: a JSON Merge Patch of a program, term or lesson that the publisher applies at its moment.

Plain SQL makes one too: `insert into change (object_type, object_id, apply_at, patch) values ('lesson', '…', '…',
'{"title": "…"}')`; and whoever sets its status to applied has it carried out, as with releases. What becomes of it is
in the functions here. The publisher's own are those of earlier migrations, with the changes put between: so each place
is named by the words that stand there.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = r"""
        CREATE TABLE IF NOT EXISTS "change" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "object_type" VARCHAR(7) NOT NULL,
    "object_id" UUID NOT NULL,
    "patch" JSONB NOT NULL,
    "apply_at" TIMESTAMPTZ NOT NULL,
    "publish_zone" TEXT,
    "status" VARCHAR(9) NOT NULL DEFAULT 'scheduled',
    "error" TEXT,
    "scheduled_by" TEXT NOT NULL DEFAULT chaishots_actor(),
    "applied_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INT NOT NULL DEFAULT 1
);
COMMENT ON COLUMN "change"."object_type" IS 'PROGRAM: program\nTERM: term\nLESSON: lesson';
COMMENT ON COLUMN "change"."status" IS 'SCHEDULED: scheduled\nAPPLIED: applied\nCANCELLED: cancelled';
COMMENT ON TABLE "change" IS 'What is to be changed of a program, term or lesson at a moment: a JSON Merge Patch (RFC 7396).';
        ALTER TABLE "activity" ADD "carried_out_by" TEXT;
"""

_RULES = r"""
-- What a change may set: the columns that editors write, where the thing stands, and a program's topics.
create function chaishots_patchable(object_type text) returns text[] language sql immutable parallel safe
return case object_type
    when 'program' then array['title', 'description', 'translations', 'slug', 'former_slugs', 'language_primary',
                              'languages_available', 'posters', 'position', 'shows_coming_soon', 'topics']
    when 'term' then array['program_id', 'term_number', 'title', 'translations']
    when 'lesson' then array['term_id', 'lesson_number', 'title', 'summary', 'translations', 'content_type',
                             'duration_ms', 'is_paid', 'content_language_primary', 'content_languages_available',
                             'content_urls', 'subtitle_urls', 'thumbnails', 'archive_at', 'archive_zone'] end;

-- Values are looked at when they are applied, by the rules of the columns; here only what those could not read.
create function chaishots_is_patch(object_type text, patch jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(patch) = 'object' and patch <> '{}' and octet_length(patch::text) <= 250000
       and patch - chaishots_patchable(object_type) = '{}'
       and coalesce(jsonb_typeof(patch -> 'topics') = 'array'
                    and not jsonb_path_exists(patch, '$.topics[*] ? (@.type() != "string")'), true)
       and coalesce(patch ->> 'term_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', not patch ? 'term_id')
       and coalesce(patch ->> 'program_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', not patch ? 'program_id');

alter table change
    add constraint change_object_type check (object_type in ('program', 'term', 'lesson')),
    add constraint change_patch check (chaishots_is_patch(object_type, patch)),
    add constraint change_apply_at check (chaishots_is_moment(apply_at)),
    add constraint change_publish_zone check (publish_zone is null or chaishots_is_zone(publish_zone)),
    add constraint change_status check (status in ('scheduled', 'applied', 'cancelled')),
    add constraint change_applied_at check ((status = 'applied') = (applied_at is not null)),
    add constraint change_created_at check (chaishots_is_moment(created_at)),
    add constraint change_updated_at check (chaishots_is_moment(updated_at)),
    add constraint change_version check (version between 1 and 2000000000);

create index change_due on change (apply_at, id) where status = 'scheduled' and error is null;
create index change_refused on change (object_id) where status = 'scheduled' and error is not null;
create index change_of_object on change (object_id, apply_at, id);
create index change_target on change (coalesce(patch ->> 'term_id', patch ->> 'program_id'))
    where status = 'scheduled' and (patch ->> 'term_id' is not null or patch ->> 'program_id' is not null);
create index change_moment on change (apply_at, id);

create function chaishots_prepare_change() returns trigger language plpgsql as $$
declare
    edited change := new;
    is_there boolean := false;
begin
    if tg_op = 'INSERT' then
        if new.status <> 'scheduled' then
            perform chaishots_refuse('change_status', 'a change begins as scheduled');
        end if;
        if new.object_type in ('program', 'term', 'lesson') then
            -- As a foreign key does it: until this is committed, nobody deletes the thing.
            execute format('select true from %I where id = $1 for key share', new.object_type)
                using new.object_id into is_there;
            if is_there is not true then
                perform chaishots_refuse('change_object',
                    format('there is no %s of the id %s', new.object_type, new.object_id));
            end if;
        end if;
        if (select count(*) from change where object_id = new.object_id and status = 'scheduled') >= 100 then
            perform chaishots_refuse('change_number', 'there are 100 scheduled changes of a thing at most');
        end if;
        return new;
    end if;
    if (new.id, new.object_type, new.object_id) is distinct from (old.id, old.object_type, old.object_id) then
        perform chaishots_refuse('change_object_immutable', 'a change keeps its id, and the thing that it is of');
    end if;
    if old.status <> 'scheduled' and new is distinct from old then
        perform chaishots_refuse('change_transition', format('a change that is %s stays as it is', old.status));
    end if;
    if new.status = 'applied' then
        new.applied_at := coalesce(new.applied_at, clock_timestamp());
        new.error := null;
    end if;
    -- As with lessons: what the publisher notes is no edit; any edit asks for another try.
    edited.error := old.error;
    if edited is distinct from old then
        if new.status = 'scheduled' and new.error is not distinct from old.error then
            new.error := null;
        end if;
        if (new.patch, new.apply_at) is distinct from (old.patch, old.apply_at) and new.scheduled_by = old.scheduled_by then
            new.scheduled_by := chaishots_actor();
        end if;
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;
create trigger prepare before insert or update on change for each row execute function chaishots_prepare_change();
create trigger zz_wrap_version before update on change for each row when (new.version > 2000000000)
    execute function chaishots_wrap_version();

-- As chaishots_record; of those that were applied, and nothing else, it is known what is other than it was.
create function chaishots_record_changes() returns trigger language plpgsql set enable_nestloop = off set jit = off as $$
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    with pair as (
        select later.id, later.apply_at,
               case when later.status = 'applied' and earlier.status = 'scheduled' and earlier.error is null
                    then jsonb_build_object('status', earlier.status, 'version', earlier.version) end as known,
               jsonb_build_object('status', later.status, 'version', later.version, 'applied_at', later.applied_at)
                   as applied,
               earlier, later
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
        offset 0
    ), line as (
        select id, apply_at, coalesce(known, to_jsonb(earlier)) as before,
               case when known is null then to_jsonb(later) else applied end as after, known is not null as is_known
          from pair offset 0
    ), compared as materialized (
        select *, case when is_known then '{}'
                       else array(select key from jsonb_each(after) where value = before -> key) end as unchanged
          from line
    )
    select chaishots_actor(), 'change.' || case when is_known then 'apply' else chaishots_action(before, after) end,
           'change', id, before - unchanged, after - unchanged
      from compared
     where after - unchanged - array['version', 'updated_at'] <> '{}'
     order by apply_at, id;
    if found then
        perform pg_notify('chaishots_content', 'change');
    end if;
    return null;
end $$;
create trigger record_insert after insert on change referencing new table as new_rows
    for each statement execute function chaishots_record();
create trigger record_update after update on change referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_record_changes();
create trigger record_delete after delete on change referencing old table as old_rows
    for each statement execute function chaishots_record();
create trigger record_truncate after truncate on change for each statement execute function chaishots_record_truncate();

create function chaishots_keep_refusal_of_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        delete from refusal where id = old.id;
    elsif new.error is null or new.status <> 'scheduled' then
        delete from refusal where id = new.id;
    else
        insert into refusal (id, reason, version, retry_at)
        values (new.id, new.error, new.version, clock_timestamp() + chaishots_pause(0))
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = true;
    end if;
    return null;
end $$;
create trigger keep_refusal_insert after insert on change for each row when (new.error is not null)
    execute function chaishots_keep_refusal_of_change();
create trigger keep_refusal_update after update on change for each row
    when (new.error is distinct from old.error) execute function chaishots_keep_refusal_of_change();
create trigger keep_refusal_delete after delete on change for each row when (old.status = 'scheduled')
    execute function chaishots_keep_refusal_of_change();

-- What is gone needs no change; who looks for it finds why it never came.
create function chaishots_cancel_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' then
        update change set status = 'cancelled', error = format('The %s was deleted.', object_type)
         where object_type = tg_table_name and status = 'scheduled';
    else
        update change set status = 'cancelled', error = format('The %s was deleted.', object_type)
         where object_id in (select id from old_rows) and object_type = tg_table_name and status = 'scheduled';
    end if;
    return null;
end $$;

-- What was refused is tried again when its thing changes.
create function chaishots_retry_changes() returns trigger language plpgsql as $$
begin
    if exists (select from change where status = 'scheduled' and error is not null) then
        update change set error = null
         where id in (
            select change.id from new_rows later join old_rows earlier on earlier.id = later.id
              join change on change.object_id = later.id and change.status = 'scheduled' and change.error is not null
             where earlier is distinct from later order by change.id for update of change skip locked);
    end if;
    return null;
end $$;
"""
_TABLES = ("program", "term", "lesson")
_ON_THINGS = "".join(
    f"""
create trigger zz_cancel_changes after delete on {table} referencing old table as old_rows
    for each statement execute function chaishots_cancel_changes();
create trigger zz_cancel_changes_truncate after truncate on {table} for each statement
    execute function chaishots_cancel_changes();
create trigger zz_retry_changes after update on {table} referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_retry_changes();
"""
    for table in _TABLES
)
_OFF_THINGS = "".join(
    f"drop trigger {trigger} on {table};\n"
    for table in _TABLES
    for trigger in ("zz_cancel_changes", "zz_cancel_changes_truncate", "zz_retry_changes")
)

_APPLY = r"""
-- A JSON Merge Patch, applied (RFC 7396).
create function chaishots_merge(target jsonb, patch jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    merged jsonb := case when jsonb_typeof(target) = 'object' then target else '{}' end;
    key text;
    value jsonb;
begin
    if jsonb_typeof(patch) <> 'object' then
        return patch;
    end if;
    for key, value in select * from jsonb_each(patch) loop
        if jsonb_typeof(value) = 'null' then
            merged := merged - key;
        else
            merged := merged || jsonb_build_object(
                key, case when jsonb_typeof(value) = 'object' then chaishots_merge(merged -> key, value) else value end);
        end if;
    end loop;
    return merged;
end $$;

-- What a patch sets of a row, in whole values: its maps merged into those of the row.
create function chaishots_filled(patch jsonb, known jsonb) returns jsonb language sql immutable parallel safe
return (select jsonb_object_agg(key, case when jsonb_typeof(value) = 'object' then chaishots_merge(known -> key, value)
                                          else value end) from jsonb_each(patch));

-- A row as it will be after these patches, one after the other.
create function chaishots_patched(known jsonb, patches jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    patched jsonb := known;
    patch jsonb;
begin
    for patch in select * from jsonb_array_elements(patches) loop
        patched := patched || chaishots_filled(patch, patched);
    end loop;
    return patched;
end $$;

-- What of a patch no later one has set. So one that was refused, and comes later than it should, changes nothing back.
create function chaishots_left(patch jsonb, later jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    kept jsonb := patch;
    key text;
    value jsonb;
    rest jsonb;
begin
    for key, value in select * from jsonb_each(later) loop
        if jsonb_typeof(value) = 'object' and jsonb_typeof(kept -> key) = 'object' then
            rest := chaishots_left(kept -> key, value);
            kept := case when rest = '{}' then kept - key else kept || jsonb_build_object(key, rest) end;
        else
            kept := kept - key;
        end if;
    end loop;
    return kept;
end $$;

create function chaishots_left_of_all(patch jsonb, later jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    kept jsonb := patch;
    one jsonb;
begin
    for one in select * from jsonb_array_elements(later) loop
        kept := chaishots_left(kept, one);
    end loop;
    return kept;
end $$;

-- Topics of programs by their names, as the patches have them: found without regard to case, or made.
create function chaishots_set_topics(programs uuid[], patches jsonb[]) returns void language plpgsql as $$
#variable_conflict use_column
begin
    -- In the order of their names: two that make the same new topics would lock each other out otherwise.
    insert into topic (name)
    select min(name) from unnest(patches) as patch cross join jsonb_array_elements_text(patch -> 'topics') as name
     where not exists (select from topic where lower(topic.name) = lower(name.name))
     group by lower(name) order by lower(name) on conflict do nothing;
    delete from program_topic using unnest(programs, patches) as wanted (id, patch)
     where program_topic.program_id = wanted.id and wanted.patch ? 'topics' and not exists (
        select from topic join jsonb_array_elements_text(wanted.patch -> 'topics') as name
                       on lower(topic.name) = lower(name.name)
         where topic.id = program_topic.topic_id);
    insert into program_topic (program_id, topic_id)
    select distinct wanted.id, topic.id
      from unnest(programs, patches) as wanted (id, patch)
     cross join jsonb_array_elements_text(wanted.patch -> 'topics') as name
      join topic on lower(topic.name) = lower(name.name)
     order by 1, 2 on conflict do nothing;
end $$;

-- Patches of different things of one kind, in one update of their table.
create function chaishots_patch(kind text, ids uuid[], patches jsonb[]) returns void language plpgsql as $$
#variable_conflict use_column
declare
    place constant text := case kind when 'lesson' then 'term_id' when 'term' then 'program_id' end;
    columns text;
    went bigint;
begin
    if place is not null and exists (select from unnest(patches) as patch where patch ? place) then
        if exists (
            select from unnest(ids, patches) as wanted (id, patch)
              join lesson on lesson.status = 'published'
                   and case kind when 'lesson' then lesson.id else lesson.term_id end = wanted.id
              join term on term.id = lesson.term_id
              join program on program.id = case kind
                   when 'term' then (patch ->> 'program_id')::uuid
                   else (select program_id from term where id = (patch ->> 'term_id')::uuid) end
             where patch ? place and program.id <> term.program_id and program.status <> 'published'
        ) then
            perform chaishots_refuse('change_moves_public', 'what is public moves to what is public');
        end if;
        -- Behind the last, where no number is given.
        execute format($f$
            select array_agg(case when is_moved then patch || jsonb_build_object('%1$s_number', last + turn)
                                  else patch end order by at)
              from (select patch, at, is_moved, row_number() over (partition by is_moved, target order by at) as turn,
                           (select coalesce(max(%1$s_number), 0) from %1$s where %2$s = target) as last
                      from (select patch, at, (patch ->> '%2$s')::uuid as target,
                                   coalesce((patch ->> '%2$s')::uuid <> %1$s.%2$s, false)
                                   and not patch ? '%1$s_number' as is_moved
                              from unnest($1, $2) with ordinality as wanted (key, patch, at)
                              join %1$s on %1$s.id = key) as placed) as numbered$f$, kind, place)
           using ids, patches into patches;
    end if;
    select string_agg(quote_ident(key), ', ' order by key)
      from (select distinct key from unnest(patches) as patch cross join jsonb_object_keys(patch) as key
             where key <> 'topics') as named into columns;
    if columns is not null then
        execute format($f$
            update %1$I as thing set (%2$s) = (
                select %2$s from jsonb_populate_record(
                    thing, case when patch @? '$.* ? (@.type() == "object")'
                                then chaishots_filled(patch, to_jsonb(thing)) else patch end))
              from unnest($1, $2) as wanted (key, patch) where id = key$f$, kind, columns) using ids, patches;
        get diagnostics went = row_count;
        if went < cardinality(ids) then
            raise triggered_data_change_violation
                using message = format('a trigger left the %s as it was', kind);
        end if;
    end if;
    if kind = 'program' then
        perform chaishots_set_topics(ids, patches);
    end if;
end $$;

-- Whoever sets a change to applied has it carried out: in the order of their moments, those of one thing one by one.
create function chaishots_carry_out_changes() returns trigger language plpgsql as $$
#variable_conflict use_column
declare
    part record;
begin
    if not exists (select from new_rows later join old_rows earlier on earlier.id = later.id
                    where later.status = 'applied' and earlier.status <> 'applied') then
        return null;
    end if;
    -- In the order in which editors lock many: programs, terms, lessons, each by id.
    perform from program
      where id in (select object_id from new_rows where object_type = 'program'
                   union all select (patch ->> 'program_id')::uuid from new_rows where patch ? 'program_id'
                   union all select program_id from term where id in (
                        select (patch ->> 'term_id')::uuid from new_rows where patch ? 'term_id'))
      order by id for no key update;
    perform from term
      where id in (select object_id from new_rows where object_type = 'term'
                   union all select (patch ->> 'term_id')::uuid from new_rows where patch ? 'term_id')
      order by id for no key update;
    perform from lesson where id in (select object_id from new_rows where object_type = 'lesson')
      order by id for no key update;
    for part in
        with applied as materialized (
            select later.id, later.object_type, later.object_id, later.apply_at, later.scheduled_by, later.patch,
                   row_number() over (partition by later.object_id order by later.apply_at, later.id) as turn
              from new_rows later join old_rows earlier on earlier.id = later.id
             where later.status = 'applied' and earlier.status <> 'applied'
        ), overtaken as (
            select applied.id, jsonb_agg(other.patch order by other.apply_at, other.id) as others
              from applied join change other on other.object_id = applied.object_id and other.status = 'applied'
                       and (other.apply_at, other.id) > (applied.apply_at, applied.id)
             where other.id not in (select id from applied)
             group by applied.id
        )
        select object_type as kind, turn, array_agg(object_id order by apply_at, applied.id) as ids,
               array_agg(case when others is null then patch else chaishots_left_of_all(patch, others) end
                         order by apply_at, applied.id) as patches,
               jsonb_object_agg(object_id, scheduled_by) as actors
          from applied left join overtaken on overtaken.id = applied.id
         group by object_type, turn order by turn, object_type
    loop
        perform set_config('chaishots.scheduled_by', part.actors::text, true);
        perform chaishots_patch(part.kind, part.ids, part.patches);
        perform set_config('chaishots.scheduled_by', '', true);
    end loop;
    return null;
end $$;
create trigger carry_out after update on change referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_carry_out_changes();

-- Of changes, those whose things can be had, and whatever these move to: locked, and none waited for.
create function chaishots_sort_out_changes(ids uuid[]) returns uuid[] language plpgsql as $$
#variable_conflict use_column
declare
    programs uuid[] := array(
        select id from program
         where id in (select object_id from change where id = any(ids) and object_type = 'program'
                      union all select (patch ->> 'program_id')::uuid from change where id = any(ids) and patch ? 'program_id'
                      union all select program_id from term where id in (
                        select (patch ->> 'term_id')::uuid from change where id = any(ids) and patch ? 'term_id'))
         order by id for no key update skip locked);
    terms uuid[] := array(
        select id from term
         where id in (select object_id from change where id = any(ids) and object_type = 'term'
                      union all select (patch ->> 'term_id')::uuid from change where id = any(ids) and patch ? 'term_id')
         order by id for no key update skip locked);
    lessons uuid[] := array(
        select id from lesson
         where id in (select object_id from change where id = any(ids) and object_type = 'lesson')
         order by id for no key update skip locked);
begin
    -- What there is not is refused, and not waited for.
    return array(
        select change.id from change
          left join program target on target.id = (patch ->> 'program_id')::uuid
          left join term place on place.id = (patch ->> 'term_id')::uuid
         where change.id = any(ids)
           and object_id = any(case object_type when 'lesson' then lessons when 'term' then terms else programs end)
           and (target.id is null or target.id = any(programs))
           and (place.id is null or place.id = any(terms) and place.program_id = any(programs))
         order by apply_at, change.id);
end $$;

-- These changes, in savepoints: what fails holds up no other. Lines: as those of chaishots_publish_due.
create function chaishots_apply_changes(ids uuid[], until timestamptz) returns LINES
    language plpgsql as $$
#variable_conflict use_column
declare
    kind text;
    outcome record;
    done uuid[] := '{}';
    failed jsonb := '[]';
    trouble jsonb;
    is_unfinished boolean := false;
begin
    foreach kind in array array['program', 'term', 'lesson'] loop
        outcome := chaishots_isolate(
            array(select change.id from unnest(ids) with ordinality as wanted (id, place)
                    join change on change.id = wanted.id where object_type = kind order by place),
            'change', clock_timestamp(), until);
        done := done || outcome.done;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        is_unfinished := is_unfinished or outcome.is_unfinished;
    end loop;
    return query
    with named as (
        select change.id, change.object_type || ' ' || coalesce(lesson.title, program.title, term.title,
                                                              'Term ' || term.term_number) as title,
               apply_at, change.version
          from change left join lesson on lesson.id = object_id left join program on program.id = object_id
          left join term on term.id = object_id
         where change.id = any(done) or change.id in (
            select (entry ->> 'id')::uuid from jsonb_array_elements(failed) as entry))
    select case when entry is null then 'applied' else 'unapplied' end, id, title, apply_at, version, entry
      from named left join jsonb_array_elements(failed) as entry on (entry ->> 'id')::uuid = named.id
     order by apply_at, id;
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, trouble where trouble is not null;
    return query select 'unfinished', null::uuid, null::text, null::timestamptz, null::integer, null::jsonb
     where is_unfinished;
end $$;
"""
_LINES = "table (what text, id uuid, title text, moment timestamptz, version integer, facts jsonb)"
_DUE = """change.status = 'scheduled' and change.error is null and change.apply_at <= now()
           and (select refusal.version from refusal
                where refusal.id = change.id and not refusal.is_told) is distinct from change.version"""

_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    # Changes are no lessons: they stay in the order in which they come.
    "chaishots_isolate(uuid[], text, timestamptz, timestamptz)": (
        (
            "unnest(ids) as wanted (key) left join lesson on id = key order by lesson.ctid);",
            "unnest(ids) with ordinality as wanted (key, place)\n"
            "                  left join lesson on id = key order by lesson.ctid, place);",
        ),
    ),
    "chaishots_take_step(uuid[], text, timestamptz)": (
        (
            "    else\n        with changed as (\n            update lesson set status = 'archived'",
            """    elsif step = 'change' then
        with changed as (
            update change set status = 'applied', applied_at = moment
              from unnest(ids) as wanted (key)
             where id = key and status = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'applied' into moved;
        if coalesce(cardinality(moved), 0) < cardinality(ids) then
            raise triggered_data_change_violation using message = 'a trigger left the change as it was';
        end if;
    else
        with changed as (
            update lesson set status = 'archived'""",
        ),
    ),
    "chaishots_publish_due(text, integer)": (
        ("    alone jsonb;\n", "    alone jsonb;\n    wanted uuid[];\n    changes uuid[] := '{}';\n"),
        (
            "lock table lesson, program, release, activity, refusal in",
            "lock table lesson, term, program, release, change, activity, refusal in",
        ),
        (
            "and publish_error is null and archive_at > now() and archive_at < now() + interval '200 ms') then",
            """and publish_error is null and archive_at > now() and archive_at < now() + interval '200 ms')
       or exists (select from change where status = 'scheduled' and error is null
                     and apply_at > now() and apply_at < now() + interval '200 ms') then""",
        ),
        (
            "    loop\n        -- Locked before it is joined:",
            f"""    -- Before what is published at the same moment: a program's posters may come just in time.
    wanted := array(select id from change where {_DUE}
        order by apply_at, id limit size for update skip locked);
    if wanted <> '{{}}' then
        is_full := is_full or cardinality(wanted) >= size;
        changes := chaishots_sort_out_changes(wanted);
        for line in select * from chaishots_apply_changes(changes, clock_timestamp() + patience) loop
            if line.what = 'trouble' then
                trouble := coalesce(trouble, line.facts);
            elsif line.what = 'unfinished' then
                is_unfinished := true;
            else
                went := went + 1;
                if line.what = 'unapplied' then
                    failed := failed || line.facts;
                end if;
                return query select line.what, line.id, line.title, line.moment, line.version, line.facts;
            end if;
        end loop;
    end if;

    loop
        -- Locked before it is joined:""",
        ),
        (
            "        select lesson.id, noted.reason, lesson.version, clock_timestamp() + chaishots_pause(0), false",
            "        select noted.id, noted.reason, thing.version, clock_timestamp() + chaishots_pause(0), false",
        ),
        (
            "          join lesson on lesson.id = noted.id\n        on conflict",
            "          join (select id, version from lesson union all select id, version from change) as thing\n"
            "            on thing.id = noted.id\n        on conflict",
        ),
        (
            "is_held := is_held or not is_full and not is_unfinished and (\n        exists (",
            f"""is_held := is_held or not is_full and not is_unfinished and (
        exists (select from change where {_DUE} and id <> all(changes))
        or exists (""",
        ),
        (
            "            (select case when claims = '{}' then min(retry_at)",
            """            (select min(apply_at) from change where status = 'scheduled' and error is null and apply_at > now()),
            (select case when claims = '{}' then min(retry_at)""",
        ),
        (
            "is_full := is_full or line.what in ('archived', 'published');",
            "is_full := is_full or line.what in ('archived', 'published', 'applied');",
        ),
    ),
    "chaishots_publish_alone(text, uuid)": (
        (
            "lock table lesson, program, release, activity, refusal in",
            "lock table lesson, term, program, release, change, activity, refusal in",
        ),
    ),
    "chaishots_try_again(uuid[])": (
        (
            "    tried uuid[];\nbegin",
            """    tried uuid[];
    wanted uuid[] := array(
        select id from change where id = any(claims) and status = 'scheduled' and apply_at <= now()
         order by apply_at, id for update skip locked);
begin""",
        ),
        (
            "       and not exists (select from release where release.id = refusal.id);",
            """       and not exists (select from release where release.id = refusal.id)
       and not exists (select from change where change.id = refusal.id);
    delete from refusal using change
     where change.id = refusal.id and change.id = any(claims)
       and (change.status <> 'scheduled' or change.error is null and change.apply_at > now());
    return query
    select what, id, title, moment, version, facts
      from chaishots_apply_changes(chaishots_sort_out_changes(wanted), until) where what <> 'unfinished';""",
        ),
    ),
    "chaishots_put_aside(uuid, text, boolean)": (
        (
            "        select id, version, publish_error, null from release where id = key)",
            """        select id, version, publish_error, null from release where id = key
         union all
        select id, version, error, null from change where id = key)""",
        ),
    ),
    "chaishots_tell_refused(text, uuid[], integer[], text[], uuid[])": (
        ("    releases uuid[];\n", "    releases uuid[];\n    changes uuid[];\n"),
        (
            "    known := array(",
            """    changes := array(
        select change.id from change join unnest(ids, versions) as wanted (id, version)
                on wanted.id = change.id and wanted.version = change.version
         where change.status = 'scheduled' order by change.id for update of change skip locked);
    known := array(""",
        ),
        (
            "    return query\n    with noted as (",
            """    foreach key in array changes loop
        begin
            update change set error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
             where change.id = key and wanted.id = key and change.error is distinct from wanted.reason;
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
            null;
        end;
    end loop;

    return query
    with noted as (""",
        ),
        (
            "release.id = wanted.id and release.publish_error is not null),",
            """release.id = wanted.id and release.publish_error is not null)
               or exists (select from change where change.id = wanted.id and change.error is not null),""",
        ),
        ("wanted.id = any(lessons || releases)", "wanted.id = any(lessons || releases || changes)"),
    ),
    "chaishots_record()": (
        (
            "    recorded bigint;\n",
            "    recorded bigint;\n"
            "    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');\n",
        ),
        (
            "insert into activity (actor, action, object_type, object_id, before, after)",
            "insert into activity (actor, carried_out_by, action, object_type, object_id, before, after)",
        ),
        (
            "        select chaishots_actor(), tg_table_name || '.' || chaishots_action(before, after), tg_table_name, id,",
            """        select coalesce(scheduled ->> id::text, chaishots_actor()),
               case when scheduled ? id::text then chaishots_actor() end,
               tg_table_name || '.' || chaishots_action(before, after), tg_table_name, id,""",
        ),
    ),
    "chaishots_record_topics()": (
        (
            "    recorded bigint;\n",
            "    recorded bigint;\n"
            "    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');\n",
        ),
        (
            """insert into activity (actor, action, object_type, object_id, after)
        select chaishots_actor(), """,
            """insert into activity (actor, carried_out_by, action, object_type, object_id, after)
        select coalesce(scheduled ->> later.program_id::text, chaishots_actor()),
               case when scheduled ? later.program_id::text then chaishots_actor() end, """,
        ),
        (
            """insert into activity (actor, action, object_type, object_id, before)
        select chaishots_actor(), """,
            """insert into activity (actor, carried_out_by, action, object_type, object_id, before)
        select coalesce(scheduled ->> earlier.program_id::text, chaishots_actor()),
               case when scheduled ? earlier.program_id::text then chaishots_actor() end, """,
        ),
    ),
    "chaishots_write_history_of_lessons()": (
        (
            "select count(*) = %1$s from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);",
            """select count(*) = %1$s from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);
    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');""",
        ),
        (
            "insert into activity (actor, action, object_type, object_id, before, after)",
            "insert into activity (actor, carried_out_by, action, object_type, object_id, before, after)",
        ),
        # Of what was edited, the columns that are other than they were; that takes a third of comparing whole rows.
        (
            "                    else array[to_jsonb(earlier), to_jsonb(later)] end as whole",
            "                    when is_current then array[%4$s, %5$s]\n"
            "                    else array[to_jsonb(earlier), to_jsonb(later)] end as whole",
        ),
        (
            "unnest(columns) as name),\n        current_schema());",
            """unnest(columns) as name),
        current_schema(),
        chaishots_edited('earlier', columns, step), chaishots_edited('later', columns, step));""",
        ),
        (
            "    select chaishots_actor(), 'lesson.' ||",
            """    select coalesce(scheduled ->> id::text, chaishots_actor()),
           case when scheduled ? id::text then chaishots_actor() end, 'lesson.' ||""",
        ),
    ),
}
_ACTION_BEFORE = Path(__file__).with_name("3_20261123120000_releases.py").read_text()
_BEGIN = "create or replace function chaishots_action("
_ACTION_BEFORE = _BEGIN + _ACTION_BEFORE.partition(_BEGIN)[2].partition("'change' end;")[0] + "'change' end;\n"
_ACTION = (
    _ACTION_BEFORE.replace(
        "        when after ->> 'status' = 'archived' then 'archive'",
        "        when after ->> 'status' = 'archived' then 'archive'\n"
        "        when after ->> 'status' = 'applied' then 'apply'",
    )
    .replace(
        "    when after ->> 'publish_error' is distinct from before ->> 'publish_error'",
        "    when coalesce(after ->> 'publish_error', after ->> 'error')\n"
        "         is distinct from coalesce(before ->> 'publish_error', before ->> 'error')",
    )
    .replace(
        "when after ->> 'publish_error' is null then",
        "when coalesce(after ->> 'publish_error', after ->> 'error') is null then",
    )
    .replace(
        "after ->> 'publish_at' is distinct from before ->> 'publish_at'",
        "after ->> 'publish_at' is distinct from before ->> 'publish_at'\n"
        "              or after ->> 'apply_at' is distinct from before ->> 'apply_at'",
    )
)
_SEARCH_PATHS = runpy.run_path(str(Path(__file__).with_name("10_20261126143000_refusals_retried.py")))["_SEARCH_PATHS"]


_EDITED = """
-- The expression of what one of two rows has in the columns in which they differ, and in these of every step.
create function chaishots_edited(row_name text, columns text[], step text[]) returns text language sql immutable
return (select format('jsonb_build_object(%s)', string_agg(format('%L, %s.%I', name, row_name, name), ', '))
          from unnest(step) as name)
       || (select string_agg(format(' || case when later.%1$s is distinct from earlier.%1$s'
                  ' then jsonb_build_object(%2$L, %3$s.%1$s) else ''{}'' end', name, trim('"' from name), row_name), '')
             from unnest(columns) as name);
"""


def _replace(*, back: bool) -> str:
    made = ""
    for signature, changes in _REPLACED.items():
        made += f"do $do$ declare\n    body text := pg_get_functiondef('{signature}'::regprocedure);\nbegin\n"
        for one in reversed(changes) if back else changes:
            before, after = reversed(one) if back else one
            made += (
                f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
                f"        raise exception '% is not what it should be: %', '{signature}', $is${before}$is$;\n    end if;\n"
                f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
            )
        made += "    execute body;\nend $do$;\n"
    return made + "select chaishots_write_history_of_lessons();\n"


async def upgrade(db: BaseDBAsyncClient) -> str:
    apply = _APPLY.replace("LINES", _LINES)
    return _TABLE + _RULES + _ON_THINGS + apply + _ACTION + _EDITED + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _replace(back=True)
        + _ACTION_BEFORE
        + _OFF_THINGS
        + """
        DROP TABLE IF EXISTS "change";
        ALTER TABLE "activity" DROP COLUMN "carried_out_by";
drop function chaishots_edited(text, text[], text[]);
drop function chaishots_apply_changes(uuid[], timestamptz);
drop function chaishots_sort_out_changes(uuid[]);
drop function chaishots_carry_out_changes();
drop function chaishots_patch(text, uuid[], jsonb[]);
drop function chaishots_set_topics(uuid[], jsonb[]);
drop function chaishots_patched(jsonb, jsonb);
drop function chaishots_left_of_all(jsonb, jsonb);
drop function chaishots_left(jsonb, jsonb);
drop function chaishots_filled(jsonb, jsonb);
drop function chaishots_merge(jsonb, jsonb);
drop function chaishots_retry_changes();
drop function chaishots_cancel_changes();
drop function chaishots_keep_refusal_of_change();
drop function chaishots_record_changes();
drop function chaishots_prepare_change();
drop function chaishots_is_patch(text, jsonb);
drop function chaishots_patchable(text);
"""
        + _SEARCH_PATHS
    )

