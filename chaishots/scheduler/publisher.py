"""Publishing what is due: a batch in one transaction, a release in its own, through the session that it is given.

Knows lessons, releases and Postgres' clock. Must not know who leads, or when to wake. Each step is conditional on what
the rows are when they are locked, so that running a batch twice changes nothing the second time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.activity import name_actor
from chaishots.content.errors import explained
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.database.connection import Connection

BATCH: Final = 1_000
_RELEASES: Final = 100
"""Releases that are looked at before the other lessons have their turn again."""
_NO_RELEASE: Final = UUID(int=0)

# lesson_end (archive_at) where scheduled or published. Ends go first: what is over is not published any more.
_ARCHIVE_ENDED: Final = """
    with ended as (
        select id from lesson
         where archive_at is not null and status in ('scheduled', 'published') and archive_at <= now()
         order by archive_at, id limit $1 for update skip locked
    )
    update lesson set status = 'archived' from ended where lesson.id = ended.id
    returning lesson.id as lesson_id, lesson.title, lesson.archive_at,
              (extract(epoch from clock_timestamp() - lesson.archive_at) * 1000)::float8 as late_ms
"""

# lesson_due (publish_at, id) where scheduled. Locked before it is joined: the other way round, the planner sorts the
# whole of a backlog of 100,000 for each batch (0.5 s instead of 8 ms).
_LOCK_DUE: Final = """
    with due as materialized (
        select id, term_id, title, publish_at from lesson
         where status = 'scheduled' and publish_at <= now() and publish_error is null and release_id is null
         order by publish_at, id limit $1 for update skip locked
    )
    select due.id as lesson_id, due.title, due.publish_at, program.id as program_id,
           program.status = 'published' as in_public
      from due join term on term.id = due.term_id join program on program.id = term.program_id
     order by due.publish_at, due.id
"""

# A program that somebody holds locked keeps only its own lessons waiting.
_LOCK_PROGRAMS: Final = """
    select id, status, language_primary, posters -> language_primary as posters
      from program where id = any($1) order by id for no key update skip locked
"""

# One moment for the whole batch, taken after the locks were had: when it goes out, as near as one can tell inside.
_PUBLISH: Final = """
    with moment as materialized (select clock_timestamp() as at)
    update lesson set status = 'published', published_at = coalesce(lesson.published_at, moment.at)
      from moment where lesson.id = any($1) and lesson.status = 'scheduled'
    returning lesson.id as lesson_id, lesson.title, lesson.publish_at,
              (extract(epoch from moment.at - lesson.publish_at) * 1000)::float8 as late_ms
"""

_REFUSE: Final = """
    update lesson set publish_error = reason
      from unnest($1::uuid[], $2::text[]) as refused (id, reason)
     where lesson.id = refused.id and lesson.status = 'scheduled'
"""

# release_due (publish_at, id) where scheduled.
_DUE_RELEASES: Final = """
    select id from release where status = 'scheduled' and publish_at <= now() and publish_error is null
     order by publish_at, id limit $1
"""

_LOCK_RELEASE: Final = """
    select id from release
     where id = $1 and status = 'scheduled' and publish_at <= now() and publish_error is null for update skip locked
"""

# lesson_of_release (release_id).
_LOCK_LESSONS_OF: Final = """
    with due as materialized (
        select id, term_id, title, publish_at from lesson
         where release_id = $1 and status = 'scheduled' order by id for update skip locked
    )
    select due.id as lesson_id, due.title, due.publish_at, program.id as program_id,
           program.status = 'published' as in_public
      from due join term on term.id = due.term_id join program on program.id = term.program_id
     order by due.publish_at, due.id
"""
_COUNT_LESSONS_OF: Final = "select count(*) from lesson where release_id = $1 and status = 'scheduled'"

# The lessons follow within the statement: the trigger zz_carry_out_releases.
_PUBLISH_RELEASE: Final = "update release set status = 'published' where id = $1 and status = 'scheduled'"

_PUBLISHED_OF: Final = """
    select lesson.id as lesson_id, lesson.title, lesson.publish_at,
           (extract(epoch from release.published_at - lesson.publish_at) * 1000)::float8 as late_ms
      from lesson join release on release.id = lesson.release_id
     where lesson.id = any($1) order by lesson.id
"""

# The lessons first: one that is to be tried again takes its release's error away. Those that block nothing have none.
_REFUSE_LESSONS_OF: Final = """
    update lesson set publish_error = refused.reason
      from lesson part left join unnest($2::uuid[], $3::text[]) as refused (id, reason) on refused.id = part.id
     where part.release_id = $1 and lesson.id = part.id and lesson.status = 'scheduled'
       and lesson.publish_error is distinct from refused.reason
"""
_REFUSE_RELEASE: Final = "update release set publish_error = $2 where id = $1 and status = 'scheduled'"

# What is yet to come, and whether what has come is left: held by somebody, or for the next batch.
_AHEAD: Final = """
    select extract(epoch from least(
        (select min(publish_at) from lesson
          where status = 'scheduled' and publish_error is null and release_id is null and publish_at > now()),
        (select min(publish_at) from release
          where status = 'scheduled' and publish_error is null and publish_at > now()),
        (select min(archive_at) from lesson
          where archive_at is not null and status in ('scheduled', 'published') and archive_at > now())
    ) - clock_timestamp())::float8 as seconds_to_next,
    exists (select from lesson
             where status = 'scheduled' and publish_error is null and release_id is null and publish_at <= now())
    or exists (select from release where status = 'scheduled' and publish_error is null and publish_at <= now())
    or exists (select from lesson
                where archive_at is not null and status in ('scheduled', 'published') and archive_at <= now())
    as is_held
"""


@dataclass(frozen=True, slots=True)
class Published:
    """A lesson that went public, and how late, in milliseconds after its publish_at."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Archived:
    """A lesson that was taken down at its scheduled end, and how late, in milliseconds after its archive_at."""

    lesson_id: UUID
    title: str
    archive_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A lesson that is due and cannot be published, and what to do about it."""

    lesson_id: UUID
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was done, by publish_at, lessons of releases last, and when to look again.

    is_full: more may be due, and can be had at once. is_held: something that is due could not be had, because another
    transaction holds its row, or that of its draft program. seconds_to_next: until something yet to come falls due, by
    Postgres' clock; zero or less when it did meanwhile; None when nothing is to come.
    """

    published: Sequence[Published]
    refused: Sequence[Refused]
    archived: Sequence[Archived]
    is_full: bool
    is_held: bool = False
    seconds_to_next: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not (self.published or self.refused or self.archived)


async def publish_due(session: Connection, *, actor: str, limit: int = BATCH) -> Batch:
    """Archive what has reached its end and publish what is due, with draft programs, in one transaction.

    Then the releases that are due, each whole and in a transaction of its own.

    Args:
        session: the leader's own, so that a leader that lost the lock cannot write; safe on any other.
        actor: who the history says it was: the replica.
        limit: lessons, 1 to 1,000, of each kind; bounds how long their rows stay locked. A release goes out whole.
    Returns: what was published, refused and archived. Lessons whose rows, or whose draft program's row, another
        transaction holds locked are left for the next batch; of a release, all of its lessons with them.
    Raises: what asyncpg raises when the session ended; nothing of the transaction at hand was written then.
    """
    batch = await _publish_batch(session, actor, limit)
    if len(batch.archived) == limit:
        return batch  # what is over goes first, in a release as well
    published, refused = await _publish_releases(session, actor)
    ahead = await session.fetchrow(_AHEAD)
    assert ahead is not None
    return replace(batch, published=[*batch.published, *published], refused=[*batch.refused, *refused], **ahead)


async def warm_up(session: Connection) -> None:
    """Have Postgres plan every statement of a batch, and compile the triggers, with no row to change.

    Without it the first lesson of a new leader waits for that: on two busy cores 39 ms in the median, instead of 13.
    """
    async with session.transaction():
        await session.fetch(_ARCHIVE_ENDED, 0)
        await session.fetch(_LOCK_DUE, 0)
        await session.fetch(_LOCK_PROGRAMS, [])
        await session.fetch(_PUBLISH, [])
        await session.execute(_REFUSE, [], [])
        await session.fetch(_DUE_RELEASES, 0)
        await session.fetch(_LOCK_RELEASE, _NO_RELEASE)
        await session.fetch(_LOCK_LESSONS_OF, _NO_RELEASE)
        await session.fetchval(_COUNT_LESSONS_OF, _NO_RELEASE)
        await session.execute(_PUBLISH_RELEASE, _NO_RELEASE)
        await session.fetch(_PUBLISHED_OF, [])


async def _publish_batch(session: Connection, actor: str, limit: int) -> Batch:
    async with session.transaction():
        await name_actor(session, actor)
        archived = [Archived(**row) for row in await session.fetch(_ARCHIVE_ENDED, limit)]
        due = await session.fetch(_LOCK_DUE, limit)
        if not due:
            return Batch((), (), archived, len(archived) == limit)
        ready, refused = await _sorted_out(session, due)
        published, broken = await _published(session, ready)
        refused += broken
        if refused:
            await session.execute(
                _REFUSE, [lesson.lesson_id for lesson in refused], [lesson.reason for lesson in refused]
            )
    return Batch(published, refused, archived, limit in (len(due), len(archived)))


async def _publish_releases(session: Connection, actor: str) -> tuple[list[Published], list[Refused]]:
    published: list[Published] = []
    refused: list[Refused] = []
    for row in await session.fetch(_DUE_RELEASES, _RELEASES):
        async with session.transaction():
            await name_actor(session, actor)
            went_out, blocked = await _publish_release(session, row["id"])
        published += went_out
        refused += blocked
    return published, refused


async def _publish_release(session: Connection, release_id: UUID) -> tuple[list[Published], list[Refused]]:
    # The release before its lessons: one that is about to join it holds it locked, or waits until it is gone.
    if await session.fetchval(_LOCK_RELEASE, release_id) is None:
        return [], []
    due = await session.fetch(_LOCK_LESSONS_OF, release_id)
    if len(due) < await session.fetchval(_COUNT_LESSONS_OF, release_id):
        return [], []
    ready, refused = await _sorted_out(session, due)
    if len(ready) + len(refused) < len(due):
        return [], []
    if not refused:
        try:
            async with session.transaction():
                await session.execute(_PUBLISH_RELEASE, release_id)
            rows = await session.fetch(_PUBLISHED_OF, [lesson["lesson_id"] for lesson in due])
            return [Published(**row) for row in rows], []
        except asyncpg.IntegrityConstraintViolationError as error:
            refused = _broken(due, error)
    await session.execute(
        _REFUSE_LESSONS_OF, release_id, [lesson.lesson_id for lesson in refused], [lesson.reason for lesson in refused]
    )
    await session.execute(_REFUSE_RELEASE, release_id, _named_by_reason(refused))
    return [], refused


def _broken(due: Sequence[asyncpg.Record], error: asyncpg.IntegrityConstraintViolationError) -> list[Refused]:
    # Postgres tells the row that breaks the rule, a lesson's or its program's; if not, it may have been any.
    reason = _reason(error)
    row = error.detail or ""
    named = [lesson for lesson in due if str(lesson["lesson_id"]) in row or str(lesson["program_id"]) in row]
    return [Refused(lesson["lesson_id"], lesson["title"], reason) for lesson in named or due]


def _named_by_reason(refused: Sequence[Refused]) -> str:
    by_reason: dict[str, list[str]] = {}
    for lesson in refused:
        by_reason.setdefault(lesson.reason, []).append(lesson.title)
    return " ".join(f"{', '.join(titles)}: {reason}" for reason, titles in by_reason.items())


def _reason(error: asyncpg.IntegrityConstraintViolationError) -> str:
    return str(explained(error.constraint_name) or f"The database refused it: {error}.")


async def _sorted_out(session: Connection, due: Sequence[asyncpg.Record]) -> tuple[list[asyncpg.Record], list[Refused]]:
    hidden = {row["program_id"] for row in due if not row["in_public"]}
    if not hidden:
        return list(due), []
    programs = {row["id"]: row for row in await session.fetch(_LOCK_PROGRAMS, list(hidden))}
    ready: list[asyncpg.Record] = []
    refused: list[Refused] = []
    for lesson in due:
        program = programs.get(lesson["program_id"])
        if lesson["in_public"]:
            ready.append(lesson)
        elif program is not None:
            if obstacle := program_obstacle(_facts(program)):
                refused.append(Refused(lesson["lesson_id"], lesson["title"], obstacle.text))
            else:
                ready.append(lesson)
    return ready, refused


async def _published(session: Connection, ready: Sequence[asyncpg.Record]) -> tuple[list[Published], list[Refused]]:
    if not ready:
        return [], []
    try:
        async with session.transaction():
            return await _published_together(session, ready), []
    except asyncpg.IntegrityConstraintViolationError:
        # One of them breaks a rule of the database that nothing above foresaw. It holds up none of the others.
        return await _published_one_by_one(session, ready)


async def _published_together(session: Connection, ready: Sequence[asyncpg.Record]) -> list[Published]:
    rows = await session.fetch(_PUBLISH, [lesson["lesson_id"] for lesson in ready])
    return sorted((Published(**row) for row in rows), key=lambda lesson: lesson.publish_at)


async def _published_one_by_one(
    session: Connection, ready: Sequence[asyncpg.Record]
) -> tuple[list[Published], list[Refused]]:
    published: list[Published] = []
    refused: list[Refused] = []
    for lesson in ready:
        try:
            async with session.transaction():
                published += await _published_together(session, [lesson])
        except asyncpg.IntegrityConstraintViolationError as error:
            refused.append(Refused(lesson["lesson_id"], lesson["title"], _reason(error)))
    return published, refused


def _facts(program: asyncpg.Record) -> ProgramFacts:
    language = program["language_primary"]
    posters = {language: json.loads(program["posters"])} if program["posters"] else {}
    return ProgramFacts(ProgramStatus(program["status"]), language, posters)
