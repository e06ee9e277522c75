"""The process's pool: opened once, for as long as the process works, and how it stands."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chaishots.database import multiple_hosts
from chaishots.database.connection import Process, current_pool


@asynccontextmanager
async def open_pool(dsn: str, *, application_name: str, pooled: bool = False) -> AsyncGenerator[None]:
    """Open the process's pool for as long as the block lasts, whether Postgres is up yet or not.

    Args:
        application_name: what its connections are called in pg_stat_activity.
        pooled: whether a transaction pooler stands in between, which keeps no prepared statement.
    """
    # Tortoise takes a fifth of a second to load: not before somebody opens a pool.
    from chaishots.database import orm

    before = Process.pool, Process.dsn, Process.application_name, Process.is_pooled
    async with orm.open_tortoise_pool(dsn, application_name=application_name, pooled=pooled) as Process.pool:
        Process.dsn, Process.application_name, Process.is_pooled = dsn, application_name, pooled
        try:
            yield
        finally:
            Process.pool, Process.dsn, Process.application_name, Process.is_pooled = before


@dataclass(frozen=True)
class PoolState:
    """How many connections the pool may have, has open, and has lent out."""

    limit: int
    opened: int
    lent: int


def pool_state() -> PoolState:
    """How the process's pool stands."""
    pool = current_pool()
    return PoolState(pool.get_max_size(), pool.get_size(), pool.get_size() - pool.get_idle_size())


async def leave_server(dsn: str, *, opened_before: float) -> None:
    """Use nothing more that leads to the server of before (`multiple_hosts.leave_server`). A pool lends none again."""
    multiple_hosts.leave_server({dsn, Process.dsn}, opened_before=opened_before)
    if Process.pool is not None:
        await Process.pool.expire_connections()
