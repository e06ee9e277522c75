"""Who is in the way: a session or a prepared transaction, told for people, and how to end it so that it does end.

Postgres lets a user end only the sessions of its own roles; a prepared transaction has no session at all, and holds its
locks until somebody ends it by its name. Must not know what is locked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chaishots.times import tell_time

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
