"""The way to Postgres: whether it is reached, what is in between, and whether what is told there is heard."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from chaishots.checks.findings import Finding, fault, ok, troubled
from chaishots.database import multiple_hosts, poolers
from chaishots.database.connection import Connection, at_connect, session
from chaishots.database.errors import DatabaseAway, DatabaseRefuses, DatabaseTrouble, Kind, Trouble, exception_for
from chaishots.database.not_postgres import find_foreign_server

NAME: Final = "chaishots:check"
"""What our sessions are called in pg_stat_activity."""
_CONNECT_SECONDS: Final = 1.5
_DOUBT_SECONDS: Final = 0.7
"""After which it is asked, beside, whether it is a Postgres at all that is so slow."""
_HEARD_SECONDS: Final = 0.8


@asynccontextmanager
async def reach(dsn: str, *, pooled: bool = False) -> AsyncGenerator[Connection]:
    """Connect with as little as anything on the way takes: no setting, no statement that is kept prepared.

    Raises: DatabaseTrouble; what listens there is named, when it is no Postgres.
    """
    settings = at_connect(NAME, pooled=True) if pooled else {"application_name": NAME}
    try:
        connection = await _connect(dsn, settings)
    except DatabaseAway:
        raise
    except Exception as error:
        raise await _explain(dsn, error) from error
    try:
        yield connection
    finally:
        connection.terminate()


async def _connect(dsn: str, settings: dict[str, str]) -> Connection:
    async with asyncio.timeout(_CONNECT_SECONDS):
        connecting = asyncio.create_task(
            multiple_hosts.connect(dsn, timeout=_CONNECT_SECONDS, statement_cache_size=0, server_settings=settings)
        )
        try:
            await asyncio.wait({connecting}, timeout=_DOUBT_SECONDS)
            if not connecting.done() and (foreign := await find_foreign_server(dsn)):
                raise DatabaseAway(foreign)
            return await connecting
        finally:
            connecting.cancel()


async def _explain(dsn: str, error: Exception) -> Exception:
    if isinstance(error, asyncpg.exceptions.ClientConfigurationError):
        action = "Put DATABASE_URL right: see https://www.postgresql.org/docs/current/libpq-connect.html"
        return DatabaseRefuses(Trouble(Kind.OTHER, None, str(error), f"The URL cannot be used: {error}.", action))
    told = exception_for(error)
    if told is None:
        return error
    is_asked = told.trouble.kind is not Kind.AWAY or isinstance(error, TimeoutError)
    foreign = None if is_asked else await find_foreign_server(dsn)
    return type(told)(foreign) if foreign else told


async def look_at_pooler(connection: Connection, dsn: str, *, is_pooled: bool) -> Finding:
    """Whether the way that has to lead to Postgres itself does; or by a pooler that keeps sessions."""
    try:
        if not await poolers.is_direct(connection):
            await poolers.require_sessions(dsn)
            return ok("pooler", "one in session mode is in between, which keeps sessions together")
    except DatabaseTrouble as met:
        return troubled("pooler", met.trouble)
    if is_pooled:
        return ok("pooler", "DATABASE_URL leads through one, CHAISHOTS_DIRECT_DATABASE_URL past it")
    return ok("pooler", "none is in between")


async def look_at_listener(direct_dsn: str, dsn: str) -> Finding:
    """Whether what is told over the one way is heard on the other."""
    heard, channel, is_pooled = asyncio.Event(), f"chaishots_check_{os.getpid()}", dsn != direct_dsn

    def hear(*_: object) -> None:
        heard.set()

    try:
        async with (
            session(direct_dsn, application_name=NAME) as listening,
            reach(dsn, pooled=is_pooled) as speaking,
        ):
            await listening.add_listener(channel, hear)
            await speaking.execute(f"notify {channel}")
            async with asyncio.timeout(_HEARD_SECONDS):
                await heard.wait()
    except TimeoutError:
        if not is_pooled:
            return fault("listener", "what was told was not heard in time", "See Postgres' own log, and its load.")
        told = "what was told by DATABASE_URL was not heard by CHAISHOTS_DIRECT_DATABASE_URL"
        return fault("listener", told, "Have both lead to the same database of the same server.")
    except DatabaseTrouble as met:
        return troubled("listener", met.trouble)
    return ok("listener", "what was told was heard")
