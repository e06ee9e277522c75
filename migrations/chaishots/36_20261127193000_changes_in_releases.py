"""Changes and ends in releases: a relaunch (new lessons, new titles, old lessons down) is one moment, one transaction.

A change that joins a release takes its moment from it, as a lesson does, and is applied before the release's lessons
are published. An end is a change too: its patch is `{"status": "archived"}`. Plain SQL makes one by `insert into change
(object_type, object_id, release_id, patch) values …`. Functions of earlier migrations get their part put between, as in
the migration before this one.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = r"""
        ALTER TABLE "change" ADD "release_id" UUID;
        ALTER TABLE "change" ALTER COLUMN "apply_at" DROP NOT NULL;
"""

_RULES = r"""
alter table change
    add constraint change_release_id_fkey foreign key (release_id) references release (id) on delete set null,
    add constraint change_has_moment check (apply_at is not null or release_id is not null or status = 'cancelled');
create index change_of_release on change (release_id) where release_id is not null;

-- The release that a change joins. The share lock keeps it from being scheduled or published meanwhile.
create function chaishots_joined(release_id uuid) returns release language plpgsql as $$
declare
    joined release;
begin
    select * into joined from release where id = chaishots_joined.release_id for share;
    if joined.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_closed', format('a release that is %s takes no changes', joined.status));
    end if;
    return joined;
end $$;

-- As with its lessons: which changes are in it is part of what a release's ETag stands for, and of its history.
create function chaishots_record_release_changes() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.release_id is not null then
        insert into activity (actor, action, object_type, object_id, before)
        values (chaishots_actor(), 'release.remove_change', 'release', old.release_id, jsonb_build_object('change_id', old.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = old.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    if tg_op <> 'DELETE' and new.release_id is not null then
        insert into activity (actor, action, object_type, object_id, after)
        values (chaishots_actor(), 'release.add_change', 'release', new.release_id, jsonb_build_object('change_id', new.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = new.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    perform pg_notify('chaishots_content', 'release:');
    return null;
end $$;
create trigger record_release_insert after insert on change for each row
    when (new.release_id is not null) execute function chaishots_record_release_changes();
create trigger record_release_update after update on change for each row
    when (new.release_id is distinct from old.release_id) execute function chaishots_record_release_changes();
create trigger record_release_delete after delete on change for each row
    when (old.release_id is not null) execute function chaishots_record_release_changes();
create trigger zz_retry_release after update on change for each row
    when (new.release_id is not null and old.error is not null and (new.error is null or new.status <> 'scheduled'))
    execute function chaishots_retry_release();
"""

_DUE = "change.status = 'scheduled' and change.error is null and change.apply_at <= now()"
_DUE_ALONE = "change.status = 'scheduled' and change.error is null and change.release_id is null and change.apply_at <= now()"

_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_prepare_change()": (
        ("    edited change := new;\n", "    edited change := new;\n    joined release;\n"),
        (
            "        if (select count(*) from change where object_id = new.object_id",
            """        if new.release_id is not null then
            joined := chaishots_joined(new.release_id);
            new.apply_at := joined.publish_at;
            new.publish_zone := joined.publish_zone;
        end if;
        if (select count(*) from change where object_id = new.object_id""",
        ),
        # A release that was cancelled may be deleted: what was in it stays as it is.
        (
            "    if old.status <> 'scheduled' and new is distinct from old then",
            "    edited.release_id := old.release_id;\n"
            "    if old.status <> 'scheduled' and (edited is distinct from old or new.release_id is not null\n"
            "                                      and new.release_id is distinct from old.release_id) then",
        ),
        (
            "    if new.status = 'applied' then\n",
            """    edited := new;
    if old.status <> 'scheduled' then
        null;
    elsif old.release_id is null and new.release_id is not null then
        joined := chaishots_joined(new.release_id);
        new.apply_at := joined.publish_at;
        new.publish_zone := joined.publish_zone;
        edited := new;
    elsif new.release_id is null and old.release_id is not null then
        if new.apply_at is null and not exists (select from release where id = old.release_id) then
            new.status := 'cancelled';
            new.error := 'Its release was deleted.';
        end if;
    elsif new.release_id is distinct from old.release_id then
        perform chaishots_refuse('change_in_release', 'take the change out of the release that it is in first');
    elsif new.release_id is not null then
        select * into joined from release where id = new.release_id;
        if new.status = 'applied' and joined.status <> 'published'
           or new.status = 'scheduled' and (new.apply_at, new.publish_zone) is distinct from (old.apply_at, old.publish_zone)
              and (new.apply_at, new.publish_zone) is distinct from (joined.publish_at, joined.publish_zone) then
            perform chaishots_refuse('change_in_release', 'the change goes with its release');
        end if;
    end if;
    if new.status = 'applied' then
""",
        ),
        (
            "if (new.patch, new.apply_at) is distinct from (old.patch, old.apply_at) and",
            "if (new.patch, case when new.release_id is null then new.apply_at end)\n"
            "           is distinct from (old.patch, case when new.release_id is null then old.apply_at end) and",
        ),
    ),
    # One of a release is tried with it.
    "chaishots_keep_refusal_of_change()": (
        (
            "values (new.id, new.error, new.version, clock_timestamp() + chaishots_pause(0))",
            "values (new.id, new.error, new.version,\n"
            "                case when new.release_id is null then clock_timestamp() + chaishots_pause(0) end)",
        ),
    ),
    # The changes go first: a program's posters may come with its lessons. They lock as editors do, programs first.
    "chaishots_carry_out_releases()": (
        ("    outcome record;\n", "    outcome record;\n    kind text;\n"),
        (
            "        -- In the order in which editors lock many:",
            """        if changed.status = 'published' then
            foreach kind in array array['program', 'term', 'lesson'] loop
                outcome := chaishots_isolate(
                    array(select id from change where release_id = changed.id and status = 'scheduled'
                             and object_type = kind order by id),
                    'change', changed.published_at, clock_timestamp() + interval '300 ms');
                exit when outcome.cause is not null;
            end loop;
            if outcome.cause is not null then
                raise exception using
                    errcode = coalesce(outcome.failed -> 0, outcome.cause) ->> 'errcode',
                    constraint = coalesce(outcome.failed -> 0, outcome.cause) ->> 'rule',
                    message = coalesce(outcome.failed -> 0, outcome.cause) ->> 'message',
                    detail = 'chaishots: ' || outcome.failed::text;
            end if;
        elsif changed.status = 'cancelled' then
            update change set status = 'cancelled', error = 'Its release was cancelled.'
             where release_id = changed.id and status = 'scheduled';
        else
            update change set apply_at = changed.publish_at, publish_zone = changed.publish_zone
             where release_id = changed.id and status = 'scheduled';
        end if;
        -- In the order in which editors lock many:""",
        ),
    ),
    "chaishots_try_release(uuid, integer)": (
        ("    parts uuid[];\n", "    parts uuid[];\n    changes uuid[];\n    whole integer;\n"),
        (
            "    sorted := chaishots_sort_out(parts);\n",
            """    changes := array(
        select id from change where release_id = key and status = 'scheduled' order by id for update skip locked);
    whole := cardinality(parts) + cardinality(changes);
    sorted := chaishots_sort_out(parts);
""",
        ),
        (
            "       or cardinality(sorted.ready) + cardinality(sorted.blocked) < cardinality(parts) then",
            """       or cardinality(changes) < (select count(*) from change where release_id = key and status = 'scheduled')
       or cardinality(chaishots_sort_out_changes(changes)) < cardinality(changes)
       or cardinality(sorted.ready) + cardinality(sorted.blocked) < cardinality(parts) then""",
        ),
        # What a change of its own opens is not shut.
        (
            "    if cardinality(sorted.blocked) > 0 then",
            """    if cardinality(sorted.blocked) > 0 and not exists (
        select from change where id = any(changes) and object_type = 'program'
           and (patch ? 'posters' or patch ? 'language_primary')) then""",
        ),
        ("    if cardinality(parts) > room then", "    if whole > room then"),
        (
            "                        'key', key, 'lessons', cardinality(parts),",
            "                        'key', key, 'lessons', whole,",
        ),
        (
            "          from lesson where lesson.id = any(parts) order by lesson.id;\n        return;\n    end if;\n"
            "    -- What its lessons",
            """          from lesson where lesson.id = any(parts) order by lesson.id;
        return query select 'applied', named.*, null::jsonb from chaishots_named_changes(changes) as named;
        return;
    end if;
    -- What its lessons""",
        ),
        (
            "          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;",
            """          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;
        return query
        select 'unapplied', named.id, named.title, named.apply_at, named.version,
               culprit || jsonb_build_object('release', key)
          from jsonb_array_elements(substr(culprits, 12)::jsonb) as culprit
         cross join chaishots_named_changes(array[(culprit ->> 'id')::uuid]) as named order by named.id;""",
        ),
    ),
    "chaishots_publish_due(text, integer)": (
        (f"wanted := array(select id from change where {_DUE}", f"wanted := array(select id from change where {_DUE_ALONE}"),
        (f"exists (select from change where {_DUE}\n", f"exists (select from change where {_DUE_ALONE}\n"),
        (
            "in ('released', 'published', 'failed', 'blocked', 'release')",
            "in ('released', 'published', 'applied', 'failed', 'blocked', 'unapplied', 'release')",
        ),
    ),
    "chaishots_try_again(uuid[])": (
        (
            "select id from change where id = any(claims) and status = 'scheduled' and apply_at <= now()",
            "select id from change where id = any(claims) and status = 'scheduled' and release_id is null"
            " and apply_at <= now()",
        ),
        (
            "and (change.status <> 'scheduled' or change.error is null and change.apply_at > now());",
            "and (change.status <> 'scheduled' or change.error is null and (change.apply_at > now()) is not false);",
        ),
    ),
    "chaishots_tell_refused(text, uuid[], integer[], text[], uuid[])": (
        (
            "            update release set publish_error = wanted.reason from",
            "            update change set error = null where release_id = key and error is not null and id <> all(ids);\n"
            "            update release set publish_error = wanted.reason from",
        ),
    ),
}
_NAMED = r"""
-- Changes with the kind and the title of what each is of, as the publisher tells them.
create function chaishots_named_changes(ids uuid[], out id uuid, out title text, out apply_at timestamptz, out version integer)
    returns setof record language sql stable begin atomic
    select change.id, change.object_type || ' ' || coalesce(lesson.title, program.title, term.title,
                                                          'Term ' || term.term_number),
           change.apply_at, change.version
      from change left join lesson on lesson.id = object_id left join program on program.id = object_id
      left join term on term.id = object_id
     where change.id = any(ids);
end;
"""

# An end is a change of a lesson's state, and of no other; the rule is what Postgres has of it, with this between.
_ENDS = r"""
create or replace function chaishots_patchable(object_type text) returns text[] language sql immutable parallel safe
return case object_type
    when 'program' then array['title', 'description', 'translations', 'slug', 'former_slugs', 'language_primary',
                              'languages_available', 'posters', 'position', 'shows_coming_soon', 'topics']
    when 'term' then array['program_id', 'term_number', 'title', 'translations']
    when 'lesson' then array['term_id', 'lesson_number', 'title', 'summary', 'translations', 'content_type',
                             'duration_ms', 'is_paid', 'content_language_primary', 'content_languages_available',
                             'content_urls', 'subtitle_urls', 'thumbnails', 'archive_at', 'archive_zone'ENDS] end;
"""
_END = r"""
alter table change add constraint change_end
    check (object_type <> 'lesson' or not patch ? 'status' or patch -> 'status' = '"archived"');
"""
_BEFORE = runpy.run_path(str(Path(__file__).with_name("35_20261127160000_changes.py")))
_SEARCH_PATHS = _BEFORE["_SEARCH_PATHS"]


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
    return made


async def upgrade(db: BaseDBAsyncClient) -> str:
    ends = _ENDS.replace("ENDS", ", 'status'")
    return _TABLE + _RULES + ends + _END + _NAMED + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        """
delete from change where apply_at is null or patch ? 'status';
"""
        + _replace(back=True)
        + _ENDS.replace("ENDS", "")
        + """
alter table change drop constraint change_end;
drop trigger record_release_insert on change;
drop trigger record_release_update on change;
drop trigger record_release_delete on change;
drop trigger zz_retry_release on change;
drop function chaishots_named_changes(uuid[]);
drop function chaishots_record_release_changes();
drop function chaishots_joined(uuid);
        ALTER TABLE "change" DROP COLUMN "release_id";
        ALTER TABLE "change" ALTER COLUMN "apply_at" SET NOT NULL;
"""
        + _SEARCH_PATHS
    )

