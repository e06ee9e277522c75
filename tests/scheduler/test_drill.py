"""When a drill is refused, and why; what it does to a live system is in tests/faults/test_drill.py."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from chaishots.database.replicas import application_name, name_in_trouble
from chaishots.scheduler.drill import CannotDrill, Means, drill, set_scene
from chaishots.scheduler.drill_faults import NotHere, find_process
from chaishots.settings import replica_name
from tests.cluster import lock_held
from tests.conftest import Database


@asynccontextmanager
async def _connected(dsn: str, *names: str) -> AsyncIterator[list[Connection]]:
    async with AsyncExitStack() as stack:
        sessions: list[Connection] = []
        for name in names:
            sessions.append(await asyncpg.connect(dsn, server_settings={"application_name": name}))
            stack.push_async_callback(sessions[-1].close)
        yield sessions


async def _refused(sql: Connection, means: Means = Means.SESSION) -> str:
    with pytest.raises((CannotDrill, NotHere)) as refused:
        await set_scene(sql, means)
    return str(refused.value)


async def test_without_one_who_leads_and_another_it_is_refused_with_what_to_do(
    sql: Connection, fresh_database: Database
) -> None:
    assert "No replica is connected" in await _refused(sql)
    names = [
        application_name("one", "publisher"),
        application_name("two", "publisher"),
        name_in_trouble("bad", "25006"),
    ]
    async with _connected(fresh_database.dsn, *names[1:]):
        assert "Nobody leads at this moment" in await _refused(sql)
        async with lock_held(fresh_database.dsn, PUBLISHER) as other:
            assert f"pg_terminate_backend({other.get_server_pid()})" in await _refused(sql)
    async with _connected(fresh_database.dsn, names[0], names[2]) as (leader, _):
        await leader.execute("select pg_advisory_lock($1)", PUBLISHER)
        assert "Only one could lead" in await _refused(sql)
        await leader.execute("select set_config('application_name', $1, false)", name_in_trouble("one", "25006"))
        assert "chaishots status" in await _refused(sql)


async def test_without_the_right_it_says_whose_session_it_is_and_what_to_grant(
    sql: Connection, fresh_database: Database
) -> None:
    await sql.execute("drop role if exists stranger_to_it")
    await sql.execute("create role stranger_to_it")
    async with _connected(fresh_database.dsn, "chaishots:one:publisher", "chaishots:two:publisher") as (leader, _):
        await leader.execute("select pg_advisory_lock($1)", PUBLISHER)
        await sql.execute("set role stranger_to_it")
        scene = await set_scene(sql, Means.SESSION)
        with pytest.raises(CannotDrill, match="grant pg_signal_backend to stranger_to_it"):
            await drill(sql, scene, Means.SESSION, lease_ms=1_000)
        assert await leader.fetchval("select true")  # nothing was ended
    await sql.execute("reset role")
    await sql.execute("drop role stranger_to_it")


@pytest.fixture(scope="module")
def sleeper() -> Iterator[int]:
    """A process of this host that is no replica."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def test_a_process_that_is_not_the_replica_is_not_touched(sleeper: int) -> None:
    host = socket.gethostname()
    for name, told in (
        ("elsewhere-4711", "runs on another host"),
        (f"{host}x-{sleeper}", "runs on another host"),
        ("చాయ్-7", "runs on another host"),
        (f"{host}-", "runs on another host"),
        (replica_name(1), "docker kill"),
        (replica_name(2**22 + 1), "no process"),
        (replica_name(sleeper), "is not"),
    ):
        with pytest.raises(NotHere, match=told):
            find_process(name, None)


def test_a_process_that_began_after_the_session_is_another() -> None:
    own = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", "chaishots", "serve"]
    with subprocess.Popen(own, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # as it begins, it has no arguments for a moment
        name, now = replica_name(process.pid), datetime.now(UTC)
        assert find_process(name, now) == find_process(name, None) == process.pid
        with pytest.raises(NotHere, match="is not"):
            find_process(name, now - timedelta(hours=1))
