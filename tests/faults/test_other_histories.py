"""Postgres goes on with another history: a standby that is promoted, an older dump that is restored under replicas."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from tests.builders import a_lesson, a_public_program
from tests.cluster import Cluster, Replica, eventually
from tests.faults.own_postgres import IMMEDIATE, OwnPostgres

LEADS_AGAIN_SECONDS = 8
_CHANGES = "/catalog/changes"


@asynccontextmanager
async def standby_of(primary: OwnPostgres) -> AsyncIterator[OwnPostgres]:
    """A server that follows another one by streaming."""
    standby = OwnPostgres(Path(tempfile.mkdtemp(prefix="chaishots-")))
    try:
        yield await standby.follow(primary)
    finally:
        await standby.remove()


def hosts(*servers: OwnPostgres) -> str:
    """The DSN that names them all: whichever takes writes is meant."""
    named, ports = ",".join(str(server.folder) for server in servers), ",".join("5432" for _ in servers)
    return f"{servers[0].dsn.split('?')[0]}?host={named}&port={ports}&sslmode=disable&target_session_attrs=read-write"


async def test_replicas_follow_a_fail_over_and_forget_what_was_lost_with_the_primary(own_postgres: OwnPostgres) -> None:
    async with standby_of(own_postgres) as standby, Cluster(hosts(own_postgres, standby)) as cluster:
        await cluster.start(3)
        await cluster.leader()
        sql = await asyncpg.connect(own_postgres.dsn)
        program = await a_public_program(sql, title="Kept")
        due = await a_lesson(sql, due_in=timedelta(seconds=2))
        await eventually(lambda: _has_followed(sql))
        await standby.stop()
        # Of this the standby never hears, but the replicas do.
        await sql.execute("update program set title = 'Lost' where id = $1", program)
        await eventually(lambda: _all_show(cluster.replicas, program, "Lost"))
        lost = await _told(cluster.replicas[0], "Lost")
        sql.terminate()

        await own_postgres.stop(IMMEDIATE)
        await standby.start()
        meanwhile = [
            (await replica.http.get(f"/catalog/programs/{program}")).status_code for replica in cluster.replicas
        ]
        await standby.execute("select pg_promote()")
        await cluster.leader()
        sql = await asyncpg.connect(standby.dsn)
        try:
            await eventually(lambda: _all_show(cluster.replicas, program, "Kept"), within=LEADS_AGAIN_SECONDS)
            await eventually(lambda: _is_published(sql, due))
            steps = await sql.fetchval(
                "select count(*) from activity where object_id = $1 and action = 'lesson.publish'", due
            )
            await eventually(lambda: _all_healthy(cluster.replicas))
            await eventually(lambda: _all_refuse(cluster.replicas, lost))
            await eventually(lambda: _all_tell(cluster.replicas, "Kept"))
        finally:
            await sql.close()

        assert set(meanwhile) == {200}
        assert steps == 1
        assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


async def test_an_older_dump_that_is_restored_under_replicas_is_what_they_show_and_publish(
    own_postgres: OwnPostgres,
) -> None:
    async with Cluster(own_postgres.dsn) as cluster:
        await cluster.start(3)
        leader = await cluster.leader()
        sql = await asyncpg.connect(own_postgres.dsn)
        program = await a_public_program(sql, title="Old")
        lesson = await a_lesson(sql, due_in=timedelta(hours=1))
        await sql.execute("update lesson set publish_at = clock_timestamp() + interval '5 s' where id = $1", lesson)
        before = await _told(cluster.replicas[0], "Old")
        await own_postgres.run("pg_dump", "--format=custom", "--file=dump", own_postgres.dsn)
        await sql.execute("update program set title = 'New' where id = $1", program)
        await eventually(lambda: _all_show(cluster.replicas, program, "New"))
        await eventually(lambda: _is_published(sql, lesson))
        lost = await _told(cluster.replicas[0], "New")

        options = ("--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction")
        await own_postgres.run("pg_restore", *options, f"--dbname={own_postgres.dsn}", "dump")

        await eventually(lambda: _all_show(cluster.replicas, program, "Old"), within=5)
        await eventually(lambda: _is_published(sql, lesson))
        steps = await sql.fetchval(
            "select count(*) from activity where object_id = $1 and action = 'lesson.publish'", lesson
        )
        await eventually(lambda: _all_healthy(cluster.replicas))
        await sql.close()

        await eventually(lambda: _all_refuse(cluster.replicas, lost))
        await eventually(lambda: _all_tell(cluster.replicas, "Old"))
        # What both histories have in common goes on.
        since = [await replica.http.get(_CHANGES, params={"cursor": before}) for replica in cluster.replicas]
        assert {answer.status_code for answer in since} == {200}
        assert [change["id"] for change in since[0].json()["changes"] if change["type"] == "lesson"] == [str(lesson)]
        for replica in cluster.replicas:
            again = await _reset(replica, lost)
            assert (await replica.http.get(_CHANGES, params={"cursor": again})).status_code == 200

        assert steps == 1
        assert await cluster.leader() in cluster.replicas
        assert leader.process.returncode is None
        assert [replica.process.returncode for replica in cluster.replicas] == [None, None, None]


async def _told(replica: Replica, title: str) -> str:
    """Where the feed ends, once it has told of a program of this title."""

    async def look() -> str:
        page = (await replica.http.get(_CHANGES)).json()
        return page["next_cursor"] if title in [change.get("title") for change in page["changes"]] else ""

    return await eventually(look)


async def _all_tell(replicas: list[Replica], title: str) -> bool:
    answers = await asyncio.gather(*(replica.http.get(_CHANGES) for replica in replicas))
    return all(
        answer.status_code == 200 and title in [change.get("title") for change in answer.json()["changes"]]
        for answer in answers
    )


async def _all_refuse(replicas: list[Replica], cursor: str) -> bool:
    answers = await asyncio.gather(*(replica.http.get(_CHANGES, params={"cursor": cursor}) for replica in replicas))
    return all(answer.status_code == 410 and answer.json()["code"] == "cursor_expired" for answer in answers)


async def _reset(replica: Replica, cursor: str) -> str:
    """The id with which a stream says that its cursor is of another history."""
    async with (
        asyncio.timeout(20),
        replica.http.stream("GET", "/catalog/events", headers={"Last-Event-ID": cursor}) as answer,
    ):
        identity = ""
        async for line in answer.aiter_lines():
            identity = line.removeprefix("id: ") if line.startswith("id: ") else identity
            if line == "event: reset":
                return identity
    raise AssertionError("the stream ended")


async def _has_followed(sql: asyncpg.Connection) -> bool:
    return await sql.fetchval("select bool_and(replay_lsn >= pg_current_wal_lsn()) from pg_stat_replication")


async def _all_show(replicas: list[Replica], program: UUID, title: str) -> bool:
    answers = await asyncio.gather(*(replica.http.get(f"/catalog/programs/{program}") for replica in replicas))
    return all(answer.status_code == 200 and answer.json()["title"] == title for answer in answers)


async def _all_healthy(replicas: list[Replica]) -> bool:
    return all(await asyncio.gather(*(replica.is_healthy() for replica in replicas)))


async def _is_published(sql: asyncpg.Connection, lesson: UUID) -> bool:
    return await sql.fetchval("select status = 'published' from lesson where id = $1", lesson)
