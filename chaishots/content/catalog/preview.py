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
from chaishots.content.catalog.blocked_lessons import Blocked, find_blocked
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
    Returns: `{"programs": […], "next_cursor": …, "blocked": […], "blocked_total": …}`; blocked are, of all programs,
        lessons that are scheduled to be public by then and would not be.
    Raises: InvalidContent.
    """
    async with one_snapshot(connection, at, "at"):
        page = await statements.programs(
            foreseen(connection, at), limit=limit, selection=selection, tells_moments=False
        )
        return _with_blocked(page.document, *await find_blocked(connection, until=at, ends_after=at))


async def program(connection: Connection, program_id: UUID, at: datetime) -> str:
    """A program as it will be public at a moment; blocked are lessons of its own. See `programs`.

    Raises: NotFound when it will not be public then, InvalidContent.
    """
    async with one_snapshot(connection, at, "at"):
        blocked, total = await find_blocked(connection, until=at, ends_after=at, program_id=program_id)
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


def _with_blocked(document: str, blocked: Sequence[Blocked], total: int) -> str:
    named = answer_format.compact([answer_format.plain(asdict(lesson)) for lesson in blocked])
    return f'{document[:-1]},"blocked":{named},"blocked_total":{total}}}'


def _not_public(blocked: Sequence[Blocked]) -> str:
    text = "No program with this id will be public at that time."
    return f"{text} Its lesson {blocked[0].title} would be blocked: {blocked[0].reason}" if blocked else text
