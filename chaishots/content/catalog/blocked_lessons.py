"""Lessons that will not be published at their time as things are, and what to do about each; with the changes that will
be refused, where it is asked for a while.

What the publisher will do until then is `tables_at_a_moment.py`'s. Reads one snapshot; locks and writes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.catalog.blocked_changes import (
    BlockedChange,
    BlockedChanges,
    find_blocked_changes,
    with_release,
)
from chaishots.content.catalog.tables_at_a_moment import FREE, SHUT, changed_tables, stuck
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection

BLOCKED_SHOWN: Final = 100
"""Lessons that a preview names as blocked at most; `blocked_total` counts them all."""
_EVER: Final = datetime(1, 1, 2, tzinfo=UTC)

# lesson_scheduled (publish_at, id).
_BLOCKED: Final = f"""
    with {changed_tables("$1", "$6::uuid[]")}, {SHUT}, {stuck("$6::uuid[]")}, blocked as (
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


@dataclass(frozen=True)
class BlockedSoon:
    """What falls due within a while and will be blocked: the first lessons and how many there are, and all changes.

    untried: of how many changes it is not known, and why.
    """

    lessons: Sequence[Blocked] = ()
    lessons_total: int = 0
    changes: Sequence[BlockedChange] = ()
    untried: int = 0
    untried_because: str = ""


async def blocked_within(connection: Connection, length: timedelta, *, limit: int) -> BlockedSoon:
    """What falls due within so long from now, and will be blocked as things are.

    Args:
        limit: lessons that are named at most.
    """
    now: datetime = await connection.fetchval("select now()")
    until = now + length
    changes = await find_blocked_changes(connection, until)
    lessons, total = await find_blocked(
        connection, until=until, ends_after=now, limit=limit, due_after=now, changes=changes
    )
    coming = [change for change in changes.changes if change.apply_at > now]
    return BlockedSoon(lessons, total, coming, changes.untried, changes.untried_because)


async def find_blocked(
    connection: Connection,
    *,
    until: datetime,
    ends_after: datetime,
    changes: BlockedChanges,
    program_id: UUID | None = None,
    limit: int = BLOCKED_SHOWN,
    due_after: datetime = _EVER,
) -> tuple[list[Blocked], int]:
    """The lessons that are due until a moment and will be blocked, the first so many; and how many there are.

    Args:
        ends_after: those alone that do not end before that. changes: the changes that will be refused until then.
    """
    rows = await connection.fetch(_BLOCKED, until, ends_after, program_id, limit, due_after, changes.ids)
    lessons = [
        Blocked(row["id"], row["title"], row["publish_at"], row["publish_zone"], _reason(row, changes.of_releases))
        for row in rows
    ]
    return lessons, rows[0]["total"] if rows else 0


def _reason(row: asyncpg.Record, of_releases: Mapping[UUID, str]) -> str:
    language = row["language_primary"]
    posters = {language: json.loads(row["posters"])} if row["posters"] else {}
    obstacle = program_obstacle(ProgramFacts(ProgramStatus(row["status"]), language, posters))
    if obstacle is not None:
        return obstacle.text
    if row["publish_error"] is None and (reason := of_releases.get(row["release_id"])):
        return with_release(row["release_name"], reason)
    of_release = f"Its release, {row['release_name']}, goes out whole or not at all, and another of its lessons cannot."
    return row["publish_error"] or of_release
