"""How late a lesson is, by the database's clock and for a reader of the slowest replica (promise 1).

Run it with `pytest tests/faults/test_lateness.py -s` to see the figures.
"""

import asyncio
import json
import statistics
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from bench.client import connected
from chaishots.database.connection import Connection
from tests.builders import ASSETS, URLS, a_program, a_term
from tests.cluster import Cluster, Replica

EACH_MS = 100
LOOK_SECONDS = 0.01
TRIES = 3

_SPREAD = """
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_urls, thumbnails, status, publish_at)
    select $1, n, 'Lesson ' || n, 'video', 60000, 'en', $2, $3, 'scheduled',
           clock_timestamp() + interval '2 s' + n * $4 * interval '1 ms'
      from generate_series(1, $5) n
    returning id, publish_at
"""


@pytest.mark.alone
@pytest.mark.usefixtures("durable")
@pytest.mark.parametrize(
    ("path", "lessons"),
    [
        ("/catalog/lessons/{}", 40),
        pytest.param("/te/lessons/{}", 40, marks=pytest.mark.campaign),
        pytest.param("/catalog/lessons/{}", 200, marks=pytest.mark.campaign),
    ],
)
async def test_lessons_100_ms_apart_are_on_time_everywhere_and_published_once(
    cluster: Cluster, sql: Connection, path: str, lessons: int
) -> None:
    await cluster.start(3)
    await cluster.leader()
    # The clock of a machine that is busy with something else tells of that: what is late is late every time.
    for _ in range(TRIES):
        published_ms, visible_ms = await _measured(cluster, sql, lessons, path)
        if _p99(published_ms) <= 50 and _p99(visible_ms) <= 150:
            break
    assert _p99(published_ms) <= 50
    assert _p99(visible_ms) <= 150


async def _measured(cluster: Cluster, sql: Connection, number: int, path: str) -> tuple[list[float], list[float]]:
    term = await a_term(sql)
    lessons = await sql.fetch(_SPREAD, term, json.dumps(URLS), json.dumps(ASSETS), EACH_MS, number)
    looks = (_slowest(cluster.replicas, path.format(row["id"]), row["publish_at"]) for row in lessons)
    visible_ms = await asyncio.gather(*looks)

    late = await sql.fetch(
        "select extract(epoch from published_at - publish_at)::float8 * 1000 as ms from lesson where term_id = $1", term
    )
    published_ms = [row["ms"] for row in late]
    print(f"\npublished_at - publish_at        {_figures(published_ms)}")
    print(f"visible, slowest of 3 replicas   {_figures(visible_ms)}")
    times = await sql.fetch(
        """select count(*) from activity join lesson on lesson.id = object_id
            where action = 'lesson.publish' and term_id = $1 group by object_id""",
        term,
    )
    assert [row["count"] for row in times] == [1] * number
    return published_ms, visible_ms


async def _slowest(replicas: list[Replica], path: str, publish_at: datetime) -> float:
    # Asked for from its moment on, not before: the wait is for time itself, which nothing else tells.
    await asyncio.sleep(publish_at.timestamp() - time.time())
    return max(await asyncio.gather(*(_visible_after_ms(replica, path, publish_at) for replica in replicas)))


async def _visible_after_ms(replica: Replica, path: str, publish_at: datetime) -> float:
    async with connected(f"http://127.0.0.1:{replica.port}") as client:
        while (await client.get(path)).status != 200:
            assert time.time() - publish_at.timestamp() < 5
            await asyncio.sleep(LOOK_SECONDS)
    return (time.time() - publish_at.timestamp()) * 1000


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def _figures(values: list[float]) -> str:
    return f"median {statistics.median(values):.1f} ms, p99 {_p99(values):.1f} ms, max {max(values):.1f} ms"


_CHANGES = """
    insert into change (object_type, object_id, apply_at, patch)
    select 'lesson', id, clock_timestamp() + interval '2 s' + lesson_number * $2 * interval '1 ms',
           jsonb_build_object('title', 'Changed ' || lesson_number)
      from lesson where term_id = $1
    returning id, object_id, apply_at, patch ->> 'title' as title
"""
_APPLIED = """
    select extract(epoch from applied_at - apply_at)::float8 * 1000 as late_ms,
           (select count(*) from activity where object_id = change.id and action = 'change.apply') as times,
           (select count(*) from activity where object_id = change.object_id and carried_out_by is not null) as edits
      from change
"""


@pytest.mark.alone
@pytest.mark.usefixtures("durable")
@pytest.mark.parametrize("number", [pytest.param(200, marks=pytest.mark.campaign)])
async def test_changes_100_ms_apart_beside_as_many_publishes_are_on_time_everywhere_and_applied_once(
    cluster: Cluster, sql: Connection, number: int
) -> None:
    await cluster.start(3)
    await cluster.leader()
    for _ in range(TRIES):
        await sql.execute("truncate program, change cascade")
        changing = await a_term(sql, await a_program(sql, status="published"))
        await sql.fetch(_SPREAD, changing, json.dumps(URLS), json.dumps(ASSETS), 0, number)
        await sql.execute("update lesson set status = 'published' where term_id = $1", changing)
        changes = await sql.fetch(_CHANGES, changing, EACH_MS)
        looks = [_changed_after_ms(cluster.replicas, change) for change in changes]
        (published_ms, _), visible_ms = await asyncio.gather(
            _measured(cluster, sql, number, "/catalog/lessons/{}"), asyncio.gather(*looks)
        )
        applied = await sql.fetch(_APPLIED)
        late_ms = [row["late_ms"] for row in applied]
        print(f"applied_at - apply_at            {_figures(late_ms)}")
        print(f"seen changed, slowest of 3       {_figures(visible_ms)}")
        assert {(row["times"], row["edits"]) for row in applied} == {(1, 1)}
        if _p99(late_ms) <= 50 and _p99(visible_ms) <= 150 and _p99(published_ms) <= 50:
            break
    assert _p99(late_ms) <= 50
    assert _p99(visible_ms) <= 150
    assert _p99(published_ms) <= 50


async def _changed_after_ms(replicas: list[Replica], change: Mapping[str, Any]) -> float:
    await asyncio.sleep(change["apply_at"].timestamp() - time.time())
    return max(await asyncio.gather(*(_shows_after_ms(replica, change) for replica in replicas)))


async def _shows_after_ms(replica: Replica, change: Mapping[str, Any]) -> float:
    path = f"/catalog/lessons/{change['object_id']}"
    async with connected(f"http://127.0.0.1:{replica.port}") as client:
        while json.loads((await client.get(path)).body)["title"] != change["title"]:
            assert time.time() - change["apply_at"].timestamp() < 5
            await asyncio.sleep(LOOK_SECONDS)
    return (time.time() - change["apply_at"].timestamp()) * 1000
