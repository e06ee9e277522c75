"""Who keeps others from writing to a table: whole tables that somebody has locked, or waits to lock.

Rows are another matter: who holds one is asked of the row (`content/queries/why.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chaishots.database.connection import Connection


@dataclass(frozen=True)
class Holder:
    """A session that keeps writers of a table waiting.

    since: when its transaction began; None, like state, when that is another user's and not ours to see.
    is_waiting: it has not got the lock yet, and whoever comes after it waits behind it; `waits_for` is in its way.
    """

    pid: int
    application_name: str
    state: str | None
    since: datetime | None
    table: str
    mode: str
    is_waiting: bool
    waits_for: int | None

    def __str__(self) -> str:
        """For people, in a sentence."""
        does = "waits to lock" if self.is_waiting else "has locked"
        behind = f" (behind process {self.waits_for})" if self.waits_for else ""
        return f"Process {self.pid} ({self._who()}) {does} the table {self.table}{behind}, so nobody writes to it."

    @property
    def action(self) -> str:
        """What to do about it."""
        pid = self.waits_for or self.pid
        return f"Let it finish, or end it: select pg_terminate_backend({pid}). What is due follows by itself."

    def _who(self) -> str:
        since = f"since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since else None
        named = self.application_name or "without a name"
        return ", ".join([named, " ".join(part for part in (self.state, since) if part)]).removesuffix(", ")


# Modes that cross the one with which rows are written (table 13.2 of PostgreSQL's documentation). Whoever waits for
# such a lock holds up all that come later, even while an earlier one is still at its reading.
_HOLDERS: Final = """
    select session.pid, session.application_name, session.state, session.xact_start as since, class.relname as table,
           lock.mode, not lock.granted as is_waiting,
           case when not lock.granted then (pg_blocking_pids(lock.pid))[1] end as waits_for
      from pg_locks lock join pg_class class on class.oid = lock.relation
      join pg_stat_activity session on session.pid = lock.pid
     where lock.locktype = 'relation' and lock.pid <> pg_backend_pid()
       and lock.database = (select oid from pg_database where datname = current_database())
       and lock.relation in (select to_regclass(name)::oid from unnest($1::text[]) as name)
       and lock.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
     order by lock.granted desc, session.xact_start nulls last, session.pid limit 1
"""


async def holder_of(connection: Connection, tables: Sequence[str]) -> Holder | None:
    """Who keeps writers of these tables waiting, the first of them; None when nobody does at this moment."""
    row = await connection.fetchrow(_HOLDERS, tables)
    return Holder(**row) if row else None
