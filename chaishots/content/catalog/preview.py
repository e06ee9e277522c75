"""The catalog as the public will see it at a later moment, and the publishing steps until then.

Both suppose that nothing but time happens: the publisher does its work, and nobody edits. Nothing is locked and nothing
written; each answer is of one snapshot. What the tables are at that moment is `preview_connection.py`'s; the
publisher's own rules stand in `scheduler/publisher.py`.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content import answer_format
from chaishots.content.catalog import statements
from chaishots.content.catalog.filters import EVERYTHING_PUBLIC, Selection
from chaishots.content.catalog.preview_connection import foreseen
from chaishots.content.catalog.preview_tables import FREE, SHUT, STUCK, changed_tables
from chaishots.content.errors import InvalidContent, NotFound
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection

BLOCKED_SHOWN: Final = 100
"""Lessons that a preview names as blocked at most; `blocked_total` counts them all."""
ROWS: Final = 1_000
"""Steps, and blocked lessons, that a rehearsal lists at most."""

_LAST_YEAR: Final = 9000
_EVER: Final = datetime(1, 1, 2, tzinfo=UTC)

# lesson_scheduled (publish_at, id).
_BLOCKED: Final = f"""
    with {changed_tables("$1")}, {SHUT}, {STUCK}, blocked as (
        select lesson.id, lesson.title, lesson.publish_at, lesson.publish_zone, {reason("lesson")} as publish_error,
               lesson.release_id, term.program_id
          from lesson join term on term.id = lesson.term_id
         where lesson.status = 'scheduled' and lesson.publish_at <= $1 and lesson.publish_at > $5
           and (lesson.archive_at is null or lesson.archive_at > $2)
           and ({is_refused("lesson")} or term.program_id in (select id from shut) or not {FREE})
           and ($3::uuid is null or term.program_id = $3)
    )
    select blocked.*, program.status, program.language_primary,
           program.posters -> program.language_primary as posters, release.name as release_name
      from (select blocked.*, count(*) over () as total from blocked order by publish_at, id limit $4) as blocked
      join program on program.id = blocked.program_id left join release on release.id = blocked.release_id
     order by blocked.publish_at, blocked.id
"""

# lesson_scheduled (publish_at, id); lesson_end (archive_at, id) where scheduled or published.
_STEPS: Final = f"""
    with {changed_tables("$1")}, {SHUT}, {STUCK}, step as (
        select publish_at as at, publish_zone as zone, 'publish' as action, lesson.id, lesson.title, program_id
          from lesson join term on term.id = lesson.term_id
         where lesson.status = 'scheduled' and lesson.publish_at <= $1 and not {is_refused("lesson")}
           and (lesson.archive_at is null or lesson.archive_at > now())
           and term.program_id not in (select id from shut) and {FREE}
         union all
        select lesson.archive_at, lesson.archive_zone, 'archive', lesson.id, lesson.title, term.program_id
          from lesson join term on term.id = lesson.term_id
         where lesson.archive_at is not null and lesson.status in ('scheduled', 'published') and lesson.archive_at <= $1
         union all
        select change.apply_at, change.publish_zone, case when patch ? 'status' then 'archive' else 'change' end,
               case when patch ? 'status' then object_id else change.id end, coalesce(lesson.title, term.title,
                   'Term ' || term.term_number, program.title), coalesce(program.id, term.program_id, place.program_id)
          from change left join program on program.id = object_id left join term on term.id = object_id
          left join lesson on lesson.id = object_id left join term as place on place.id = lesson.term_id
         where change.status = 'scheduled' and change.apply_at <= $1 and not {is_refused("change")}
           and (change.release_id is null or change.release_id not in (select id from stuck))
    )
    select step.at, step.zone, step.action, step.id, step.title, step.program_id, step.total,
           program.title as program_title, program.status = 'draft' as in_draft
      from (select step.*, count(*) over () as total from step order by at, action, id limit $2) as step
      join program on program.id = step.program_id
     order by step.at, step.action, step.id
"""


class Action(StrEnum):
    """What the publisher will do with a lesson; or that it will apply a change."""

    PUBLISH = "publish"
    ARCHIVE = "archive"
    CHANGE = "change"


@dataclass(frozen=True)
class Step:
    """One thing that the publisher will do, and when; `opens_program` when the draft program goes public with it.

    zone: the IANA zone in which that moment was written; None where nobody named one. lesson_id: None of a change,
    which has a change_id, and the title of what it changes.
    """

    at: datetime
    zone: str | None
    action: Action
    lesson_id: UUID | None
    title: str
    program_id: UUID
    program_title: str
    opens_program: bool
    change_id: UUID | None = None


@dataclass(frozen=True)
class Blocked:
    """A lesson that will not be published at its time, and what to do about it."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    publish_zone: str | None
    reason: str


@dataclass(frozen=True)
class Rehearsal:
    """What will happen from now until then, in the order of time; each list has at most ROWS, its total counts all."""

    now: datetime
    until: datetime
    steps: Sequence[Step]
    steps_total: int
    blocked: Sequence[Blocked]
    blocked_total: int

    @property
    def needs_attention(self) -> bool:
        """Whether something scheduled would not be published."""
        return self.blocked_total > 0

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The rehearsal for programs, as JSON takes it (times as ISO 8601)."""
        return {
            "now": answer_format.moment(self.now),
            "until": answer_format.moment(self.until),
            "steps": [answer_format.plain(asdict(step)) for step in self.steps],
            "steps_total": self.steps_total,
            "blocked": [answer_format.plain(asdict(lesson)) for lesson in self.blocked],
            "blocked_total": self.blocked_total,
        }


async def programs(
    connection: Connection,
    at: datetime,
    *,
    limit: int,
    selection: Selection = EVERYTHING_PUBLIC,
) -> str:
    """A page of the programs that will be public at a moment: what `statements.programs` will give then.

    Args:
        at: with its offset, not earlier than now by the database's clock.
    Returns: `{"programs": […], "next_cursor": …, "blocked": […], "blocked_total": …}`; blocked are, of all programs,
        lessons that are scheduled to be public by then and would not be.
    Raises: InvalidContent.
    """
    async with _glance(connection, at, "at"):
        page = await statements.programs(
            foreseen(connection, at), limit=limit, selection=selection, tells_moments=False
        )
        return _with_blocked(page.document, *await _find_blocked(connection, until=at, ends_after=at))


async def program(connection: Connection, program_id: UUID, at: datetime) -> str:
    """A program as it will be public at a moment; blocked are lessons of its own. See `programs`.

    Raises: NotFound when it will not be public then, InvalidContent.
    """
    async with _glance(connection, at, "at"):
        blocked, total = await _find_blocked(connection, until=at, ends_after=at, program_id=program_id)
        try:
            rendering = await statements.program(foreseen(connection, at), program_id, tells_moments=False)
        except NotFound:
            raise NotFound(_not_public(blocked), field="id") from None
        return _with_blocked(rendering.document, blocked, total)


@asynccontextmanager
async def looking_ahead(connection: Connection, at: datetime | None) -> AsyncGenerator[tuple[Connection, datetime]]:
    """A connection on which the catalog's statements read what will be at a moment, and which moment that is.

    Args:
        at: None: now; so it is too once the moment has passed.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        # Of what will be, Postgres has no statistics: it takes thousands of lessons for few, and would compare each
        # with each term (1.4 s for the home page of 18,000).
        await connection.execute("set local enable_nestloop = off")
        then = await connection.fetchval("select greatest(now(), $1::timestamptz)", at)
        yield foreseen(connection, then), then


async def rehearse(connection: Connection, until: datetime) -> Rehearsal:
    """What will be published and archived until a moment, what is overdue included, and what would be blocked.

    Args:
        until: with its offset, not earlier than now by the database's clock.
    Raises: InvalidContent.
    """
    async with _glance(connection, until, "until") as now:
        rows = await connection.fetch(_STEPS, until, ROWS)
        blocked, blocked_total = await _find_blocked(connection, until=until, ends_after=now, limit=ROWS)
    return Rehearsal(now, until, _steps(rows), rows[0]["total"] if rows else 0, blocked, blocked_total)


async def blocked_within(connection: Connection, length: timedelta, *, limit: int) -> tuple[list[Blocked], int]:
    """The lessons that fall due within so long from now, and will be blocked as things are, the first so many; and
    how many there are.
    """
    now: datetime = await connection.fetchval("select now()")
    until = now + length
    return await _find_blocked(connection, until=until, ends_after=now, limit=limit, due_after=now)


@asynccontextmanager
async def _glance(connection: Connection, at: datetime, field: str) -> AsyncGenerator[datetime]:
    if at.tzinfo is None:
        raise InvalidContent("Give the time with its offset, such as 2030-01-31T09:00:00+05:30.", field=field)
    if at.year >= _LAST_YEAR:
        raise InvalidContent(f"Give a time before the year {_LAST_YEAR}.", field=field)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        now = await connection.fetchval("select now()")
        if at < now:
            raise InvalidContent(
                "This time has passed: choose a later one; the catalog shows what is now.", field=field
            )
        yield now


async def _find_blocked(
    connection: Connection,
    *,
    until: datetime,
    ends_after: datetime,
    program_id: UUID | None = None,
    limit: int = BLOCKED_SHOWN,
    due_after: datetime = _EVER,
) -> tuple[list[Blocked], int]:
    rows = await connection.fetch(_BLOCKED, until, ends_after, program_id, limit, due_after)
    lessons = [Blocked(row["id"], row["title"], row["publish_at"], row["publish_zone"], _reason(row)) for row in rows]
    return lessons, rows[0]["total"] if rows else 0


def _reason(row: asyncpg.Record) -> str:
    language = row["language_primary"]
    posters = {language: json.loads(row["posters"])} if row["posters"] else {}
    obstacle = program_obstacle(ProgramFacts(ProgramStatus(row["status"]), language, posters))
    if obstacle is not None:
        return obstacle.text
    of_release = f"Its release, {row['release_name']}, goes out whole or not at all, and another of its lessons cannot."
    return row["publish_error"] or of_release


def _steps(rows: Sequence[asyncpg.Record]) -> list[Step]:
    opened: set[UUID] = set()
    steps: list[Step] = []
    for row in rows:
        action, program_id = Action(row["action"]), row["program_id"]
        opens = action is Action.PUBLISH and row["in_draft"] and program_id not in opened
        if opens:
            opened.add(program_id)
        is_change = action is Action.CHANGE
        lesson_id, change_id = (None, row["id"]) if is_change else (row["id"], None)
        named = lesson_id, row["title"], program_id, row["program_title"]
        steps.append(Step(row["at"], row["zone"], action, *named, opens, change_id))
    return steps


def _with_blocked(document: str, blocked: Sequence[Blocked], total: int) -> str:
    named = answer_format.compact([answer_format.plain(asdict(lesson)) for lesson in blocked])
    return f'{document[:-1]},"blocked":{named},"blocked_total":{total}}}'


def _not_public(blocked: Sequence[Blocked]) -> str:
    text = "No program with this id will be public at that time."
    return f"{text} Its lesson {blocked[0].title} would be blocked: {blocked[0].reason}" if blocked else text
