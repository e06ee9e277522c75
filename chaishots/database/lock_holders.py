"""Who holds a lock that others wait for: a session or a prepared transaction, told for people, and how to end it.

Postgres lets a user end only the sessions of its own roles; a prepared transaction has no session at all, and holds its
locks until somebody ends it by its name. Who holds a row that nobody waits for is asked of the row
(`content/queries/row_locks.py`); how long a lock is waited for is `lock_timeouts.py`'s. Knows what Postgres says of who
blocks whom. Must not know what is read or changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

import asyncpg

from chaishots.database.errors import Trouble, trouble_of_state
from chaishots.times import tell_time

LOCK_NOT_AVAILABLE: Final = "55P03"
FEED_TABLES: Final = ("feed_state", "feed", "feed_gap", "feed_mark", "activity")
"""What is written, and read first, when changes are numbered."""

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

OF_SESSION: Final = """
    session.pid, session.application_name, session.usename::text as user_name, session.state,
    session.xact_start as since, null::text as gid,
    (select me.rolsuper or not it.rolsuper
                and (pg_has_role(it.oid, 'usage') or pg_has_role('pg_signal_backend', 'usage'))
       from pg_roles me, pg_roles it where me.rolname = current_user and it.oid = session.usesysid) as may_end
"""
"""The columns of a LockOwner, of a row `session` of pg_stat_activity."""
OF_PREPARED: Final = """
    0 as pid, null::text as application_name, prepared.owner::text as user_name, null::text as state,
    prepared.prepared as since, prepared.gid, pg_has_role(prepared.owner, 'usage') as may_end
"""
"""The same, of a row `prepared` of pg_prepared_xacts."""
PREPARED_LOCKS: Final = """
    pg_prepared_xacts prepared
    join pg_locks own on own.pid is null and own.locktype = 'transactionid' and own.transactionid = prepared.transaction
    join pg_locks held on held.pid is null and held.granted and held.virtualtransaction = own.virtualtransaction
         and prepared.database = current_database()
"""
"""The locks that prepared transactions of this database hold, `held`, each with its transaction."""


@dataclass(frozen=True)
class LockOwner:
    """A session, or the prepared transaction `gid`, that others wait for; what is not ours to see is None.

    since: when its transaction began, or was prepared. may_end: whether the database's user that asks may end it.
    """

    pid: int
    application_name: str | None = None
    user_name: str | None = None
    state: str | None = None
    since: datetime | None = None
    gid: str | None = None
    may_end: bool | None = None

    def __str__(self) -> str:
        """For the middle of a sentence."""
        since = f"since {tell_time(self.since)}" if self.since else ""
        if self.gid is not None:
            return f"the prepared transaction {self.gid} (of the user {self.user_name}, {since})"
        name = self.application_name or "without a name"
        user = "" if self.may_end or not self.user_name else f"user {self.user_name}"
        told = [name, user, " ".join(part for part in (self.state, since) if part)]
        return f"process {self.pid} ({', '.join(part for part in told if part)})"

    @property
    def ending(self) -> str:
        """How to end it, after "Let it finish, or "."""
        if self.gid is not None:
            quoted = self.gid.replace("'", "''")
            return f"end it in this database{self._as_whom}: rollback prepared '{quoted}'."
        return f"end it{self._as_whom}: select pg_terminate_backend({self.pid})."

    @property
    def _as_whom(self) -> str:
        return " as a superuser, for it is another user's" if self.may_end is False else ""


def owner_of(row: asyncpg.Record) -> LockOwner:
    """The owner in a row with these columns, and maybe others."""
    return LockOwner(**{name: row[name] for name in LockOwner.__dataclass_fields__})


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


async def blocker_of(connection: _Connection, pid: int) -> Blocker | None:
    """Whom this session waits for, in the end; None when it waits for nobody at this moment."""
    row = await connection.fetchrow(_BLOCKER, pid)
    return Blocker(owner_of(row)) if row and row["pid"] is not None else None


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


async def holder_of(connection: _Connection, tables: Sequence[str]) -> Holder | None:
    """Who keeps writers of these tables waiting, the first of them; None when nobody does at this moment."""
    row = await connection.fetchrow(_HOLDERS, tables)
    return Holder(owner_of(row), row["table"], row["mode"], row["is_waiting"], row["waits_for"]) if row else None
