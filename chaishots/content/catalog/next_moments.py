"""The moments that an answer tells of itself: when it was read, of which commits, and what its content does next.

Parts of the statements that read the catalog; how long an answer may be kept follows from them.
"""

from typing import Final

from chaishots.content.stored_refusals import is_refused

# What all lessons, or a program's, will do next: a publish that is not refused, of a release too, and an end. Refused
# ones may wait for long. By lesson_due, release_due, lesson_end_due and change_due; of a program, by its lessons' keys,
# read once.
_NEXT_END: Final = (
    "select min(archive_at) from lesson "
    "where archive_at is not null and status in ('scheduled', 'published') and publish_error is null "
    f"and not {is_refused('lesson')}"
)
# One of a release that was refused waits with it.
_WAITING: Final = f"""
    change.status = 'scheduled' and change.error is null and not {is_refused("change")}
    and (change.release_id is null or not exists (
        select from release where release.id = change.release_id and {is_refused("release")}))
"""
# Of the program, of what is in it, and of what moves into it: change_of_object (object_id, apply_at, id) and
# change_target. Where none waits at all, nothing else is read.
_NEXT_CHANGE: Final = f"""
    case when (select exists (select from change where {_WAITING})) then least(
        (select min(apply_at) from change
          where {_WAITING} and object_id in (
            select program.id
             union all select of_program.id from term as of_program where of_program.program_id = program.id
             union all select part.id from term as of_program join lesson as part on part.term_id = of_program.id
                        where of_program.program_id = program.id)),
        (select min(apply_at) from change
          where {_WAITING} and coalesce(patch ->> 'term_id', patch ->> 'program_id') in (
            select program.id::text
             union all select of_program.id::text from term as of_program where of_program.program_id = program.id))
    ) end as next_change_at
"""
ANY_NEXT: Final = f"""
    (select min(publish_at) from lesson
      where status = 'scheduled' and publish_error is null and release_id is null
        and not {is_refused("lesson")}) as next_publish_at,
    (select min(publish_at) from release
      where status = 'scheduled' and publish_error is null and not {is_refused("release")}) as next_release_at,
    ({_NEXT_END}) as next_end_at,
    (select min(apply_at) from change where {_WAITING}) as next_change_at
"""
NEXT_OF_PROGRAM: Final = f"""
    its.next_publish_at, null::timestamptz as next_release_at, its.next_end_at, {_NEXT_CHANGE}
"""
NEXT_OF_ITS: Final = f""",
    min(lesson.publish_at) filter (
        where lesson.status = 'scheduled' and not {is_refused("lesson")}
          and not coalesce((select {is_refused("release")} from release where release.id = lesson.release_id), false)
    ) as next_publish_at,
    min(lesson.archive_at) filter (where lesson.status in ('scheduled', 'published')) as next_end_at
"""
ITS: Final = f"""
    cross join lateral (
        select {NEXT_OF_ITS.strip().removeprefix(",")}
          from (select id from term where program_id = program.id) as of_program
               join lesson on lesson.term_id = of_program.id) as its
"""
NEXT_OF_LESSON: Final = f"""
    null::timestamptz as next_publish_at, null::timestamptz as next_release_at, lesson.archive_at as next_end_at,
    {_NEXT_CHANGE}
"""
# With the start of the server: one that takes another's place, with less of its history, may come to the same snapshot.
COMMITTED: Final = "pg_postmaster_start_time()::text || ' ' || pg_current_snapshot()"
NOW: Final = f"(select clock_timestamp()) as read_at, (select {COMMITTED}) as snapshot"
NEXT_UNTOLD: Final = """
    null::timestamptz as next_publish_at, null::timestamptz as next_release_at, null::timestamptz as next_end_at,
    null::timestamptz as next_change_at
"""
UNTOLD: Final = f"(select clock_timestamp()) as read_at, '' as snapshot, {NEXT_UNTOLD}"
