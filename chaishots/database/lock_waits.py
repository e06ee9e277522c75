"""Finds the session that another one waits for, and cancels a read that waits too long for a locked table.

Knows what Postgres says of who blocks whom. Must not know what is read or changed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import asyncpg

from chaishots.database.blocker_advice import OF_PREPARED, OF_SESSION, PREPARED_LOCKS, LockOwner, owner_of
from chaishots.database.errors import DatabaseBusy, DatabaseTrouble, Trouble, trouble_of, trouble_of_state

TABLE_SECONDS: Final = 1
"""How long a table that somebody has locked is waited for: nobody waits for one of his own that is left soon."""
_ANY_SHARE: Final = 0.7
"""How much of the time may be spent on waiting for a lock of whatever kind."""
LOCK_NOT_AVAILABLE: Final = "55P03"
_CALLED_OFF: Final = "57014"

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Lend: TypeAlias = Callable[[], AbstractAsyncContextManager[_Connection]]


@dataclass(frozen=True)
class Blocker:
    """Whom another session waits for."""

    owner: LockOwner

    def explain(self, trouble: Trouble) -> Trouble:
        """The trouble of whoever waited in vain to change something, with who was in the way."""
        return self._explain(trouble, "What was to be changed is locked by {}; nothing was changed.")

    def explain_reading(self) -> Trouble:
        """The trouble of whoever waited in vain for what was asked for."""
        return self._explain(trouble_of_state(LOCK_NOT_AVAILABLE), "What was asked for is locked by {}.")

    def explain_wait(self) -> str:
        """What to tell whoever still waits to change something."""
        return f"Waiting for {self.owner}, which has locked what is to be changed; nothing is changed yet."

    def _explain(self, trouble: Trouble, text: str) -> Trouble:
        return replace(trouble, text=text.format(self.owner), action=f"Let it finish, or {self.owner.ending}")


# Whom they wait for who are waited for, to the one who waits for nobody. 0 stands for a
# prepared transaction, which is found by the lock that is waited for.
_BLOCKER: Final = f"""
    with recursive waiting (pid, depth) as (
        select $1::int, 0
        union
        select unnest(pg_blocking_pids(waiting.pid)), depth + 1 from waiting where depth < 16
    )
    select waiting.depth, {OF_SESSION}
      from waiting left join pg_stat_activity session on session.pid = waiting.pid
     where waiting.depth > 0 and waiting.pid not in ($1, 0)
     union all
    select waiting.depth, {OF_PREPARED}
      from waiting join {PREPARED_LOCKS} on true
      join pg_locks wanted on not wanted.granted and wanted.pid in (select pid from waiting)
           and held.locktype = wanted.locktype and held.relation is not distinct from wanted.relation
           and held.transactionid is not distinct from wanted.transactionid
     where waiting.pid = 0
     order by depth desc, since nulls last limit 1
"""
_WAITS_FOR_TABLE: Final = (
    "select exists (select from pg_locks where pid = $1 and not granted and locktype = 'relation')"
)
_CALL_OFF: Final = "select pg_cancel_backend($1) where cardinality(pg_blocking_pids($1)) > 0"


async def blocker_of(connection: _Connection, pid: int) -> Blocker | None:
    """Whom this session waits for, in the end; None when it waits for nobody at this moment."""
    row = await connection.fetchrow(_BLOCKER, pid)
    return Blocker(owner_of(row)) if row and row["pid"] is not None else None


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
