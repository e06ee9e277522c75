"""The history of every change: triggers write it, this names who made the change and reads it back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import IntegrityError, OperationalError

from chaishots.content.errors import InvalidContent, explained
from chaishots.database.connection import Connection, query, transaction

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
