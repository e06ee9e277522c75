"""The catalog while Postgres is stopped, and what is taken down, on every replica (promise 5)."""

import asyncio
import statistics
import time

import asyncpg
import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_public_program, a_term
from tests.cluster import Cluster, Replica, eventually
from tests.faults.own_postgres import OwnPostgres

LIST = "/catalog/programs"
READS = 200
_LEADS_SINCE = """
    select backend_start from pg_stat_activity
     where datname = current_database() and application_name like 'chaishots:%:publisher'
"""


async def test_a_warm_catalog_is_read_on_while_postgres_is_stopped(own_postgres: OwnPostgres) -> None:
    async with Cluster(own_postgres.dsn) as cluster:
        (replica,) = await cluster.start(1)
        await a_public_program(cluster._watch)
        cold = await a_public_program(cluster._watch)
        warm = await replica.http.get(LIST)
        before_s = await _seconds_for_reads(replica)

        await own_postgres.stop()
        stale = await eventually(lambda: _stale(replica))
        while_away_s = await _seconds_for_reads(replica)
        unmodified = await replica.http.get(LIST, headers={"If-None-Match": warm.headers["ETag"]})
        never_read = await replica.http.get(f"/catalog/programs/{cold}")
        await replica.tells(http_status=503)

        assert (stale.status_code, stale.content) == (200, warm.content)
        assert stale.headers["Cache-Status"] == "chaishots; hit; detail=stale"
        assert stale.headers["Cache-Control"] == "public, max-age=0"
        assert int(stale.headers["Age"]) >= 0
        assert unmodified.status_code == 304
        assert while_away_s < 2 * before_s + 1
        assert 0 < len(replica.logged("database.away")) < READS / 2
        assert (never_read.status_code, never_read.json()["code"]) == (503, "database_unavailable")
        assert never_read.headers["Retry-After"]

        await own_postgres.start()
        cluster._watch = await asyncpg.connect(own_postgres.dsn)
        await cluster._watch.execute("update program set title = 'Back' where id = $1", cold)
        await eventually(lambda: _shows(replica, "Back"))


async def test_a_table_that_a_stranger_has_locked_is_told_as_busy_by_whom_and_the_lead_is_kept(
    cluster: Cluster, sql: Connection
) -> None:
    (replica,) = await cluster.start(1)
    await cluster.leader()
    led_since = await sql.fetchval(_LEADS_SINCE)
    stranger = await asyncpg.connect(cluster.dsn, server_settings={"application_name": "psql"})
    async with stranger.transaction():
        await stranger.execute("lock table lesson")
        answer = await replica.http.get(f"{LIST}?limit=7", timeout=30)
        await asyncio.sleep(3)  # some pings of the leader, and its lock_timeout
    (told, *_) = replica.logged("database.busy")
    await stranger.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert "psql" not in answer.text
    assert f"process {stranger.get_server_pid()} (psql, idle in transaction since" in str(told)
    assert replica.logged("database.away") == []
    assert replica.logged("publisher.lost") == []
    assert await sql.fetchval(_LEADS_SINCE) == led_since
    assert (await replica.http.get(f"{LIST}?limit=7")).status_code == 200


async def test_what_is_stale_is_not_served_for_ever_nor_past_a_scheduled_end(own_postgres: OwnPostgres) -> None:
    async with Cluster(own_postgres.dsn) as cluster:
        (replica,) = await cluster.start(1, CHAISHOTS_STALE_IF_ERROR="4")
        program, ending = await a_public_program(cluster._watch), await a_public_program(cluster._watch)
        lesson = await a_lesson(cluster._watch, await a_term(cluster._watch, ending), status="published")
        await cluster._watch.execute("update lesson set archive_at = now() + interval '2 s' where id = $1", lesson)
        paths = [f"/catalog/programs/{program}", f"/catalog/lessons/{lesson}"]
        for path in paths:
            assert (await replica.http.get(path)).status_code == 200
        began = time.monotonic()
        await own_postgres.stop()

        async def gone(path: str) -> float:
            await eventually(lambda: _is_unavailable(replica, path))
            return time.monotonic() - began

        kept_s, ended_s = await asyncio.gather(*(gone(path) for path in paths))
        assert ended_s <= 3 < kept_s <= 8  # the end in 2 s, the limit in 4, and time for a machine that is busy


@pytest.mark.alone
async def test_what_is_taken_down_is_gone_from_every_replica_within_150_ms(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(3)
    term = await a_term(sql)
    lessons = [await a_lesson(sql, term, status="published") for _ in range(20)]
    gone_ms: list[float] = []
    for lesson in lessons:
        path = f"/catalog/lessons/{lesson}"
        answers = [await replica.http.get(path) for replica in cluster.replicas for _ in range(2)]
        assert {answer.status_code for answer in answers} == {200}
        await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        began = time.monotonic()
        gone_ms += await asyncio.gather(*(_gone_after_ms(replica, path, began) for replica in cluster.replicas))
    print(f"\ngone after, in ms: median {statistics.median(gone_ms):.1f}, max {max(gone_ms):.1f}")
    # The slowest of sixty on a machine that may be busy with something else; the promise is for the 99th of a hundred.
    assert statistics.quantiles(gone_ms, n=20)[-1] <= 150


async def test_a_replica_that_was_paused_answers_nothing_from_before_as_current(
    cluster: Cluster, sql: Connection
) -> None:
    term = await a_term(sql)
    turn = asyncio.Lock()  # the session is shared

    async def paused(replica: Replica, pause_s: float) -> None:
        async with turn:
            lesson = await a_lesson(sql, term, status="published")
        path = f"/catalog/lessons/{lesson}"
        for _ in range(3):
            assert (await replica.http.get(path)).status_code == 200
        with replica.paused():
            async with turn:
                await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
            await asyncio.sleep(pause_s)
        answer = await replica.http.get(path)
        assert answer.status_code == 404 or "detail=stale" in answer.headers["Cache-Status"], pause_s

    async with asyncio.TaskGroup() as tasks:
        for replica, pause_s in zip(await cluster.start(3), (1.1, 1.5, 2.5), strict=True):
            tasks.create_task(paused(replica, pause_s))


async def _gone_after_ms(replica: Replica, path: str, began: float) -> float:
    while (await replica.http.get(path)).status_code != 404:
        assert time.monotonic() - began < 5
    return (time.monotonic() - began) * 1000


async def _seconds_for_reads(replica: Replica) -> float:
    began = time.monotonic()
    for _ in range(READS):
        assert (await replica.http.get(LIST)).status_code == 200
    return time.monotonic() - began


async def _stale(replica: Replica) -> httpx2.Response | None:
    answer = await replica.http.get(LIST)
    return answer if "detail=stale" in answer.headers.get("Cache-Status", "") else None


async def _shows(replica: Replica, title: str) -> bool:
    return title in (await replica.http.get(LIST)).text


async def _is_unavailable(replica: Replica, path: str) -> bool:
    return (await replica.http.get(path)).status_code == 503
