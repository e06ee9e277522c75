"""Whether a pooler stands between a session and Postgres, and whether it keeps a session together.

A transaction pooler (PgBouncer, Odyssey, Supavisor, a provider's own) lends a backend for one transaction. A lock of a
session is then stranded in a backend that goes on to others: a replica "leads" with it, and nobody else ever can; the
lock under which the schema is brought up to date is never had again; what LISTEN asked for is heard by nobody. Some
poolers refuse our settings at connect, and that is told by their own words. Others are told to ignore them.

How it is found. A pooler gives its clients a process id of its own, for it cancels statements on their behalf;
Postgres gives its backend's. Where the two differ, a pooler is there: asked with a statement that is sent anyway, so
that whoever reaches Postgres itself pays nothing. Of what kind it is, two more sessions find out: in session mode each
keeps its backend, and no two share one. In transaction mode a backend that has just been given back is the first to be
lent, or else the last: either shows in the first round, but for what others do meanwhile, and more rounds follow. Each
question is a statement by itself, one way there and back: where the way is long, there is time for few.

Knows connections, by asyncpg. Must not know whose they are.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from chaishots.database import multiple_hosts
from chaishots.database.errors import DatabaseAway, DatabaseRefuses, Kind, Trouble

if TYPE_CHECKING:
    _Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

PROOF_SECONDS: Final = 2
"""The longest that finding out may take: a pooler that has no backend left lets its clients wait."""
_ROUNDS: Final = 10
_LOOK_SECONDS: Final = 1
"""How long at most such rounds go on, where the way is long; two are gone through in any case."""
_GOOD_SECONDS: Final = 60
"""How long what was found of a pooler in session mode is good: a pool opens many connections one after the other."""
_ACTION: Final = "Name Postgres itself, past the pooler, in CHAISHOTS_DIRECT_DATABASE_URL; DATABASE_URL may stay."
_OF_TRANSACTIONS: Final = (
    "A transaction pooler stands between us and Postgres: it keeps no session together, and a lock of one would be "
    "stranded in it."
)
_UNDECIDED: Final = (
    "A pooler stands between us and Postgres, and had no connection left by which to find out whether it keeps a "
    "session together."
)
_OF_STATEMENTS: Final = "transaction blocks not allowed"
"""PgBouncer's words where it lends a backend for one statement, and takes no transaction at all."""
_SAME_BACKEND: Final = "select where pg_backend_pid() = {pid}"
_FOUND: Final = "SELECT 1"
_good_until: Final[dict[str, float]] = {}


async def is_direct(connection: "_Connection", *, after: str = "") -> bool:
    """Whether the backend that answers is the one that let us in; no pooler is then in between.

    Args:
        after: statements to run before, on the same way there and back.
    """
    # Without a prepared statement, which another transaction would not find; a status tells how many rows there were.
    return await connection.execute(after + _SAME_BACKEND.format(pid=connection.get_server_pid())) == _FOUND


async def keeps_sessions(dsn: str) -> bool:
    """Whether the pooler that this URL leads to lends a backend for as long as a session lasts.

    Raises: TimeoutError when that was not found out in PROOF_SECONDS; what asyncpg does.
    """
    async with asyncio.timeout(PROOF_SECONDS), _probe(dsn) as one, _probe(dsn) as other:
        try:
            return not await _share_backends(one, other)
        except asyncpg.PostgresError as error:
            if _OF_STATEMENTS not in str(error):
                raise
            return False


async def require_sessions(dsn: str) -> None:
    """See to it that the pooler which this URL leads to keeps a session together.

    Raises: DatabaseRefuses when it does not; DatabaseAway when it had no connection left to find out by, which passes.
    """
    if time.monotonic() < _good_until.get(dsn, 0):
        return
    try:
        if await keeps_sessions(dsn):
            _good_until[dsn] = time.monotonic() + _GOOD_SECONDS
            return
    except TimeoutError:
        raise DatabaseAway(Trouble(Kind.AWAY, None, "no reply in time", _UNDECIDED, _ACTION, passes=True)) from None
    raise DatabaseRefuses(Trouble(Kind.OTHER, None, "a transaction pooler", _OF_TRANSACTIONS, _ACTION))


@asynccontextmanager
async def _probe(dsn: str) -> "AsyncGenerator[_Connection]":
    connection = await multiple_hosts.connect(dsn, timeout=PROOF_SECONDS, statement_cache_size=0)
    try:
        yield connection
    finally:
        connection.terminate()


async def _share_backends(one: "_Connection", other: "_Connection") -> bool:
    async with one.transaction():
        mine = await one.fetchval("select pg_backend_pid()")
    look = _SAME_BACKEND.format(pid=mine)
    over_at = time.monotonic() + _LOOK_SECONDS
    for round_number in range(_ROUNDS):
        if round_number >= 2 and time.monotonic() > over_at:
            break
        # Twice in a row: of backends that are lent in turn, the next is another one.
        if await one.execute(look) != _FOUND:
            return True
        # What was given back last is the next to be lent, or there is no other.
        if await other.execute(f"begin; {look}") == _FOUND or await one.execute(look) != _FOUND:
            return True
        await other.execute("commit")
        if await one.execute(look) != _FOUND:
            return True
    return False
