"""The catalog as the public will see it at a later moment, with the lessons that will be blocked until then.

Supposes that nothing but time happens: the publisher does its work, and nobody edits. Nothing is locked and nothing
written; each answer is of one snapshot. What the tables are at that moment is `tables_at_a_moment.py`'s; the steps
until then are `rehearsal.py`'s.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from chaishots.content import answer_format
from chaishots.content.catalog import statements
from chaishots.content.catalog.blocked_changes import BlockedChange, find_blocked_changes
from chaishots.content.catalog.blocked_lessons import BLOCKED_SHOWN, Blocked, find_blocked
from chaishots.content.catalog.filters import EVERYTHING_PUBLIC, Selection
from chaishots.content.catalog.tables_at_a_moment import foreseen, one_snapshot
from chaishots.content.errors import NotFound
from chaishots.database.connection import Connection


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
    Returns: `{"programs": […], "next_cursor": …, "blocked": […], "blocked_total": …, "blocked_changes": […],
        "blocked_changes_total": …}`; blocked are, of all programs, lessons that are scheduled to be public by then and
        would not be; and changes that would be refused.
    Raises: InvalidContent.
    """
    async with one_snapshot(connection, at, "at"):
        changes = await find_blocked_changes(connection, at)
        page = await statements.programs(
            foreseen(connection, at, changes.ids), limit=limit, selection=selection, tells_moments=False
        )
        blocked, total = await find_blocked(connection, until=at, ends_after=at, changes=changes)
        return _with_blocked(page.document, blocked, total, changes.changes)


async def program(connection: Connection, program_id: UUID, at: datetime) -> str:
    """A program as it will be public at a moment; blocked are lessons of its own. See `programs`.

    Raises: NotFound when it will not be public then, InvalidContent.
    """
    async with one_snapshot(connection, at, "at"):
        changes = await find_blocked_changes(connection, at)
        blocked, total = await find_blocked(connection, until=at, ends_after=at, program_id=program_id, changes=changes)
        try:
            rendering = await statements.program(foreseen(connection, at, changes.ids), program_id, tells_moments=False)
        except NotFound:
            raise NotFound(_not_public(blocked), field="id") from None
        own = [change for change in changes.changes if change.program_id == program_id]
        return _with_blocked(rendering.document, blocked, total, own)


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
        changes = await find_blocked_changes(connection, then)
        yield foreseen(connection, then, changes.ids), then


def _with_blocked(document: str, blocked: Sequence[Blocked], total: int, changes: Sequence[BlockedChange]) -> str:
    told = {
        "blocked": [answer_format.plain(asdict(lesson)) for lesson in blocked],
        "blocked_total": total,
        "blocked_changes": [answer_format.plain(asdict(change)) for change in changes[:BLOCKED_SHOWN]],
        "blocked_changes_total": len(changes),
    }
    return f"{document[:-1]},{answer_format.compact(told)[1:]}"


def _not_public(blocked: Sequence[Blocked]) -> str:
    text = "No program with this id will be public at that time."
    return f"{text} Its lesson {blocked[0].title} would be blocked: {blocked[0].reason}" if blocked else text
