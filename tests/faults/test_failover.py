"""Crashes, hangs and splits: one leader again within its bound, and nothing published twice."""

import asyncio
import signal
import time
from datetime import timedelta

import asyncpg
import pytest

from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_term, lessons_due, row
from tests.cluster import Cluster, Replica, eventually, lock_held
from tests.conftest import Database

LEASE_SECONDS = 2
# A request that waits for a table; the leader's own session may wait for it too.
_WAITING = """
    select count(*) from pg_stat_activity where wait_event = 'relation' and application_name like '%:pool'
"""


async def test_replicas_started_together_on_an_empty_database_all_come_up_with_one_leader(
    postgres: str, fresh_database: Database, sql: Connection, cluster: Cluster
) -> None:
    # Empty: not even migrated.
    await sql.execute("drop schema public cascade; create schema public")
    await cluster.start(3)
    states = [await replica.health() for replica in cluster.replicas]
    leader = await cluster.leader()
    assert [state and state["http_status"] for state in states] == [200, 200, 200]
    for replica in cluster.replicas:
        await replica.tells(scheduler="leader" if replica is leader else "standby")


@pytest.mark.alone
async def test_the_next_leads_within_100_ms_of_a_crash(cluster: Cluster) -> None:
    await cluster.start(3)
    gaps: list[float] = []
    for _ in range(2):
        old = await cluster.leader()
        began = time.monotonic()
        old.kill()
        await cluster.leader(other_than=old)
        gaps.append(time.monotonic() - began)
    assert max(gaps) <= 0.1, gaps


@pytest.mark.alone
async def test_the_next_leads_within_100_ms_of_a_clean_stop(cluster: Cluster) -> None:
    await cluster.start(2)
    old = await cluster.leader()
    began = time.monotonic()
    stopping = asyncio.create_task(old.stopped())
    await cluster.leader(other_than=old)
    gap = time.monotonic() - began
    assert await stopping == 0
    assert gap <= 0.1


async def test_a_leader_that_was_paused_publishes_nothing_when_it_wakes(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(3, CHAISHOTS_LEASE_SECONDS=str(LEASE_SECONDS))
    old = await cluster.leader()
    began = time.monotonic()
    with old.paused():
        new = await cluster.leader(other_than=old)
        gap = time.monotonic() - began
        lesson = await a_lesson(sql, due_in=timedelta(0))
        await eventually(lambda: _is_published(sql, lesson))

    async def stands_by() -> bool:
        state = await old.health()
        return state is not None and state["scheduler"] == "standby" and bool(old.logged("publisher.lost"))

    await eventually(stands_by)
    assert gap <= LEASE_SECONDS + 1
    publishers = await sql.fetch("select actor from activity where action = 'lesson.publish'")
    assert [line["actor"] for line in publishers] == [new.name]


async def test_a_leader_cut_off_from_postgres_loses_the_lead(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(2, CHAISHOTS_LEASE_SECONDS=str(LEASE_SECONDS))
    old = await cluster.leader()
    await sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        f"chaishots:{old.name}:publisher",
    )
    await cluster.leader(other_than=old)
    await eventually(lambda: _logged(old, "publisher.lost"))
    assert old.process.returncode is None


@pytest.mark.campaign
async def test_kills_at_random_moments_publish_everything_exactly_once(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(2)
    for _ in range(4):
        await lessons_due(sql, 3_000)
        leader = await cluster.leader()
        leader.kill()
        await cluster.start(1)
    await eventually(lambda: _nothing_is_left(sql))

    twice = await sql.fetch(
        "select object_id from activity where action = 'lesson.publish' group by object_id having count(*) > 1"
    )
    assert twice == []
    assert await sql.fetchval("select count(*) from activity where action = 'lesson.publish'") == 12_000


async def test_what_cannot_be_published_for_want_of_a_leader_is_told_and_then_goes_out_in_order(
    cluster: Cluster, sql: Connection, fresh_database: Database
) -> None:
    async with lock_held(fresh_database.dsn, PUBLISHER):
        (replica,) = await cluster.start(1)
        lessons = [await a_lesson(sql, due_in=timedelta(minutes=-n)) for n in range(5)]
        began = time.monotonic()
        told = await eventually(lambda: _overdue(replica), within=3)
        assert time.monotonic() - began <= 3
        assert told["scheduler"] == "standby"
    await eventually(lambda: _nothing_is_left(sql))

    order = await sql.fetch("select object_id from activity where action = 'lesson.publish' order by seq")
    assert [line["object_id"] for line in order] == lessons[::-1]
    await replica.tells(overdue=0)


@pytest.mark.alone
async def test_a_lesson_scheduled_by_psql_while_the_leader_sleeps_is_published_on_its_moment(
    cluster: Cluster, sql: Connection
) -> None:
    await cluster.start(1)
    await cluster.leader()
    lesson = await a_lesson(sql)
    await sql.execute(
        "update lesson set status = 'scheduled', publish_at = clock_timestamp() + interval '700 ms' where id = $1",
        lesson,
    )
    await eventually(lambda: _is_published(sql, lesson), within=5)
    published = await row(sql, "lesson", lesson)
    assert published["published_at"] - published["publish_at"] < timedelta(milliseconds=100)


async def test_a_schedule_moved_to_a_later_moment_is_not_published_at_the_old_one(
    cluster: Cluster, sql: Connection
) -> None:
    await cluster.start(1)
    moved = await a_lesson(sql, due_in=timedelta(milliseconds=800))
    after = await a_lesson(sql, due_in=timedelta(milliseconds=900))
    await sql.execute("update lesson set publish_at = publish_at + interval '1 hour' where id = $1", moved)
    await eventually(lambda: _is_published(sql, after), within=5)
    assert (await row(sql, "lesson", moved))["status"] == "scheduled"


async def test_a_refused_lesson_is_published_as_soon_as_its_program_has_the_poster(
    cluster: Cluster, sql: Connection
) -> None:
    (replica,) = await cluster.start(1)
    program = await a_program(sql, posters={})
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=timedelta(0))
    (line,) = await eventually(lambda: _logged(replica, "lesson.refused"))
    assert line["lesson"] == str(lesson)
    assert "portrait, landscape" in line["reason"]

    began = time.monotonic()
    await sql.execute(
        """update program set posters = '{"en": {"portrait": "https://c.example/p", "landscape": "https://c.example/l"}}'
            where id = $1""",
        program,
    )
    await eventually(lambda: _is_published(sql, lesson))
    assert time.monotonic() - began < 1


async def test_a_locked_row_is_published_soon_after_it_is_let_go(
    cluster: Cluster, sql: Connection, fresh_database: Database
) -> None:
    await cluster.start(1)
    editor = await asyncpg.connect(fresh_database.dsn)
    lesson = await a_lesson(sql, due_in=AN_HOUR)
    async with editor.transaction():
        # Made due by another writer, and held: the leader wakes and must not wait for it.
        await editor.execute("update lesson set publish_at = now() where id = $1", lesson)
        other = await a_lesson(sql, due_in=timedelta(0))
        await eventually(lambda: _is_published(sql, other))
    began = time.monotonic()
    await eventually(lambda: _is_published(sql, lesson))
    await editor.close()
    assert time.monotonic() - began < 1


async def test_a_stop_answers_what_is_in_flight_and_ends_within_ten_seconds(
    cluster: Cluster, sql: Connection, fresh_database: Database
) -> None:
    (replica,) = await cluster.start(1)
    blocker = await asyncpg.connect(fresh_database.dsn)
    async with blocker.transaction():
        await blocker.execute("lock table program in access exclusive mode")
        request = asyncio.create_task(replica.http.get("/catalog/programs"))

        async def in_flight() -> bool:
            return await sql.fetchval(_WAITING) == 1

        await eventually(in_flight)
        began = time.monotonic()
        stopping = asyncio.create_task(replica.stopped(signal.SIGTERM))
        await eventually(lambda: _logged(replica, "stopping"))
    assert (await request).status_code == 200
    assert await stopping == 0
    await blocker.close()
    assert time.monotonic() - began < 10


async def test_a_second_signal_stops_at_once(cluster: Cluster, sql: Connection, fresh_database: Database) -> None:
    (replica,) = await cluster.start(1)
    blocker = await asyncpg.connect(fresh_database.dsn)
    async with blocker.transaction():
        await blocker.execute("lock table program in access exclusive mode")
        request = asyncio.create_task(replica.http.get("/catalog/programs"))
        await eventually(lambda: sql.fetchval(_WAITING))
        replica.process.send_signal(signal.SIGINT)
        await eventually(lambda: _logged(replica, "stopping"))
        began = time.monotonic()
        assert await replica.stopped(signal.SIGINT) == 130
        assert time.monotonic() - began < 2
    await asyncio.gather(request, return_exceptions=True)
    await blocker.close()


async def test_idle_connections_do_not_hold_up_a_stop(cluster: Cluster) -> None:
    (replica,) = await cluster.start(1)
    idle = [await asyncio.open_connection("127.0.0.1", replica.port) for _ in range(3)]
    idle[0][1].write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    await idle[0][0].readuntil(b"}")
    idle[1][1].write(b"GET /health/live HTTP/1.1\r\nHos")
    began = time.monotonic()
    assert await replica.stopped() == 0
    assert time.monotonic() - began < 2
    for _, writer in idle:
        writer.close()


async def _is_published(sql: Connection, lesson: object) -> bool:
    return await sql.fetchval("select status = 'published' from lesson where id = $1", lesson)


async def _nothing_is_left(sql: Connection) -> bool:
    return not await sql.fetchval("select exists (select from lesson where status = 'scheduled')")


async def _logged(replica: Replica, event: str) -> list[dict[str, object]]:
    return replica.logged(event)


async def _overdue(replica: Replica) -> dict[str, object] | None:
    state = await replica.health()
    return state if state and state["overdue"] else None
