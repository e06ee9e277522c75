"""The history of every change: triggers write it, this names who made the change and reads it back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import IntegrityError, OperationalError

from chaishots.content import paging
from chaishots.content.errors import InvalidContent, explained
from chaishots.database.connection import Connection, query, transaction

# idx_activity_object_… (object_id, seq) for one thing's history, activity_pkey (seq) for everything's.
_LINES: Final = """
    select row_to_json(shown)::text as document, shown.seq from (
        select seq, at, actor, action, object_type, object_id, before, after from activity where {condition}
         order by seq desc limit $1) as shown
"""
_NAME_ACTOR: Final = "select set_config('chaishots.actor', $1, true)"


async def name_actor(session: Connection, actor: str) -> None:
    """Name, for the rest of the session's transaction, who makes the changes in it."""
    await session.execute(_NAME_ACTOR, actor)


@asynccontextmanager
async def changing(actor: str) -> AsyncGenerator[TransactionalDBClient]:
    """Change content in one transaction, under the actor's name.

    Raises: the ContentError that a broken constraint stands for; DatabaseAway when the connection was lost. Nothing
        was written then.
    """
    try:
        async with transaction() as connection:
            await query(connection, _NAME_ACTOR, actor)
            yield connection
    except (IntegrityError, OperationalError) as error:
        # Tortoise wraps what asyncpg raised.
        cause = error.args[0] if error.args else None
        if isinstance(cause, asyncpg.PostgresError) and (meaning := explained(cause.constraint_name)):
            raise meaning from error
        if isinstance(cause, asyncpg.DataError):
            raise InvalidContent(f"Postgres cannot keep this value: {cause}.") from error
        raise


async def lines(
    connection: Connection,
    *,
    limit: int,
    after: str | None = None,
    object_id: UUID | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> paging.Page:
    """The history, the newest first: who changed what, when, what it was before and after.

    Args:
        after: `next_cursor` of the page before.
        object_id: of this thing alone.
    """
    conditions: list[tuple[str, Any]] = [
        ("seq < {}", paging.place(after, int)[0] if after else None),
        ("object_id = {}", object_id),
        ("actor = {}", actor),
        ("action = {}", action),
    ]
    return await paging.page(connection, _LINES, conditions, limit=limit, sorted_by="seq")
