"""Postgres answers and refuses what is to be published: nobody ends, everybody says why, and it goes on by itself."""

import asyncio
import json
import os
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chaishots.database.connection import Connection
from tests.builders import a_lesson, database_now, lessons_due
from tests.cluster import Cluster, Replica, eventually
from tests.commands import chaishots
from tests.faults.own_postgres import OwnPostgres
from tests.faults.own_postgres import own_postgres as made

_END_ALL = """
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'chaishots:%'
"""
_THE_DATABASE = "do $$ begin execute format('alter database %I {}', current_database()); end $$"
LESSONS = 1_000
REFUSALS: dict[str, tuple[str, str, str]] = {
    "read_only": (
        _THE_DATABASE.format("set default_transaction_read_only = on"),
        _THE_DATABASE.format("reset default_transaction_read_only"),
        "Postgres refuses writes: read-only",
    ),
    "schema": (
        "alter table lesson rename publish_error to publish_fault",
        "alter table lesson rename publish_fault to publish_error",
        'column "publish_error"',
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
async def test_replicas_live_through_a_postgres_that_refuses_writes_and_say_so(
    cluster: Cluster, sql: Connection, kind: str
) -> None:
    refuse, relent, says = REFUSALS[kind]
    await cluster.start(3)
    await cluster.leader()
    lesson = await a_lesson(sql, due_in=timedelta(seconds=3))
    writer = await asyncpg.connect(cluster.dsn)
    try:
        await writer.execute(refuse)
        await sql.fetch(_END_ALL)

        told = [await eventually(lambda replica=replica: _refused(replica)) for replica in cluster.replicas]
        status = await chaishots("status", DATABASE_URL=cluster.dsn)
        why = await chaishots("why", str(lesson), DATABASE_URL=cluster.dsn)
        catalog = await cluster.replicas[0].http.get("/catalog/programs")
        metrics = (await cluster.replicas[0].http.get("/metrics")).text
        await asyncio.sleep(3)
        lines = [sum(line["event"].startswith("publisher.") for line in _lines(one)) for one in cluster.replicas]
    finally:
        await writer.execute(_writing(relent))
        await writer.close()

    async def is_published() -> bool:
        return await sql.fetchval("select status = 'published' from lesson where id = $1", lesson)

    await eventually(is_published)
    assert {state["http_status"] for state in told} == {200}
    assert {state["trouble"]["kind"] for state in told} == {kind}
    assert says in told[0]["trouble"]["text"]
    assert says in status.out
    assert status.code == 3
    if kind == "read_only":
        assert says in why.out
        assert "Start a replica" not in why.out
        assert catalog.status_code == 200
    assert f'chaishots_writes_refused{{kind="{kind}"}} 1.0' in metrics
    assert max(lines) < 8
    assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


def _writing(statement: str) -> str:
    return f"set default_transaction_read_only = off; {statement}"


async def _refused(replica: Replica) -> dict | None:
    state = await replica.health()
    return state if state and state.get("writes") == "refused" else None


def _lines(replica: Replica) -> list[dict]:
    return [json.loads(line) for line in replica.log_text().splitlines() if line.startswith("{")]


async def test_a_search_path_that_is_set_wrong_under_running_replicas_changes_nothing(
    cluster: Cluster, sql: Connection
) -> None:
    await cluster.start(2)
    await cluster.leader()
    await sql.execute(_THE_DATABASE.format("set search_path = nowhere"))
    await sql.fetch(_END_ALL)

    lesson = await a_lesson(sql, due_in=timedelta(seconds=1))
    await eventually(lambda: _is_published(sql, lesson))

    for replica in cluster.replicas:
        await eventually(replica.is_healthy)
        assert (await replica.http.get("/catalog/programs?limit=99")).status_code == 200
        assert replica.logged("publisher.refused") == []
    told = await chaishots("status", DATABASE_URL=cluster.dsn)
    assert told.code == 1
    assert (
        "The content is in the schema public, and the search_path of this session (nowhere) leads past it." in told.err
    )
    assert "alter database … set search_path" in told.err


async def test_replicas_that_meet_a_standby_lead_once_it_is_promoted() -> None:
    async with made() as server, Cluster(server.dsn) as cluster:
        await cluster.start(3)
        await cluster.leader()
        await server.stop()
        (server.folder / "data" / "standby.signal").touch()
        await server.start()

        told = [await eventually(lambda replica=replica: _refused(replica)) for replica in cluster.replicas]
        await server.execute("select pg_promote()")
        sql = await asyncpg.connect(server.dsn)
        try:
            lesson = await a_lesson(sql, due_in=timedelta(0))
            await eventually(lambda: _is_published(sql, lesson), within=12)
        finally:
            await sql.close()

        assert {state["trouble"]["kind"] for state in told} == {"read_only"}
        assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a small disk to fill")
async def test_a_disk_that_is_full_in_the_midst_of_a_batch_is_no_lessons_fault_and_all_go_out_once_there_is_room(
    own_postgres: OwnPostgres,
) -> None:
    async with Cluster(own_postgres.dsn) as cluster:
        await cluster.start(3)
        await cluster.leader()
        sql = await asyncpg.connect(own_postgres.dsn)
        async with sql.transaction():
            # Due, and to be had once the disk is full.
            await lessons_due(sql, LESSONS, due_in=timedelta(seconds=-1))
            own_postgres.fill()
        told = await eventually(lambda: _refused(cluster.replicas[0]))
        await asyncio.sleep(3)  # for as long as it is full, it is tried again
        some = await sql.fetchval("select count(*) from lesson where status = 'published'")
        emptied = await database_now(sql)
        own_postgres.empty()

        async def all_out() -> bool:
            return await sql.fetchval("select count(*) from lesson where status = 'published'") == LESSONS

        await eventually(all_out)
        late = (
            "select extract(epoch from min(at) - $1)::float8 from activity where at > $1 and action = 'lesson.publish'"
        )
        began = await sql.fetchval(late, emptied)
        refused = await sql.fetchval("select count(*) from activity where action = 'lesson.refuse'")
        left = await sql.fetchval("select count(*) from refusal")
        await sql.close()
        print(f"\n{some} of {LESSONS} went out on a full disk, the others from {began:.2f} s after there was room")
        assert told["trouble"]["kind"] == "disk_full"
        assert some < LESSONS
        assert began < 1
        assert (refused, left) == (0, 0)
        assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


async def _is_published(sql: Connection, lesson: UUID) -> bool:
    return await sql.fetchval("select status = 'published' from lesson where id = $1", lesson)
