"""What is coming, and what should have come: schedules, scheduled ends and releases, what is overdue or refused.

Times are compared by Postgres' clock alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chaishots.content import paging
from chaishots.content.answer_format import moments_sql
from chaishots.content.overdue import OVERDUE_AFTER_SECONDS
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection
from chaishots.times import lasting

CLOCK_TOLERANCE_SECONDS: Final = 2
"""How far the clock of a host may be off: what is slower to tell is told as late."""


@dataclass(frozen=True)
class Outlook:
    """How the schedule stands at this moment.

    overdue: lessons. overdue_ends: lessons that should have been taken down. overdue_changes: changes that should have
    been applied; blocked_changes: those that were refused. clock_off_s: how far the clock of this
    host is ahead of Postgres', which decides what is due.
    """

    now: datetime
    next_publish_at: datetime | None
    overdue: int
    oldest_overdue_s: float
    next_end_at: datetime | None
    overdue_ends: int
    oldest_overdue_end_s: float
    refused_releases: int
    next_change_at: datetime | None
    overdue_changes: int
    oldest_overdue_change_s: float
    blocked_changes: int
    clock_off_s: float


@dataclass(frozen=True)
class Backlog:
    """How many lessons should be public at this moment: due and about to be, blocked until somebody acts.

    blocked: also those that could not be taken down at their end.
    """

    due: int
    oldest_due_s: float
    blocked: int


@dataclass(frozen=True)
class Planned:
    """A scheduled lesson, with what an operator needs to recognise it."""

    lesson_id: UUID
    title: str
    program_title: str
    program_status: str
    term_number: int
    lesson_number: int
    publish_at: datetime
    publish_zone: str | None
    publish_error: str | None
    late_s: float


@dataclass(frozen=True)
class Counts:
    """How many lessons there are in each state, and how many programs."""

    draft: int
    scheduled: int
    published: int
    archived: int
    programs: int


@dataclass(frozen=True)
class Ending:
    """A lesson that should have been taken down by itself; publish_error says why that was refused, where it was."""

    lesson_id: UUID
    title: str
    program_title: str
    term_number: int
    lesson_number: int
    archive_at: datetime
    archive_zone: str | None
    publish_error: str | None


@dataclass(frozen=True)
class HeldRelease:
    """A release that was refused as a whole."""

    release_id: UUID
    name: str
    publish_at: datetime
    publish_zone: str | None
    publish_error: str


# All by lesson_scheduled (publish_at, id), lesson_end (archive_at, id), release_due (publish_at, id), and change_due
# (apply_at, id), change_refused (object_id); of releases there are few.
_OUTLOOK: Final = f"""
    select clock_timestamp() as now,
           (select min(publish_at) from lesson where status = 'scheduled' and publish_at > now()) as next_publish_at,
           late.overdue, coalesce(extract(epoch from now() - late.oldest), 0)::float8 as oldest_overdue_s,
           (select min(archive_at) from lesson
             where archive_at is not null and status in ('scheduled', 'published') and archive_at > now()
           ) as next_end_at,
           past.overdue_ends, coalesce(extract(epoch from now() - past.oldest), 0)::float8 as oldest_overdue_end_s,
           (select count(*) from release where status = 'scheduled' and {is_refused("release")}) as refused_releases,
           (select min(apply_at) from change where status = 'scheduled' and error is null and apply_at > now())
           as next_change_at,
           stale.overdue_changes, coalesce(extract(epoch from now() - stale.oldest), 0)::float8
           as oldest_overdue_change_s, stale.blocked_changes
      from (select count(*) as overdue, min(publish_at) as oldest
              from lesson where status = 'scheduled' and publish_at < now() - make_interval(secs => $1)) as late
     cross join
           (select count(*) as overdue_ends, min(archive_at) as oldest from lesson
             where archive_at is not null and status in ('scheduled', 'published')
               and archive_at < now() - make_interval(secs => $1)) as past
     cross join
           (select count(*) filter (where apply_at < now() - make_interval(secs => $1)) as overdue_changes,
                   min(apply_at) filter (where apply_at < now() - make_interval(secs => $1)) as oldest,
                   count(*) filter (where is_refused) as blocked_changes
              from (select apply_at, {is_refused("change")} as is_refused from change
                     where status = 'scheduled' and error is null and apply_at <= now()
                     union all
                    select apply_at, true from change where status = 'scheduled' and error is not null) as late_change
           ) as stale
"""

# lesson_due (publish_at, id), release_due (publish_at, id), lesson_of_release (release_id); lesson_refused (term_id),
# refusal_untold (id) of rows that take no publish_error. What is held back by its release is not due.
_BACKLOG: Final = """
    select waiting.due, coalesce(extract(epoch from now() - waiting.oldest), 0)::float8 as oldest_due_s,
           (select count(*) from lesson where publish_error is not null) + untold.number as blocked
      from (select count(*) as number from refusal join lesson on lesson.id = refusal.id
             where not refusal.is_told and refusal.version = lesson.version) as untold
      cross join lateral (
            select greatest(count(*) - untold.number, 0) as due, min(publish_at) as oldest from (
                select publish_at from lesson
                 where status = 'scheduled' and publish_error is null and release_id is null and publish_at <= now()
                 union all
                select lesson.publish_at from release join lesson on lesson.release_id = release.id
                 where release.status = 'scheduled' and release.publish_error is null and release.publish_at <= now()
                   and lesson.status = 'scheduled') as lesson) as waiting
"""

_PLANNED: Final = f"""
    select lesson.id as lesson_id, lesson.title, program.title as program_title, program.status as program_status,
           term.term_number, lesson.lesson_number, lesson.publish_at, lesson.publish_zone,
           {reason("lesson")} as publish_error,
           greatest(extract(epoch from now() - lesson.publish_at), 0)::float8 as late_s
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.status = 'scheduled' and {{condition}}
     order by lesson.publish_at, lesson.id limit $1
"""
_UPCOMING: Final = _PLANNED.format(condition="lesson.publish_at > now()")
_OVERDUE: Final = _PLANNED.format(condition="lesson.publish_at < now() - make_interval(secs => $2)")
# By lesson_refused (term_id) where publish_error is not null, and refusal_untold (id).
_REFUSED: Final = _PLANNED.format(
    condition="""lesson.id in (
        select id from lesson where publish_error is not null union all select id from refusal where not is_told)"""
)

# lesson_end (archive_at, id).
_ENDS: Final = f"""
    select lesson.id as lesson_id, lesson.title, program.title as program_title, term.term_number,
           lesson.lesson_number, lesson.archive_at, lesson.archive_zone, {reason("lesson")} as publish_error
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.archive_at is not null and lesson.status in ('scheduled', 'published')
       and lesson.archive_at < now() - make_interval(secs => $2)
     order by lesson.archive_at, lesson.id limit $1
"""
_HELD: Final = f"""
    select id as release_id, name, publish_at, publish_zone, {reason("release")} as publish_error from release
     where status = 'scheduled' and {is_refused("release")} order by publish_at, id limit $1
"""

# lesson_scheduled, walked in its order.
_SCHEDULE: Final = f"""
    select (select row_to_json(shown) from (
               select lesson.id as lesson_id, lesson.title, program.id as program_id, program.title as program_title,
                      program.status as program_status, term.term_number, lesson.lesson_number,
                      {moments_sql("lesson", "publish_at")}, lesson.publish_zone,
                      {moments_sql("lesson", "archive_at")}, lesson.archive_zone,
                      {reason("lesson")} as publish_error, lesson.version) as shown
           )::text as document, lesson.publish_at, lesson.id as lesson_id
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.status = 'scheduled' and {{condition}}
     order by lesson.publish_at, lesson.id limit $1
"""

_COUNTS: Final = """
    select count(*) filter (where status = 'draft') as draft, count(*) filter (where status = 'scheduled') as scheduled,
           count(*) filter (where status = 'published') as published,
           count(*) filter (where status = 'archived') as archived, (select count(*) from program) as programs
      from lesson
"""
# lesson_scheduled (publish_at, id).
_HOURS: Final = """
    select floor(extract(epoch from publish_at - now()) / 3600)::integer as hour, count(*) as lessons
      from lesson where status = 'scheduled' and publish_at > now() and publish_at < now() + interval '24 hours'
     group by 1
"""


async def outlook(connection: Connection) -> Outlook:
    """The next moment to come and what is overdue, by more than OVERDUE_AFTER_SECONDS."""
    row = await connection.fetchrow(_OUTLOOK, OVERDUE_AFTER_SECONDS)
    assert row is not None  # an aggregate always has its row
    return Outlook(**row, clock_off_s=(datetime.now(UTC) - row["now"]).total_seconds())


async def backlog(connection: Connection) -> Backlog:
    """What waits to be published, and what cannot be."""
    row = await connection.fetchrow(_BACKLOG)
    assert row is not None
    return Backlog(**row)


async def upcoming(connection: Connection, *, limit: int) -> list[Planned]:
    """The scheduled lessons yet to come, soonest first."""
    return [Planned(**row) for row in await connection.fetch(_UPCOMING, limit)]


async def schedule(
    connection: Connection,
    window: paging.Window,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> paging.Page:
    """The scheduled lessons from one moment up to another, soonest first, overdue and refused ones among them."""
    conditions: list[tuple[str, Any]] = [
        ("lesson.publish_at >= {}", since),
        ("lesson.publish_at < {}", until),
        ("(lesson.publish_at, lesson.id) > ({}, {})", window.place(paging.moment, UUID)),
    ]
    return await paging.page(connection, _SCHEDULE, conditions, window, sorted_by=("publish_at", "lesson_id"))


async def overdue(connection: Connection, *, limit: int) -> list[Planned]:
    """The lessons that should be public by now and are not, the oldest first, refused ones among them."""
    return [Planned(**row) for row in await connection.fetch(_OVERDUE, limit, OVERDUE_AFTER_SECONDS)]


async def refused(connection: Connection, *, limit: int) -> list[Planned]:
    """The lessons that could not be published, with the reason in publish_error, the oldest first."""
    return [Planned(**row) for row in await connection.fetch(_REFUSED, limit)]


async def overdue_ends(connection: Connection, *, limit: int) -> list[Ending]:
    """The lessons that should have been taken down by now, the oldest end first."""
    return [Ending(**row) for row in await connection.fetch(_ENDS, limit, OVERDUE_AFTER_SECONDS)]


async def held_releases(connection: Connection, *, limit: int) -> list[HeldRelease]:
    """The releases that were refused as a whole, the oldest first."""
    return [HeldRelease(**row) for row in await connection.fetch(_HELD, limit)]


async def counts(connection: Connection) -> Counts:
    """How many lessons are in each state; reads the whole table, for people rather than for probes."""
    row = await connection.fetchrow(_COUNTS)
    assert row is not None
    return Counts(**row)


async def hours_ahead(connection: Connection) -> list[int]:
    """How many lessons fall due in each of the 24 hours that begin now."""
    found = {row["hour"]: row["lessons"] for row in await connection.fetch(_HOURS)}
    return [found.get(hour, 0) for hour in range(24)]


def clock_text(outlook: Outlook) -> str | None:
    """What is wrong with the clock of this host, by Postgres'; None when nothing is."""
    off = timedelta(seconds=abs(outlook.clock_off_s))
    if off.total_seconds() < CLOCK_TOLERANCE_SECONDS:
        return None
    side = "ahead of" if outlook.clock_off_s > 0 else "behind"
    return (
        f"that of this host is {lasting(off)} {side} Postgres', which decides what is due: what runs here logs and "
        "answers with wrong times. Set one of the two right (NTP)."
    )
