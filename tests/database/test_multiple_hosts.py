"""Several hosts in one URL, and names that move: who is asked, in which time, and when a server is left."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from chaishots.checks.findings import State, fault, ok
from chaishots.checks.postgres_server import look_at_hosts
from chaishots.database import multiple_hosts
from chaishots.database.connection import Connection, session
from chaishots.database.multiple_hosts import connect, has_turned, hosts_of, target_of
from chaishots.database.pool import leave_server
from tests.cluster import eventually
from tests.conftest import Database
from tests.tcp_proxy import cut_way


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://u:p@a:5433,b/x?target_session_attrs=read-write", [("a", 5433), ("b", 5432)]),
        ("postgresql://u@a,b/x?port=6000,6001", [("a", 6000), ("b", 6001)]),
        ("postgresql://u@a,b,c/x?port=6000", [("a", 6000), ("b", 6000), ("c", 6000)]),
        ("postgresql://u@/x?host=/one,/two&port=5432,5433", [("/one", 5432), ("/two", 5433)]),
        ("postgresql://u@%2Frun%2Fone,[::1]:5433/x", [("/run/one", 5432), ("::1", 5433)]),
        ("postgresql://u@db.example.com/x", [("db.example.com", 5432)]),
        ("postgresql:///x", []),
    ],
)
def test_the_hosts_of_a_url_are_those_that_libpq_would_ask(url: str, named: list[tuple[str, int]]) -> None:
    assert hosts_of(url) == named


@contextlib.asynccontextmanager
async def _silent() -> AsyncIterator[int]:
    """A port where somebody takes connections and never says a word, as a server that hangs."""
    closed = asyncio.Event()

    async def keep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closed.wait()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        closed.set()
        server.close()


async def test_a_host_that_hangs_keeps_nobody_from_the_one_that_lets_in_and_is_asked_last_from_then_on(
    fresh_database: Database,
) -> None:
    async with _silent() as port, cut_way(fresh_database.dsn) as way:
        dsn = way.dsn.replace("@127.0.0.1:", f"@127.0.0.1:{port},127.0.0.1:") + "&target_session_attrs=read-write"
        for longest in (multiple_hosts.NEXT_SECONDS + 1, multiple_hosts.NEXT_SECONDS * 0.9):
            began = time.monotonic()
            async with session(dsn, application_name="tests") as connection:
                assert await connection.fetchval("select 1") == 1
            assert time.monotonic() - began < longest


async def test_of_several_errors_the_one_that_says_most_is_raised(fresh_database: Database, sql: Connection) -> None:
    name = await sql.fetchval("select current_database()")
    async with cut_way(fresh_database.dsn) as way:
        dsn = way.dsn.replace("@127.0.0.1:", "@127.0.0.1:1,127.0.0.1:") + "&target_session_attrs=read-write"
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await connect(dsn.replace(name, "nowhere"), timeout=5)
        await sql.execute(f"alter database {name} set default_transaction_read_only = on")
        with pytest.raises(ConnectionRefusedError):
            await connect(dsn, timeout=5)
        with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
            await connect(dsn.replace("127.0.0.1:1,", "localhost:").replace("localhost:127", "127"), timeout=5)


async def test_a_server_that_takes_no_writes_any_more_is_left_only_for_one_that_does(
    fresh_database: Database, sql: Connection
) -> None:
    async with session(fresh_database.dsn, application_name="tests") as connection:
        assert not await has_turned(connection, fresh_database.dsn)
        await connection.execute("set default_transaction_read_only = on")
        assert await has_turned(connection, fresh_database.dsn)
        name = await sql.fetchval("select current_database()")
        await sql.execute(f"alter database {name} set default_transaction_read_only = on")
        assert not await has_turned(connection, fresh_database.dsn)


async def test_what_leads_to_a_server_that_was_left_ends_and_what_was_opened_since_stays(
    fresh_database: Database,
) -> None:
    async with session(fresh_database.dsn, application_name="tests") as old:
        moment = time.monotonic()
        async with session(fresh_database.dsn, application_name="tests") as new:
            await leave_server(fresh_database.dsn, opened_before=moment)

            async def is_left() -> bool:
                return old.is_closed()

            await eventually(is_left, within=multiple_hosts._LEAVE_SECONDS + 1)
            assert await new.fetchval("select 1") == 1


async def test_a_name_is_resolved_anew_for_each_connection(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, addresses = socket.getaddrinfo, ["127.0.0.1", "127.0.0.99"]

    def moving(host: Any, *rest: Any, **options: Any) -> Any:  # Any: as the resolver has it
        return resolve(addresses[0] if host == "primary.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", moving)
    async with cut_way(fresh_database.dsn) as way:
        dsn = way.dsn.replace("@127.0.0.1:", "@primary.example:")
        (await connect(dsn, timeout=5)).terminate()
        addresses.pop(0)
        with pytest.raises(ConnectionRefusedError):
            await connect(dsn, timeout=5)


@pytest.mark.parametrize(
    ("query", "state"),
    [("?target_session_attrs=read-write", State.OK), ("", State.HINT), ("?sslmode=disable", State.HINT)],
)
def test_check_says_when_several_hosts_may_mean_a_standby(query: str, state: State) -> None:
    url = f"postgresql://u@a,b/x{query}"
    found = look_at_hosts(ok("writes", "it is a primary"), url)
    assert found.state is state
    assert ("target_session_attrs=read-write" in found.do) is (state is State.HINT)
    refused = look_at_hosts(fault("writes", "a standby in recovery", "Name the primary."), url)
    assert ("target_session_attrs" in refused.do) is (target_of(url) is None)
    alone = fault("writes", "a standby in recovery", "Name the primary.")
    assert look_at_hosts(alone, "postgresql://u@a/x") == alone
