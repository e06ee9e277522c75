"""Tortoise on this process's Postgres: its client, whose pool everything shares, and transactions for models.

Tortoise keeps its state in a context variable; `open_tortoise_pool` sets it for the whole process, so request
handlers, the scheduler and tests alike see the one pool. Knows no content: models are named, not imported.
"""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, TypeVar

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError
from tortoise.transactions import in_transaction

from chaishots.database import multiple_hosts
from chaishots.database.connection import (
    CONNECT_SECONDS,
    OF_PATIENCE,
    PINNED,
    STATEMENT_SECONDS,
    Pool,
    assignments,
    at_connect,
    current_transaction,
    newer,
    patience_seconds,
    settle,
)
from chaishots.database.connections_exhausted import note_crowding
from chaishots.database.errors import DatabaseBusy, Kind, Overloaded, exception_for
from chaishots.database.pool_shares import POOL_SIZE, Share, current_share
from chaishots.database.session_reset import TidyConnection
from chaishots.metrics import POOL_WAIT_SECONDS, POOL_WAITING

APP: Final = "chaishots"
MODELS: Final = (
    "chaishots.content.models",
    "chaishots.content.catalog.feed_models",
    "chaishots.content.webhooks.models",
)
_CLOSE_SECONDS: Final = 1
_PAUSES_SECONDS: Final = (0.02, 0.05, 0.1)
"""After which what another transaction was in the way of is tried again."""
_AGAIN_SECONDS: Final = 2
"""What took longer has waited for somebody's lock, and would again."""

T = TypeVar("T")

_statement_seconds: Final[ContextVar[float | None]] = ContextVar("_statement_seconds", default=None)


class _Connection(TidyConnection):
    """A connection of the pool; its statements have the time that the transaction around them has."""

    keeps_locks = False

    # Any: as asyncpg has them.
    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        return await super().execute(query, *args, timeout=timeout or _statement_seconds.get())

    async def fetch(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        return await super().fetch(query, *args, timeout=timeout or _statement_seconds.get(), record_class=record_class)


class _Pool(asyncpg.Pool):  # pyright: ignore[reportMissingTypeArgument]  # takes none at run time
    """A pool that lends to each class of work no more than its share, and tells how long one waits for it.

    All shares together are the pool: who has been admitted waits for nothing but Postgres.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shares = {share: asyncio.Semaphore(share.value[0]) for share in Share}
        self._lent: dict[Any, asyncio.Semaphore] = {}

    # The one place that every way to acquire passes through, Tortoise's transactions and models included; it has no
    # public name. Any: as asyncpg has it.
    async def _acquire(self, timeout: float | None) -> Any:
        with POOL_WAIT_SECONDS.time(), POOL_WAITING.track_inprogress():
            share = current_share.get()
            place = self._shares[share]
            try:
                async with asyncio.timeout(patience_seconds.get()):
                    await place.acquire()
            except TimeoutError:
                raise Overloaded(f"All {share.value[0]} connections for {share.value[1]} are in use.") from None
            try:
                connection: Any = await super()._acquire(timeout)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
            except BaseException:
                place.release()
                raise
            self._lent[connection] = place
            return connection  # pyright: ignore[reportUnknownVariableType]

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        try:
            await super().release(connection, timeout=timeout)
        finally:
            if (place := self._lent.pop(connection, None)) is not None:
                place.release()


class _PooledConnection(_Connection):
    """One that leads to a transaction pooler, and has no session of its own."""

    is_put_back = False


async def _tidied(connection: _Connection) -> None:
    """Lend a connection on as it came back, when it has only read: asyncpg has rolled back what was left open.

    Its usual reset is one more round trip for each statement, a fifth of the time of a small read. It would take back
    settings and locks of the session, and nothing here makes any: both end with their transaction. Triggers may.
    """
    await connection.tidy()


class _Transaction(TransactionContextPooled):
    """Tortoise's, which keeps its connection, and stays the task's, where it cannot begin, or cannot end."""

    async def __aenter__(self) -> TransactionalDBClient:
        try:
            return await super().__aenter__()
        except BaseException:
            if hasattr(self, "token"):  # else it has got no connection
                pool, connection = self.client._parent._pool, self.client._connection  # noqa: SLF001  # pyright: ignore  # have no public names
                # It may be hanging; and who waited for it to be called off would hang with it.
                connection.terminate()
                await self._leave(pool.release(connection))
            raise

    async def __aexit__(self, *error: Any) -> None:  # Any: Tortoise's own signature
        await self._leave(super().__aexit__(*error))

    async def _leave(self, ending: Coroutine[Any, Any, None]) -> None:
        try:
            await ending
        finally:
            if not self.token._used:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # likewise
                get_connections().reset(self.token)


class _Client(AsyncpgDBClient):
    """Tortoise's client, opened from a DSN, so that everything libpq's URLs can say (sslmode, hosts) is understood."""

    is_pooled = False

    async def create_pool(self, **kwargs: Any) -> "asyncpg.Pool[asyncpg.Record]":  # Any: Tortoise's own signature
        # As create_pool would, which knows asyncpg's own class alone.
        self.is_pooled = kwargs["pooled"]
        return await _Pool(
            kwargs["dsn"],
            min_size=0,  # opening the pool must not fail while Postgres is away
            max_size=POOL_SIZE,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connect=multiple_hosts.connect,
            connection_class=_PooledConnection if self.is_pooled else _Connection,
            record_class=asyncpg.Record,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            init=None if self.is_pooled else partial(settle, dsn=kwargs["dsn"], settings=kwargs["server_settings"]),
            reset=_tidied,
            statement_cache_size=0 if self.is_pooled else 100,
            # Of any length: the catalog's list has 18 kB, and planning it anew takes as long as carrying it out.
            max_cacheable_statement_size=0,
            server_settings=kwargs["server_settings"],
        )

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The pool, which `open_tortoise_pool` has seen to."""
        assert self._pool is not None
        return self._pool

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)

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
    settings = at_connect(application_name, pooled=pooled)
    credentials = {"dsn": dsn, "pooled": pooled, "server_settings": settings}
    return {
        "connections": {"default": {"engine": __name__, "credentials": credentials}},
        "apps": {APP: {"models": [*MODELS, *models], "default_connection": "default"}},
    }


# For the developer's own `aerich migrate`, see pyproject.toml.
AERICH: Final = tortoise_config(os.environ.get("DATABASE_URL", ""), models=("aerich.models",))


@asynccontextmanager
async def open_tortoise_pool(dsn: str, *, application_name: str, pooled: bool) -> AsyncGenerator[Pool]:
    """Have Tortoise open a pool, and give it: see `pool.open_pool`, which is the one to use."""
    config = tortoise_config(dsn, application_name=application_name, pooled=pooled)
    await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        client = _client()
        await client.create_connection(with_db=True)
        yield client.pool
    finally:
        await Tortoise.close_connections()


class _Work:
    """Something that is carried out as a whole; whether part of it is committed."""

    is_committed = False


_work: Final[ContextVar[_Work | None]] = ContextVar("_work", default=None)


@asynccontextmanager
async def transaction(seconds: float = STATEMENT_SECONDS) -> AsyncGenerator[TransactionalDBClient]:
    """Run the block in one transaction of the pool, for at most this many seconds; models use it by themselves.

    Raises: DatabaseAway when the connection was lost: unless that was during the commit, nothing was written;
        DatabaseBusy when another transaction was in the way, and nothing was written (see `again`).
    """
    is_outer = current_transaction.get() is None
    to_pin = is_outer and _client().is_pooled
    outer, impatient = (
        _statement_seconds.set(seconds),
        patience_seconds.set(min(seconds, STATEMENT_SECONDS) * OF_PATIENCE),
    )
    try:
        async with asyncio.timeout(seconds), in_transaction("default") as client:
            inside = current_transaction.set(client._connection)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue]  # has no public name
            try:
                if to_pin:
                    await _pin_transaction(client)
                yield client
            except TransactionManagementError as error:
                # Such as a write in a read-only transaction; Tortoise takes it for over, and would not roll it back.
                raise exception_for(error) or error from error
            finally:
                current_transaction.reset(inside)
    except Exception as error:
        if told := exception_for(error):
            raise note_crowding(told) from error
        raise
    finally:
        _statement_seconds.reset(outer)
        patience_seconds.reset(impatient)
    if is_outer and (work := _work.get()) is not None:
        work.is_committed = True


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """Carry something out; when another transaction was in the way, again, a few times.

    Only as long as nothing of it is committed. Inside a transaction it is carried out once: that is to be repeated as a
    whole, if at all. What it writes outside of `transaction` has to be one statement.

    Raises: DatabaseBusy when there is no end to it.
    """
    if current_transaction.get() is not None:
        return await work()
    until = asyncio.get_running_loop().time() + _AGAIN_SECONDS
    for pause_s in _PAUSES_SECONDS:
        done = _Work()
        outer = _work.set(done)
        try:
            return await work()
        except DatabaseBusy as busy:
            is_over = done.is_committed or asyncio.get_running_loop().time() > until
            if busy.trouble.kind is not Kind.CROSSED or is_over:
                raise
        finally:
            _work.reset(outer)
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311  # parts those who met, no secret
    return await work()


async def _pin_transaction(client: TransactionalDBClient) -> None:
    # A pooler's session is not ours to set anything for.
    connection: Any = client._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]  # has no public name
    settings = {name: value for name, value in PINNED.items() if not name.startswith("default_")} | newer(connection)
    await connection.execute(
        f"set transaction isolation level read committed, not deferrable; {assignments(settings, scope='local')}"
    )


def _client() -> _Client:
    client = get_connections().get("default")
    assert isinstance(client, _Client)
    return client


async def query(connection: TransactionalDBClient, sql: str, *values: Any) -> Sequence[Mapping[str, Any]]:
    """The rows of SQL of one's own, inside a transaction of the pool."""
    # Any: what a column holds is the statement's to know; Tortoise types rows as plain dicts.
    rows: Sequence[Mapping[str, Any]] = await connection.execute_query_dict(sql, list(values))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return rows  # pyright: ignore[reportUnknownVariableType]
