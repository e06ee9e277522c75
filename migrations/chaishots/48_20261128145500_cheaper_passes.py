"""A pass of the publisher over one lesson, or over none, costs half; so does what an edit of a public lesson sets going.

Of a pass that published one lesson, 4 parts of 10 of what it cost were plans, and of one that found nothing, 6. What
became of the steps was asked for whether or not there was any; and as those questions name rows by an array that is
mostly empty or has one element, Postgres took it for worth its while to plan them anew each time. Now each is asked where
there is something to be told. After each edit of a public lesson, all programs that are drafts were read for its own,
to publish it; now its own is looked at first. And of an edit of what neither is scheduled nor has an end it is said so, and
the publisher looks for nothing (`edited`, in `database/listener.py`).
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# What a batch of no lessons is for, is to have everything planned before the first one is due.
_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_publish_due(text, integer)": (
        (
            "    patience constant interval := '400 ms';\n",
            "    patience constant interval := '400 ms';\n    is_warm_up constant boolean := batch = 0;\n",
        ),
        (
            """    if exists (select from lesson where status = 'scheduled' and publish_error is null and release_id is null
                  and publish_at > now() and publish_at < now() + interval '200 ms')
""",
            """    if (size > 200 or is_warm_up) and (
       exists (select from lesson where status = 'scheduled' and publish_error is null and release_id is null
                  and publish_at > now() and publish_at < now() + interval '200 ms')
""",
        ),
        (
            "                     and apply_at > now() and apply_at < now() + interval '200 ms') then\n",
            "                     and apply_at > now() and apply_at < now() + interval '200 ms')) then\n",
        ),
        (
            """    outcome := chaishots_isolate(ends, 'archive', clock_timestamp(), began + patience);
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
""",
            """    failed := '[]';
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
""",
        ),
        (
            """    outcome := chaishots_isolate(ready, 'publish', clock_timestamp(), clock_timestamp() + patience);
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
""",
            """    if ready <> '{}' or is_warm_up then
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
""",
        ),
    ),
    # One has no order; and none, at the warm-up, has all planned.
    "chaishots_isolate(uuid[], text, timestamp with time zone, timestamp with time zone)": (
        ("    if step <> 'change' then\n", "    if step <> 'change' and cardinality(ids) <> 1 then\n"),
    ),
    "chaishots_publish_programs()": (
        (
            """    -- A statement that changed no row fires its triggers too; without this the two would call each other for ever.
    if not exists (select from new_rows) then
        return null;
    end if;
""",
            """    -- Mostly there is none. Nor is there of a statement that changed no row, which fires its triggers too: without
    -- this the two would call each other for ever.
    if not exists (select from new_rows later join term on term.id = later.term_id
                     join program on program.id = term.program_id
                    where later.status = 'published' and program.status = 'draft') then
        return null;
    end if;
""",
        ),
    ),
    "chaishots_tell_lessons()": (
        ("    concerned uuid[];\n", "    concerned uuid[];\n    is_timed boolean;\n"),
        (
            """               array_agg(distinct term_id) filter (where status not in ('scheduled', 'published') and published_at is null)
          from old_rows into shown, others;
""",
            """               array_agg(distinct term_id) filter (where status not in ('scheduled', 'published') and published_at is null),
               bool_or(status = 'scheduled' or archive_at is not null)
          from old_rows into shown, others, is_timed;
""",
        ),
        (
            """                            where status not in ('scheduled', 'published') and published_at is null)
          from new_rows into shown, others;
""",
            """                            where status not in ('scheduled', 'published') and published_at is null),
               is_timed or bool_or(status = 'scheduled' or archive_at is not null)
          from new_rows into shown, others, is_timed;
""",
        ),
        (
            "        perform chaishots_tell(tg_table_name, concerned);\n",
            """        perform chaishots_tell(
            tg_table_name, concerned, case when tg_op = 'UPDATE' and not is_timed then 'edited' else '' end);
""",
        ),
    ),
    "chaishots_tell_gone()": (
        (
            "    perform chaishots_tell(tg_table_name, array[its_program], true);\n",
            "    perform chaishots_tell(tg_table_name, array[its_program], 'gone');\n",
        ),
    ),
}


# Whose argument becomes another: made anew beside the one that was, which then goes.
_TELL = {
    "chaishots_tell(text, uuid[], boolean)": (
        ("is_gone boolean DEFAULT false", "word text DEFAULT ''::text"),
        (
            "    gone constant text := case when is_gone then ' gone' else '' end;\n",
            "    said constant text := case when word <> '' then ' ' || word else '' end;\n",
        ),
        (" || array_to_string(programs, ',') || gone;\n", " || array_to_string(programs, ',') || said;\n"),
        ("'chaishots_content', about || gone);\n", "'chaishots_content', about || said);\n"),
    ),
}


def _replace(replaced: dict[str, tuple[tuple[str, str], ...]], *, back: bool) -> str:
    made = ""
    for signature, changes in replaced.items():
        made += f"do $do$ declare\n    body text := pg_get_functiondef('{signature}'::regprocedure);\nbegin\n"
        for one in changes:
            before, after = reversed(one) if back else one
            made += (
                f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
                f"        raise exception '% is not what it should be: %', '{signature}', $is${before}$is$;\n    end if;\n"
                f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
            )
        made += "    execute body;\nend $do$;\n"
    return made


# One plan for each statement in them, however many rows an array names: each is found by its key.
_PLANNED_ONCE = ("chaishots_tell_lessons()", "chaishots_take_step(uuid[], text, timestamp with time zone)")


async def upgrade(db: BaseDBAsyncClient) -> str:
    return (
        _replace(_REPLACED, back=False)
        + "".join(f"alter function {one} set plan_cache_mode = force_generic_plan;\n" for one in _PLANNED_ONCE)
        + _replace(_TELL, back=False)
        + "drop function chaishots_tell(text, uuid[], boolean);\n"
    )


async def downgrade(db: BaseDBAsyncClient) -> str:
    before = {signature.replace("boolean", "text"): changes for signature, changes in _TELL.items()}
    return (
        _replace(before, back=True)
        + "drop function chaishots_tell(text, uuid[], text);\n"
        + "".join(f"alter function {one} reset plan_cache_mode;\n" for one in _PLANNED_ONCE)
        + _replace(_REPLACED, back=True)
    )
