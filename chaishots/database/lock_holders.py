"""Finds who holds the lock of a table that others want to write to, and names whom an edit waited for in vain.

Who holds a row that nobody waits for is another matter, and asked of the row (`content/queries/why_lesson.py`). How
they are named is `blocker_advice.py`'s; whom one session waits for, `lock_waits.py`'s.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from chaishots.database.blocker_advice import OF_PREPARED, OF_SESSION, PREPARED_LOCKS, LockOwner, owner_of
from chaishots.database.connection import Connection, current_transaction, reading
from chaishots.database.errors import DatabaseBusy, DatabaseTrouble, Trouble, trouble_of
from chaishots.database.lock_waits import Blocker, blocker_of
from chaishots.database.pool_shares import Share, current_share

hears_of_waits: ContextVar[Callable[[Blocker], None] | None] = ContextVar("hears_of_waits", default=None)
"""Who is told, while an edit waits for a lock, whom it waits for; for whoever has a person in front of him."""

FEED_TABLES: Final = ("feed_state", "feed", "feed_gap", "feed_mark", "activity")
"""What is written, and read first, when changes are numbered."""
_LOOK_SECONDS: Final = 1
_TELL_SECONDS: Final = 1
"""How long a wait is before it is told."""
_LOCK_NOT_AVAILABLE: Final = "55P03"


@dataclass(frozen=True)
class Holder:
    """Who keeps writers of a table waiting.

    is_waiting: it has not got the lock yet, and whoever comes after it waits behind it; `waits_for` is in its way.
    """

    owner: LockOwner
    table: str
    mode: str
    is_waiting: bool
    waits_for: int | None

    def __str__(self) -> str:
        """For people, in a sentence."""
        does = "waits to lock" if self.is_waiting else "has locked"
        behind = f" (behind process {self.waits_for})" if self.waits_for else ""
        who = str(self.owner)
        return f"{who[0].upper()}{who[1:]} {does} the table {self.table}{behind}, so nobody writes to it."

    @property
    def action(self) -> str:
        """What to do about it."""
        pid = self.waits_for
        ending = f"end it: select pg_terminate_backend({pid})." if pid else self.owner.ending
        return f"Let it finish, or {ending} What is due follows by itself."

    def explain(self, trouble: Trouble) -> Trouble:
        """The trouble of whoever waited for the table in vain."""
        return replace(trouble, reason=str(self), text=str(self), action=self.action)


# Modes that cross the one with which rows are written (table 13.2 of PostgreSQL's documentation). Whoever waits for
# such a lock holds up all that come later, even while an earlier one is still at its reading.
_HOLDERS: Final = f"""
    with crossing as (
        select pid, relation, mode, granted from pg_locks
         where locktype = 'relation' and pid is distinct from pg_backend_pid()
           and database = (select oid from pg_database where datname = current_database())
           and relation in (select to_regclass(name)::oid from unnest($1::text[]) as name)
           and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    )
    select relation::regclass::text as table, mode, not granted as is_waiting,
           case when not granted then nullif((pg_blocking_pids(crossing.pid))[1], 0) end as waits_for, {OF_SESSION}
      from crossing join pg_stat_activity session on session.pid = crossing.pid
     union all
    select held.relation::regclass::text, held.mode, false, null, {OF_PREPARED}
      from {PREPARED_LOCKS}
     where exists (select from crossing where pid is null and relation = held.relation and mode = held.mode)
     order by is_waiting, since nulls last, pid limit 1
"""


async def holder_of(connection: Connection, tables: Sequence[str]) -> Holder | None:
    """Who keeps writers of these tables waiting, the first of them; None when nobody does at this moment."""
    row = await connection.fetchrow(_HOLDERS, tables)
    return Holder(owner_of(row), row["table"], row["mode"], row["is_waiting"], row["waits_for"]) if row else None


@asynccontextmanager
async def name_blocker(pid: int, seconds: float) -> AsyncGenerator[None]:
    """While the block waits for a lock, find out who has it, so that whoever waited in vain is told.

    Args:
        pid: the session that the block uses.
        seconds: when to look: a little before the wait is given up.
    Raises: DatabaseBusy with the holder's name, when it was the lock that was not had in time.
    """
    seen: list[Blocker] = []
    looking = asyncio.create_task(_look(pid, seconds, seen), name="holders")
    try:
        yield
    except Exception as error:
        trouble = trouble_of(error)
        if trouble.sqlstate == _LOCK_NOT_AVAILABLE and seen:
            raise DatabaseBusy(seen[0].explain(trouble)) from error
        raise
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _look(pid: int, seconds: float, seen: list[Blocker]) -> None:
    # Not on the connection that waits, nor on one of those that may all be waiting for the same.
    current_transaction.set(None)
    current_share.set(Share.PROBES)
    tell = hears_of_waits.get()
    if tell is not None and seconds > _TELL_SECONDS:
        await asyncio.sleep(_TELL_SECONDS)
        seconds -= _TELL_SECONDS
        if blocker := await _find_blocker(pid):
            tell(blocker)
    await asyncio.sleep(seconds)
    if blocker := await _find_blocker(pid):
        seen.append(blocker)


async def _find_blocker(pid: int) -> Blocker | None:
    with suppress(DatabaseTrouble):  # then it is not told
        async with reading(_LOOK_SECONDS) as connection:
            return await blocker_of(connection, pid)
    return None
