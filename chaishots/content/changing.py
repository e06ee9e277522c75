"""One change of content: a transaction under somebody's name, whose broken rules are told as errors of content."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import IntegrityError, OperationalError

from chaishots.content.activity import NAME_ACTOR
from chaishots.content.errors import ContentError, InvalidContent, explained
from chaishots.database.connection import STATEMENT_SECONDS
from chaishots.database.orm import query, transaction


@asynccontextmanager
async def changing(actor: str, *, seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[TransactionalDBClient]:
    """Change content in one transaction, of at most this many seconds, under the actor's name.

    Raises: the ContentError that a broken constraint stands for; DatabaseAway when the connection was lost,
        DatabaseBusy when another transaction crossed this one. Nothing was written then.
    """
    try:
        async with transaction(seconds) as connection:
            await query(connection, NAME_ACTOR, actor)
            yield connection
    except (IntegrityError, OperationalError) as error:
        # Tortoise wraps what asyncpg raised.
        if meaning := _meaning(error.args[0] if error.args else None):
            raise meaning from error
        raise


def _meaning(cause: object) -> ContentError | None:
    if isinstance(cause, asyncpg.NotNullViolationError):
        return InvalidContent(f"Give {cause.column_name}: it is needed.", field=cause.column_name)
    if isinstance(cause, asyncpg.DataError):
        return InvalidContent(f"Postgres cannot keep this value: {cause}.")
    return explained(cause.constraint_name) if isinstance(cause, asyncpg.PostgresError) else None
