"""The history of every change: triggers write it, this names who made the change and reads it back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import IntegrityError, OperationalError

from chaishots.content import paging
from chaishots.content.errors import ContentError, InvalidContent, explained
from chaishots.database.connection import STATEMENT_SECONDS, Connection, DatabaseAway, query, transaction

# idx_activity_object_… (object_id, seq) for one thing's history, activity_pkey (seq) for everything's.
_LINES: Final = """
    select row_to_json(shown)::text as document, shown.seq from (
        select seq, at, actor, action, object_type, object_id, before, after from activity where {condition}
         order by seq desc limit $1) as shown
"""
_CROSSED: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)

_NAME_ACTOR: Final = "select set_config('chaishots.actor', $1, true)"


async def name_actor(session: Connection, actor: str) -> None:
    """Name, for the rest of the session's transaction, who makes the changes in it."""
    await session.execute(_NAME_ACTOR, actor)


@asynccontextmanager
async def changing(actor: str, *, seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[TransactionalDBClient]:
    """Change content in one transaction, of at most this many seconds, under the actor's name.

    Raises: the ContentError that a broken constraint stands for; DatabaseAway when the connection was lost, or another
        transaction crossed this one. Nothing was written then.
    """
    try:
        async with transaction(seconds) as connection:
            await query(connection, _NAME_ACTOR, actor)
            yield connection
    except (IntegrityError, OperationalError) as error:
        # Tortoise wraps what asyncpg raised.
        if meaning := _meaning(error.args[0] if error.args else None):
            raise meaning from error
        raise
    except _CROSSED as error:
        raise DatabaseAway("Somebody else was changing the same things at this moment: try again.") from error


def _meaning(cause: object) -> ContentError | None:
    if isinstance(cause, asyncpg.NotNullViolationError):
        return InvalidContent(f"Give {cause.column_name}: it is needed.", field=cause.column_name)
    if isinstance(cause, asyncpg.DataError):
        return InvalidContent(f"Postgres cannot keep this value: {cause}.")
    return explained(cause.constraint_name) if isinstance(cause, asyncpg.PostgresError) else None


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
        ("seq < {}", paging.place(after, paging.number)[0] if after else None),
        ("object_id = {}", object_id),
        ("actor = {}", actor),
        ("action = {}", action),
    ]
    return await paging.page(connection, _LINES, conditions, limit=limit, sorted_by=("seq",))
