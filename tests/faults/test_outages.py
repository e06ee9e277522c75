"""Postgres goes away and comes back: nobody exits, everybody says so, and one leads again by itself."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import asyncpg
import psutil

from chaishots.api.delivery.probe_cache import RECENT_SECONDS
from chaishots.database.connection import Connection
from tests.builders import a_lesson
from tests.cluster import Cluster, eventually
from tests.faults.own_postgres import OwnPostgres


async def test_replicas_live_through_a_restart_of_postgres(own_postgres: OwnPostgres) -> None:
    async with Cluster(own_postgres.dsn) as cluster:
        await cluster.start(3)
        await cluster.leader()

        await own_postgres.stop()
        states = [await replica.tells(http_status=503) for replica in cluster.replicas]
        catalog = await cluster.replicas[0].http.get("/catalog/programs")
        live = await cluster.replicas[0].http.get("/health/live")

        await own_postgres.start()
        began = time.monotonic()
        cluster._watch = await asyncpg.connect(own_postgres.dsn)
        await cluster.leader()
        gap = time.monotonic() - began
        await asyncio.gather(*(eventually(replica.is_healthy) for replica in cluster.replicas))
        lesson = await a_lesson(cluster._watch, due_in=timedelta(0))
        await eventually(
            lambda: cluster._watch.fetchval("select status = 'published' from lesson where id = $1", lesson)
        )
        leader = await cluster.leader()
        for replica in cluster.replicas:
            await replica.tells(scheduler="leader" if replica is leader else "standby")

        assert {state["status"] for state in states} == {"unavailable"}
        # Nobody knows then who leads.
        assert {state["scheduler"] for state in states} == {"unknown"}
        assert (catalog.status_code, catalog.json()["code"]) == (503, "database_unavailable")
        assert live.status_code == 200
        assert gap <= 5
        assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


async def test_replicas_live_through_a_while_in_which_postgres_lets_nobody_in(
    cluster: Cluster, postgres: str, sql: Connection
) -> None:
    (replica,) = await cluster.start(1)
    await cluster.leader()
    name = await sql.fetchval("select current_database()")
    outside = await asyncpg.connect(postgres)
    try:
        await outside.execute(f"alter database {name} allow_connections false")
        await sql.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'chaishots:%'"
            " and datname = current_database()"
        )
        await replica.tells(http_status=503)
        await outside.execute(f"alter database {name} allow_connections true")
    finally:
        await outside.close()

    await eventually(replica.is_healthy)
    assert await cluster.leader() is replica


async def test_a_postgres_that_hangs_is_told_by_health_within_two_seconds_of_what_it_saw_last(
    own_postgres: OwnPostgres,
) -> None:
    folder = own_postgres.folder
    async with Cluster(own_postgres.dsn) as cluster:
        (replica,) = await cluster.start(1)
        hung = [_postmaster(folder), *_postmaster(folder).children(recursive=True)]
        for process in hung:
            process.suspend()
        try:
            began = time.monotonic()
            await replica.tells(http_status=503)
            took = time.monotonic() - began
        finally:
            for process in reversed(hung):
                process.resume()
        assert took < RECENT_SECONDS + 3
        await eventually(replica.is_healthy)


def _postmaster(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
