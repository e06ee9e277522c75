"""How long a lock is waited for: a read that waits too long is called off, an edit that waits in vain is told for whom.

Who has the lock is `lock_holders.py`'s. Must not know what is read or changed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Final, TypeAlias

import asyncpg

from chaishots.database.errors import DatabaseBusy, DatabaseTrouble, trouble_of
from chaishots.database.lock_holders import LOCK_NOT_AVAILABLE, Blocker, blocker_of

hears_of_waits: ContextVar[Callable[[Blocker], None] | None] = ContextVar("hears_of_waits", default=None)
"""Who is told, while an edit waits for a lock, whom it waits for; for whoever has a person in front of him."""

TABLE_SECONDS: Final = 1
"""How long a table that somebody has locked is waited for: nobody waits for one of his own that is left soon."""
_ANY_SHARE: Final = 0.7
"""How much of the time may be spent on waiting for a lock of whatever kind."""
_TELL_SECONDS: Final = 1
"""How long a wait is before it is told."""
_CALLED_OFF: Final = "57014"

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Lend: TypeAlias = Callable[[], AbstractAsyncContextManager[_Connection]]


_WAITS_FOR_TABLE: Final = (
    "select exists (select from pg_locks where pid = $1 and not granted and locktype = 'relation')"
)
_CALL_OFF: Final = "select pg_cancel_backend($1) where cardinality(pg_blocking_pids($1)) > 0"


@asynccontextmanager
async def give_up_locks(connection: _Connection, seconds: float, lend: Lend) -> AsyncGenerator[None]:
    """Run the block, and call off a statement of it that waits for what somebody has locked.

    After TABLE_SECONDS when it is a table, which some hold for hours; after most of the time when it is anything else.
    It is called off in Postgres: there, who only hangs up goes on waiting, and keeps a connection for it.

    Args:
        seconds: all the time that the block has.
        lend: another connection, on which to look.
    Raises: DatabaseBusy with the name of who has it, when a statement was called off.
    """
    watch = _Watch(connection.get_server_pid(), seconds, lend)
    try:
        yield
    except Exception as error:
        if watch.blocker is not None and trouble_of(error).sqlstate == _CALLED_OFF:
            raise DatabaseBusy(watch.blocker.explain_reading()) from error
        raise
    finally:
        await watch.end(is_lost=connection.is_closed())


class _Watch:
    """Looks now and then whom a session waits for; nothing but a timer as long as that is well within its time."""

    def __init__(self, pid: int, seconds: float, lend: Lend) -> None:
        self._pid = pid
        self._lend = lend
        self._rest_seconds = seconds * _ANY_SHARE - TABLE_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._is_resting = False
        self._timer = asyncio.get_running_loop().call_later(TABLE_SECONDS, self._begin)
        self.blocker: Blocker | None = None
        """For whose sake a statement was called off."""

    async def end(self, *, is_lost: bool) -> None:
        """Look no more. What is about to call a statement off has done so then: it is to hit no other one's."""
        self._timer.cancel()
        if self._looking is not None:
            if is_lost or self._is_resting:
                self._looking.cancel()
            await asyncio.wait([self._looking])

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look_twice(), name="blockers")

    async def _look_twice(self) -> None:
        with suppress(DatabaseTrouble):  # then it takes as long as it takes
            if not await self._look(tables_only=True) and self._rest_seconds > 0:
                self._is_resting = True
                await asyncio.sleep(self._rest_seconds)
                self._is_resting = False
                await self._look(tables_only=False)

    async def _look(self, *, tables_only: bool) -> bool:
        async with self._lend() as connection:
            if tables_only and not await connection.fetchval(_WAITS_FOR_TABLE, self._pid):
                return False
            if (blocker := await blocker_of(connection, self._pid)) is None:
                return False
            self.blocker = blocker
            await connection.execute(_CALL_OFF, self._pid)
            return True


@asynccontextmanager
async def name_blocker(pid: int, seconds: float, lend: Lend) -> AsyncGenerator[None]:
    """While the block waits for a lock, find out who has it, so that whoever waited in vain is told.

    Args:
        pid: the session that the block uses.
        seconds: when to look: a little before the wait is given up.
        lend: another connection, on which to look.
    Raises: DatabaseBusy with the holder's name, when it was the lock that was not had in time.
    """
    seen: list[Blocker] = []
    looking = asyncio.create_task(_look_in_time(pid, seconds, lend, seen), name="holders")
    try:
        yield
    except Exception as error:
        trouble = trouble_of(error)
        if trouble.sqlstate == LOCK_NOT_AVAILABLE and seen:
            raise DatabaseBusy(seen[0].explain(trouble)) from error
        raise
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _look_in_time(pid: int, seconds: float, lend: Lend, seen: list[Blocker]) -> None:
    tell = hears_of_waits.get()
    if tell is not None and seconds > _TELL_SECONDS:
        await asyncio.sleep(_TELL_SECONDS)
        seconds -= _TELL_SECONDS
        if blocker := await _find_blocker(pid, lend):
            tell(blocker)
    await asyncio.sleep(seconds)
    if blocker := await _find_blocker(pid, lend):
        seen.append(blocker)


async def _find_blocker(pid: int, lend: Lend) -> Blocker | None:
    with suppress(DatabaseTrouble):  # then it is not told
        async with lend() as connection:
            return await blocker_of(connection, pid)
    return None
