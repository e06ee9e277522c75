"""How Postgres is reached: one pool for statements of a moment, sessions of their own for what must outlast one.

Tortoise has the pool (`orm.py`), and models and transactions go through it; what is read with SQL of one's own needs no
more than a connection of it. Loads nothing of Tortoise, which takes a fifth of a second, until a pool is opened.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, TypeAlias, cast

import asyncpg

from chaishots.database import lock_timeouts, multiple_hosts, poolers
from chaishots.database.connections_exhausted import note_crowding
from chaishots.database.errors import Overloaded, exception_for
from chaishots.database.pool_shares import Share, current_share
from chaishots.database.session_reset import TidyConnection, note_settings, setting
from chaishots.database.timeouts_without_loop_lag import LoopTimer, timeout_of_loop

CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 10
"""The longest that a statement of the pool, or the wait for a connection of it, may take."""

PINNED: Final[Mapping[str, str]] = {
    # A step that reads, decides and writes takes the locks that it needs; of what others committed it is to see all.
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    # How long something may take is for us to say, who know what to do then; a limit that Postgres sets may strike
    # between two messages of a statement, where asyncpg expects none.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_session_timeout": "0",
    # But for a process that hangs inside a transaction: others wait for its locks.
    "idle_in_transaction_session_timeout": "60s",
    # What texts are made of values, and what values of texts.
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "client_min_messages": "warning",
    # Statements of milliseconds, many times over: compiling them is dearer than running them (28 ms, or 24 without, for
    # a page of 100 programs of 20 lessons).
    "jit": "off",
    # What is read is read by keys and mostly lies in memory, where a page costs what the next one does. With 4, as for
    # a disk that turns, ten lessons of a term are collected in a bitmap and sorted: a tenth of a cold list's time.
    "random_page_cost": "1.1",
}
"""What each session sets for itself when it connects, so that no database and no role can have it otherwise.

Not `default_transaction_read_only`, which somebody may have turned on for a reason: that is told. Not `search_path`,
which chooses the schema: the one with which a server has found its schema is pinned for as long as it runs (`Process`).
"""
PINNED_SINCE: Final[Mapping[int, Mapping[str, str]]] = {17: {"transaction_timeout": "0"}}
"""What older versions do not know, by the first that does; they would refuse the connection."""
_POOLERS_OWN: Final = ("TimeZone", "DateStyle", "standard_conforming_strings")
"""What a transaction pooler takes at connect and keeps apart for each client; PgBouncer refuses the rest."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

current_transaction: Final[ContextVar["Connection | None"]] = ContextVar("current_transaction", default=None)
"""The connection of the transaction that one is in."""


patience_seconds: Final[ContextVar[float]] = ContextVar("patience_seconds", default=STATEMENT_SECONDS)
"""How long a connection of one's share is waited for."""
OF_PATIENCE: Final = 0.9
"""How much of the time for all may be spent on waiting for a connection."""


class EmbeddedUnavailable(Exception):
    """The embedded Postgres cannot be used; the text, one line, says why and what to do next."""


class Process:
    """What the process has opened (`pool.py`); every task is to see it, whichever it was opened in."""

    pool: "Pool | None" = None
    dsn: str | None = None
    """Where the pool leads, and what its connections are called: for whoever has a process of its own begun."""
    application_name = ""
    is_pooled = False
    """Whether a transaction pooler stands between the pool and Postgres."""
    search_path: str | None = None
    """What each session sets for itself from now on, past any pooler: that by which the schema was found."""


@asynccontextmanager
async def reading(
    seconds: float = STATEMENT_SECONDS, *, longest_seconds: float | None = None
) -> AsyncGenerator[Connection]:
    """Lend a connection of the pool, for SQL of one's own, for at most this many seconds.

    Inside a transaction it is that transaction's, so that what was just written is read.

    Args:
        longest_seconds: that no time counts in which our own event loop was late, until these are over.
    Raises: DatabaseAway when Postgres was not reached, the connection was lost, or the time was up; Overloaded when
        all of one's share stayed lent, or our own loop was late for too long; DatabaseBusy, with who it is, when
        somebody has locked a table that is asked for (after a second), or a row (when most of the time is over), and
        for what else may succeed later; DatabaseRefuses for what else Postgres answered, but for a rule that the values
        break.
    """
    if (current := current_transaction.get()) is not None:
        yield current
        return
    outer = patience_seconds.set(seconds * OF_PATIENCE)
    limit = timeout_of_loop(seconds, longest=longest_seconds) if longest_seconds else asyncio.timeout(seconds)
    counted: LoopTimer | asyncio.Timeout | None = None
    try:
        async with limit as counted:
            pool = current_pool()
            connection = await pool.acquire()
            try:
                async with _watching(connection, seconds):
                    yield connection  # pyright: ignore[reportReturnType]  # the pool's proxy has all of a connection's methods
            except asyncio.CancelledError:
                # The statement is given up: Postgres may be hanging on it.
                connection.terminate()
                raise
            finally:
                await pool.release(connection)
    except Exception as error:
        if isinstance(error, TimeoutError) and isinstance(counted, LoopTimer) and not counted.has_counted_all:
            raise Overloaded("Too much else was to be done here.") from error
        if told := exception_for(error):
            raise note_crowding(told) from error
        raise
    finally:
        patience_seconds.reset(outer)


def _watching(connection: object, seconds: float) -> AbstractAsyncContextManager[None]:
    # A pooler names none of Postgres' sessions; and who has but a second is given up as soon.
    if Process.is_pooled or seconds <= lock_timeouts.TABLE_SECONDS:
        return nullcontext()
    return lock_timeouts.give_up_locks(cast("Connection", connection), seconds, _looking)  # it is the pool's proxy


@asynccontextmanager
async def _looking() -> AsyncGenerator[Connection]:
    # Not on one of those connections that may all be waiting for the same.
    current_share.set(Share.LOCKS)
    async with reading(lock_timeouts.TABLE_SECONDS) as connection:
        yield connection


@asynccontextmanager
async def session(dsn: str, *, application_name: str, **server_settings: str) -> AsyncGenerator[Connection]:
    """Open a connection of one's own, outside the pool, and end it with the block, whatever state it is in.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        server_settings: Postgres settings of the session.
    Raises: a DatabaseTrouble when it cannot be opened, or is none: see `settle`. What happens to it later is the
        caller's to handle.
    """
    settings = {**at_connect(application_name), **server_settings}
    try:
        # What is asked again after long is prepared still: to prepare it anew is a way there and back.
        connection = await multiple_hosts.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            max_cached_statement_lifetime=0,
            connection_class=TidyConnection,
            server_settings=settings,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await settle(connection, dsn, settings)
        except BaseException:
            connection.terminate()
            raise
    except Exception as error:
        if told := exception_for(error):
            raise told from error
        raise
    try:
        yield connection
    finally:
        # Postgres frees what a session held (its locks first of all) as soon as the socket closes; a polite
        # close would wait for a statement that is still running.
        connection.terminate()


def at_connect(application_name: str, *, pooled: bool = False) -> dict[str, str]:
    """What a session tells Postgres, or the transaction pooler before it, when it connects."""
    if pooled:
        return {"application_name": application_name, **{name: PINNED[name] for name in _POOLERS_OWN}}
    found = {"search_path": Process.search_path} if Process.search_path is not None else {}
    return {"application_name": application_name, **PINNED, **found}


def newer(connection: Connection) -> dict[str, str]:
    """What this Postgres has to be told beside PINNED, in a statement."""
    major = connection.get_server_version().major
    return {name: value for since, named in PINNED_SINCE.items() if major >= since for name, value in named.items()}


async def settle(connection: Connection, dsn: str, settings: Mapping[str, str]) -> None:
    """Make sure of a new connection that it is a session with what it was told; before anything is locked in it.

    It is pinned what older versions of Postgres do not know, on the same way there and back on which it is found out
    whether a pooler is in between. One in session mode may have dropped what it was told at connect: it is told anew.

    Args:
        settings: what it was told when it connected.
    Raises: DatabaseRefuses for a pooler that keeps no session together.
    """
    pinned = newer(connection)
    if not await poolers.is_direct(connection, after=f"{assignments(pinned)}; " if pinned else ""):
        await poolers.require_sessions(dsn)
        await connection.execute(setting(settings))
        note_settings(connection, settings)
    note_settings(connection, pinned)


def assignments(settings: Mapping[str, str], *, scope: str = "session") -> str:
    """Settings as SQL, for the session or (`local`) for the transaction that one is in."""
    return "; ".join(f"set {scope} {name} = '{value}'" for name, value in settings.items())


def current_pool() -> Pool:
    """The process's pool. Raises: RuntimeError when it is not open."""
    if Process.pool is None:
        raise RuntimeError("The pool is not open.")
    return Process.pool
