"""How Postgres is reached: one pool for statements of a moment, sessions of their own for what must outlast one.

Tortoise keeps its state in a context variable; `opened` sets it for the whole process, so request handlers, the
scheduler and tests alike see the one pool. Knows no content: models are named, not imported.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError
from tortoise.transactions import in_transaction

from chaishots.metrics import POOL_WAIT_SECONDS, POOL_WAITING

APP: Final = "chaishots"
MODELS: Final = "chaishots.content.models"
POOL_SIZE: Final = 10
CONNECT_SECONDS: Final = 5
_CLOSE_SECONDS: Final = 1
STATEMENT_SECONDS: Final = 10
"""The longest that a statement of the pool, or the wait for a connection of it, may take."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_statement_seconds: Final[ContextVar[float | None]] = ContextVar("_statement_seconds", default=None)

REFUSED_LOGINS: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # the database takes no connections at the moment
)
"""Postgres is there, and lets nobody in: at the start a wrong setting, later an outage like any other."""
_OUTAGES: Final = (
    *REFUSED_LOGINS,
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    DBConnectionError,
)


class DatabaseAway(Exception):
    """Postgres was not reached, or the connection to it was lost; what was asked may be asked again."""


class EmbeddedUnavailable(Exception):
    """The embedded Postgres cannot be used; the text, one line, says why and what to do next."""


def is_outage(error: BaseException) -> bool:
    """Whether an error says that Postgres is away, rather than that it refuses what was asked."""
    return isinstance(error, _OUTAGES) and not isinstance(error, asyncpg.exceptions.ClientConfigurationError)


def _away(error: BaseException) -> DatabaseAway:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DatabaseAway(f"The database was not reached ({reason}).")


class _Connection(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument]  # takes none at run time
    """A connection of the pool; its statements have the time that the transaction around them has."""

    # Any: as asyncpg has them.
    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        return await super().execute(query, *args, timeout=timeout or _statement_seconds.get())

    async def fetch(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        return await super().fetch(query, *args, timeout=timeout or _statement_seconds.get(), record_class=record_class)


class _Pool(asyncpg.Pool):  # pyright: ignore[reportMissingTypeArgument]  # takes none at run time
    """A pool that tells how long its connections are waited for."""

    # The one place that every way to acquire passes through, Tortoise's transactions and models included; it has no
    # public name. Any: as asyncpg has it.
    async def _acquire(self, timeout: float | None) -> Any:
        with POOL_WAIT_SECONDS.time(), POOL_WAITING.track_inprogress():
            return await super()._acquire(timeout)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


async def _as_it_is(_: object) -> None:
    """Lend a connection on as it came back: asyncpg has rolled back what was left open.

    Its usual reset is one more round trip for each statement, a fifth of the time of a small read. It would take back
    settings and locks of the session, and nothing here makes any: both end with their transaction.
    """


class _Client(AsyncpgDBClient):
    """Tortoise's client, opened from a DSN, so that everything libpq's URLs can say (sslmode, hosts) is understood."""

    async def create_pool(self, **kwargs: Any) -> "asyncpg.Pool[asyncpg.Record]":  # Any: Tortoise's own signature
        # As create_pool would, which knows asyncpg's own class alone.
        return await _Pool(
            kwargs["dsn"],
            min_size=0,  # opening the pool must not fail while Postgres is away
            max_size=POOL_SIZE,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=_Connection,
            record_class=asyncpg.Record,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            reset=_as_it_is,
            statement_cache_size=0 if kwargs["pooled"] else 100,
            server_settings=kwargs["server_settings"],
        )

    @asynccontextmanager
    async def lent(self) -> AsyncGenerator[Connection]:
        """A connection of the pool; one whose statement is given up is ended, as Postgres may be hanging on it."""
        connection = await self.pool.acquire()
        try:
            yield connection  # pyright: ignore[reportReturnType]  # the pool's proxy has all of a connection's methods
        except asyncio.CancelledError:
            connection.terminate()
            raise
        finally:
            await self.pool.release(connection)

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The pool, which `opened` has seen to."""
        assert self._pool is not None
        return self._pool

    async def _close(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            # Somebody still uses a connection, and has been given the time to finish.
            self._pool.terminate()
        self._pool = None


client_class = _Client


def tortoise_config(dsn: str, *, application_name: str = APP, pooled: bool = False, models: tuple[str, ...] = ()):
    """Tortoise's configuration for one Postgres.

    Args:
        dsn: its URL, as libpq reads it.
        application_name: what the pool's connections are called in pg_stat_activity.
        pooled: whether a transaction pooler stands in between, which keeps no prepared statement.
        models: modules of models beside the content's own.
    """
    settings = {"application_name": application_name, "timezone": "UTC"}
    credentials = {"dsn": dsn, "pooled": pooled, "server_settings": settings}
    return {
        "connections": {"default": {"engine": __name__, "credentials": credentials}},
        "apps": {APP: {"models": [MODELS, *models], "default_connection": "default"}},
    }


@asynccontextmanager
async def opened(dsn: str, *, application_name: str, pooled: bool = False) -> AsyncGenerator[None]:
    """Open the process's pool for as long as the block lasts, whether Postgres is up yet or not."""
    config = tortoise_config(dsn, application_name=application_name, pooled=pooled)
    await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        await _client().create_connection(with_db=True)
        yield
    finally:
        await Tortoise.close_connections()


@dataclass(frozen=True)
class PoolState:
    """How many connections the pool may have, has open, and has lent out."""

    limit: int
    opened: int
    lent: int


def pool_state() -> PoolState:
    """How the process's pool stands."""
    pool = _client().pool
    return PoolState(pool.get_max_size(), pool.get_size(), pool.get_size() - pool.get_idle_size())


@asynccontextmanager
async def reading(seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[Connection]:
    """Lend a connection of the pool, for SQL of one's own, for at most this many seconds.

    Inside a transaction it is that transaction's, so that what was just written is read.

    Raises: DatabaseAway when no connection was had, it was lost, or the time was up.
    """
    current = get_connections().get("default")
    if isinstance(current, TransactionWrapper):
        yield current._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]  # has no public name
        return
    try:
        async with asyncio.timeout(seconds), _client().lent() as connection:
            yield connection
    except Exception as error:
        if is_outage(error):
            raise _away(error) from error
        raise


@asynccontextmanager
async def transaction(seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[TransactionalDBClient]:
    """Run the block in one transaction of the pool, for at most this many seconds; models use it by themselves.

    Raises: DatabaseAway when the connection was lost: unless that was during the commit, nothing was written.
    """
    outer = _statement_seconds.set(seconds)
    try:
        async with asyncio.timeout(seconds), in_transaction("default") as connection:
            yield connection
    except Exception as error:
        if is_outage(error):
            raise _away(error) from error
        raise
    finally:
        _statement_seconds.reset(outer)


async def query(connection: TransactionalDBClient, sql: str, *values: Any) -> Sequence[Mapping[str, Any]]:
    """The rows of SQL of one's own, inside a transaction of the pool."""
    # Any: what a column holds is the statement's to know; Tortoise types rows as plain dicts.
    rows: Sequence[Mapping[str, Any]] = await connection.execute_query_dict(sql, list(values))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return rows  # pyright: ignore[reportUnknownVariableType]


@asynccontextmanager
async def session(dsn: str, *, application_name: str, **server_settings: str) -> AsyncGenerator[Connection]:
    """Open a connection of one's own, outside the pool, and end it with the block, whatever state it is in.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        server_settings: Postgres settings of the session.
    Raises: DatabaseAway when it cannot be opened. What happens to it later is the caller's to handle.
    """
    settings = {"application_name": application_name, "timezone": "UTC", **server_settings}
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=settings)
    except Exception as error:
        if is_outage(error):
            raise _away(error) from error
        raise
    try:
        yield connection
    finally:
        # Postgres frees what a session held (its locks first of all) as soon as the socket closes; a polite
        # close would wait for a statement that is still running.
        connection.terminate()


def _client() -> _Client:
    client = get_connections().get("default")
    if not isinstance(client, _Client):
        raise TypeError("The pool was opened with another client.")
    return client
