"""Lessons that will not be published at their time as things are, and what to do about each.

What the publisher will do until then is `tables_at_a_moment.py`'s. Reads one snapshot; locks and writes nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.catalog.tables_at_a_moment import FREE, SHUT, STUCK, changed_tables
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection

BLOCKED_SHOWN: Final = 100
"""Lessons that a preview names as blocked at most; `blocked_total` counts them all."""
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


@dataclass(frozen=True)
class Blocked:
    """A lesson that will not be published at its time, and what to do about it."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    publish_zone: str | None
    reason: str


async def blocked_within(connection: Connection, length: timedelta, *, limit: int) -> tuple[list[Blocked], int]:
    """The lessons that fall due within so long from now, and will be blocked as things are, the first so many; and
    how many there are.
    """
    now: datetime = await connection.fetchval("select now()")
    until = now + length
    return await find_blocked(connection, until=until, ends_after=now, limit=limit, due_after=now)


async def find_blocked(
    connection: Connection,
    *,
    until: datetime,
    ends_after: datetime,
    program_id: UUID | None = None,
    limit: int = BLOCKED_SHOWN,
    due_after: datetime = _EVER,
) -> tuple[list[Blocked], int]:
    """The lessons that are due until a moment and will be blocked, the first so many; and how many there are.

    Args:
        ends_after: those alone that do not end before that.
    """
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
