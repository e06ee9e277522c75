"""One change of content: a transaction under somebody's name, whose broken rules are told as errors of content."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.constraints import error_for_constraint
from chaishots.content.errors import ContentError, InvalidContent, RefusedByDatabase
from chaishots.content.text_normalisation import harmless
from chaishots.database.connection import STATEMENT_SECONDS, Connection, current_transaction, reading
from chaishots.database.errors import Kind, beneath, trouble_of
from chaishots.database.lock_timeouts import name_blocker
from chaishots.database.orm import query, transaction
from chaishots.database.pool_shares import Share, current_share

# A lock that is not had in time is told as such: without the second setting the statement would run out of its time,
# which looks like an outage.
_BEGIN: Final = """
    select set_config('chaishots.actor', $1, true), set_config('lock_timeout', $2, true), pg_backend_pid() as pid
"""
_LOCK_SHARE: Final = 0.8
_LOOK_SHARE: Final = 0.7
"""How much of the time may be spent on waiting for a lock, and when to look who has it."""
_LOOK_SECONDS: Final = 1


@asynccontextmanager
async def changing(actor: str, *, seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[TransactionalDBClient]:
    """Change content in one transaction, of at most this many seconds, under the actor's name.

    Raises: the ContentError that a broken rule stands for, those of somebody's own triggers and constraints among them;
        DatabaseBusy when another transaction was in the way, which it names where it may; DatabaseAway when the
        connection was lost. Nothing was written then.
    """
    try:
        async with transaction(seconds) as connection:
            [begun] = await query(connection, _BEGIN, actor, f"{int(seconds * _LOCK_SHARE * 1000)}ms")
            async with name_blocker(begun["pid"], seconds * _LOOK_SHARE, _looking):
                yield connection
    except Exception as error:
        if meaning := refusal(error):
            raise meaning from error
        raise


@asynccontextmanager
async def _looking() -> AsyncGenerator[Connection]:
    # Not on the connection that waits, nor on one of those that may all be waiting for the same.
    current_transaction.set(None)
    current_share.set(Share.PROBES)
    async with reading(_LOOK_SECONDS) as connection:
        yield connection


def refusal(error: Exception) -> ContentError | None:
    """What a rule of the database means to whoever broke it; None when the error is no rule's."""
    cause = beneath(error)
    if not isinstance(cause, asyncpg.PostgresError) or trouble_of(cause).kind is not Kind.RULE:
        return None
    if isinstance(cause, asyncpg.NotNullViolationError):
        return InvalidContent(f"Give {cause.column_name}: it is needed.", field=cause.column_name)
    if meaning := error_for_constraint(cause.constraint_name):
        return meaning
    words = harmless(str(cause)).rstrip(".")
    if isinstance(cause, asyncpg.DataError) and not _is_raised(cause):
        return InvalidContent(f"Postgres cannot keep this value: {words}.")
    return RefusedByDatabase(f"A rule of the database refuses it: {words}.")


def _is_raised(cause: asyncpg.PostgresError) -> bool:
    # By a RAISE of somebody's function, whatever the code it gives itself.
    return "RAISE" in (cause.context or "").partition("\n")[0]
