"""Numbering what was committed, so that the feed has one order: what the leader does beside publishing.

In a session of its own, so that nothing that holds this up holds up what is due. The database sees to it that one
session numbers at a time (`chaishots_number_changes`), whoever leads. Must not know what a change is.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg

from chaishots.database.backoff import Backoff
from chaishots.database.connection import Connection, session
from chaishots.database.errors import DatabaseBusy, trouble_of
from chaishots.database.listener import CONTENT_CHANNEL, concerns_nobody
from chaishots.database.lock_holders import FEED_TABLES, holder_of
from chaishots.database.replicas import application_name
from chaishots.logs import named_logger
from chaishots.scheduler.activity_pruning import ActivityPruning

FEED_DAYS: Final = 90
LINES: Final = 1_000
"""Lines of the history that are numbered in one transaction; that many take some 20 ms."""
_LOOK_SECONDS: Final = 5
"""How long it waits for word of a change before it looks anyway: a session may have been cut without a word."""
_HELD_SECONDS: Final = 0.05
"""How soon it is tried again while another session numbers."""
_TOGETHER_SECONDS: Final = 0.05
"""How far apart numberings begin at least: what follows within so long is numbered together. One costs as much as half
a publish; with the way to a reader, well within the 150 ms in which an event is told."""
_PRUNE_SECONDS: Final = 3_600
_STEP_SECONDS: Final = 20
_NUMBER: Final = "select * from chaishots_number_changes($1)"
_PRUNE: Final = "select chaishots_prune_feed(now() - make_interval(days => $1))"

_log = named_logger("feed")


async def number_changes(dsn: str, *, replica: str, feed_days: int, activity_days: int | None = None) -> None:
    """Number changes as they are committed, for ever, whatever error is met.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        feed_days: for how many days the feed tells what went away.
        activity_days: for how many the history is kept; None: for ever. Done here, as what is not numbered must stay.
    """
    backoff = Backoff(_log, "feed")
    while True:
        try:
            async with session(
                dsn,
                application_name=application_name(replica, "feed"),
                statement_timeout=f"{_STEP_SECONDS}s",
                lock_timeout="1s",
            ) as connection:
                await _keep_numbering(connection, backoff, feed_days, activity_days)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
            await asyncio.sleep(backoff.note_failure(error))


@asynccontextmanager
async def numbering(
    dsn: str, *, replica: str, feed_days: int, activity_days: int | None = None
) -> AsyncGenerator[None]:
    """Number changes for as long as the block lasts."""
    work = number_changes(dsn, replica=replica, feed_days=feed_days, activity_days=activity_days)
    task = asyncio.create_task(work, name="feed")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def number_all(connection: Connection) -> int | None:
    """Number all that is committed now; the position that the feed has come to, None when another session is at it."""
    while True:
        row = await connection.fetchrow(_NUMBER, LINES)
        assert row is not None  # it always has its row
        if row["is_held"]:
            return None
        if not row["is_full"]:
            return row["head"]


async def _number(connection: Connection) -> bool:
    """Number all there is; whether it was done. Raises: what asyncpg does, or DatabaseBusy with who is in the way."""
    try:
        return await number_all(connection) is not None
    except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as error:
        if (holder := await holder_of(connection, FEED_TABLES)) is None:
            raise
        raise DatabaseBusy(holder.explain(trouble_of(error))) from error


async def _keep_numbering(connection: Connection, backoff: Backoff, feed_days: int, activity_days: int | None) -> None:
    wake = asyncio.Event()
    pruning = ActivityPruning(activity_days)

    def changed(_: object, __: object, ___: object, payload: object) -> None:
        # What is in no answer is in no feed; its lines are passed with the next that is, or with the next look.
        if not concerns_nobody(str(payload)):
            wake.set()

    connection.add_termination_listener(lambda _: wake.set())
    pruned_at = float("-inf")
    async with asyncio.timeout(_STEP_SECONDS):
        await connection.add_listener(CONTENT_CHANNEL, changed)
    while True:
        # Before the look, so that a change made during it wakes us again.
        wake.clear()
        began_at = time.monotonic()
        async with asyncio.timeout(_STEP_SECONDS):
            is_done = await _number(connection)
            if is_done and time.monotonic() - pruned_at > _PRUNE_SECONDS:
                await connection.fetchval(_PRUNE, feed_days)
                pruned_at = time.monotonic()
            if is_done and pruning.is_wanted:
                await pruning.step(connection)
        backoff.note_success()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS if is_done and not pruning.is_wanted else _HELD_SECONDS):
                await wake.wait()
            await asyncio.sleep(began_at + _TOGETHER_SECONDS - time.monotonic())
