"""/metrics: what Prometheus' own parser reads in it, what makes it move, and that strangers add nothing to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from chaishots import __version__
from chaishots.database.connection import Connection, reading
from chaishots.database.pool import open_pool
from chaishots.database.pool_shares import POOL_SIZE, Share, current_share
from chaishots.metrics import LOOP_LAG, measure_loop_lag
from chaishots.scheduler.election import stand_for_election
from chaishots.scheduler.publisher_loop import publish_on_time
from tests.api.conftest import REPLICA, Served, served
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_term, database_now
from tests.cluster import eventually
from tests.conftest import Database

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"
A_MINUTE_AGO = timedelta(seconds=-60)
_DONE = ("published", "archived", "refused")

_Series = tuple[str, tuple[tuple[str, str], ...]]


async def test_prometheus_can_read_it_and_each_metric_is_told_of_once(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    families = _families(answer)
    names = [family.name for family in families]
    assert sorted(names) == sorted(set(names))
    assert [
        family.name for family in families if not family.documentation and family.name.startswith("chaishots")
    ] == []
    samples = [(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples]
    assert len(samples) == len(set(samples))


async def test_names_and_units_keep_the_conventions(client: httpx2.AsyncClient) -> None:
    ours = [family for family in _families(await client.get("/metrics")) if family.name.startswith("chaishots_")]
    assert ours
    for family in ours:
        assert {sample.name for sample in family.samples if family.type == "counter"} <= {f"{family.name}_total"}
        assert family.type != "histogram" or family.name.endswith("_seconds"), family.name
        assert not family.name.endswith(("_ms", "_s", "_milliseconds", "_count")), family.name


async def test_each_answer_counts_for_its_route_and_status(whole: Served, sql: Connection) -> None:
    client, program = whole.client, await a_public_program(sql)
    await whole.has_heard(sql)
    before = await _values(client)
    route = "/catalog/programs/{program_id}"

    for path in (f"/catalog/programs/{program}",) * 3:
        etag = (await client.get(path)).headers["ETag"]
    await client.get(f"/catalog/programs/{program}", headers={"If-None-Match": etag})
    await client.get("/catalog/programs/0192f6a0-1a00-7c01-8a11-5e00000000ff")
    await client.get("/catalog/programs?limit=0")
    await client.get("/cms/programs")
    after = await _values(client)

    def grew(route: str, status: int) -> float:
        labels = {"method": "GET", "route": route, "status": str(status)}
        return _grown(before, after, "chaishots_http_requests_total", **labels)

    assert grew(route, 200) == 3
    assert grew(route, 304) == 1
    assert grew(route, 404) == 1
    assert grew("/catalog/programs", 422) == 1
    assert grew("/cms/programs", 401) == 1
    timed = "chaishots_http_request_duration_seconds_count"
    assert _grown(before, after, timed, method="GET", route=route) == 2, "hits are not timed, the miss and the 404 are"


async def test_the_cache_tells_its_hits_and_misses_and_what_it_holds(whole: Served, sql: Connection) -> None:
    client = whole.client
    await a_public_program(sql)
    await whole.has_heard(sql)
    before = await _values(client)

    sizes = [len((await client.get("/catalog/topics")).content) for _ in range(4)]
    after = await _values(client)

    assert _grown(before, after, "chaishots_cache_requests_total", result="miss") == 1
    assert _grown(before, after, "chaishots_cache_requests_total", result="hit") == 3
    assert _grown(before, after, "chaishots_cache_entries") == 1
    assert _grown(before, after, "chaishots_cache_bytes") >= sizes[0]
    assert after["chaishots_cache_bytes", ()] <= after["chaishots_cache_limit_bytes", ()]


async def test_strangers_add_no_time_series(client: httpx2.AsyncClient) -> None:
    await _asked_garbage(client, 0)
    await _values(client)
    before = await _values(client)

    for number in range(1, 40):
        await _asked_garbage(client, number)
    after = await _values(client)

    assert after.keys() == before.keys()
    unmatched = {"method": "GET", "route": "unmatched", "status": "404"}
    assert _grown(before, after, "chaishots_http_requests_total", **unmatched) == 39
    assert any(("method", "OTHER") in labels for _, labels in after), "a method that is made up is no label"


async def test_the_schedule_is_told_as_postgres_sees_it(
    client: httpx2.AsyncClient, sql: Connection, database: Database
) -> None:
    await a_lesson(sql, due_in=AN_HOUR)
    await a_lesson(sql, due_in=A_MINUTE_AGO)
    blocked = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=A_MINUTE_AGO)
    await sql.execute("update lesson set publish_error = 'No poster.' where id = $1", blocked)

    await a_lesson(sql, status="published", archive_at=await database_now(sql) + A_MINUTE_AGO)
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=AN_HOUR / 2)

    alone = await _values(client)
    async with stand_for_election(database.dsn, replica=REPLICA, lease_seconds=5):
        led = await _values(client)

    assert alone["chaishots_database_up", ()] == 1
    assert (alone["chaishots_leader", ()], led["chaishots_leader", ()]) == (0, 1)
    assert (alone["chaishots_replicas", ()], led["chaishots_replicas", ()]) == (0, 1)
    assert alone["chaishots_lessons_due", ()] == 1
    assert 60 <= alone["chaishots_lessons_due_oldest_seconds", ()] < 90
    assert alone["chaishots_lessons_blocked", ()] == 1
    assert alone["chaishots_lessons_overdue", ()] == 2
    assert 60 <= alone["chaishots_lessons_overdue_oldest_seconds", ()] < 90
    assert alone["chaishots_next_publish_timestamp_seconds", ()] > time.time() + 1500
    assert alone["chaishots_ends_overdue", ()] == 1
    assert 60 <= alone["chaishots_ends_overdue_oldest_seconds", ()] < 90
    assert alone["chaishots_lessons_blocked_soon", ()] == 1
    assert alone["chaishots_changes_blocked_soon", ()] == 0
    assert alone["chaishots_releases_refused", ()] == 0
    assert abs(alone["chaishots_clock_offset_seconds", ()]) < 2
    assert alone["chaishots_build_info", (("replica", REPLICA), ("version", __version__))] == 1


async def test_each_webhook_is_told_by_its_id(client: httpx2.AsyncClient, sql: Connection) -> None:
    behind, gone = [
        str(await sql.fetchval("insert into webhook (url) values ('https://a.example/secret') returning id"))
        for _ in "12"
    ]
    await sql.execute("update webhook set status = 'paused', paused_reason = 'gone' where id = $1", gone)
    await sql.execute(
        "update webhook_delivery set message_id = chaishots_uuid7(), message_at = now() - interval '1 h',"
        " message_body = '{}', message_position = 0, message_mark = 0, message_alert = 0 where webhook_id = $1",
        behind,
    )

    told = {series: value for series, value in (await _values(client)).items() if "webhook" in dict(series[1])}

    def reasons(webhook: str) -> set[str]:
        return {
            dict(labels)["reason"]
            for (name, labels), paused in told.items()
            if name == "chaishots_webhook_paused" and paused and dict(labels)["webhook"] == webhook
        }

    assert (reasons(behind), reasons(gone)) == (set(), {"gone"})
    assert 3_600 <= told["chaishots_webhook_lag_seconds", (("webhook", behind),)] < 3_700
    assert told["chaishots_webhook_lag_seconds", (("webhook", gone),)] == 0
    assert "example" not in str(told)


async def test_the_leader_counts_what_it_publishes_archives_and_refuses(
    client: httpx2.AsyncClient, sql: Connection, database: Database
) -> None:
    before = await _values(client)
    lesson = await a_lesson(sql, due_in=A_MINUTE_AGO)
    ended = await a_lesson(sql, status="published")
    await sql.execute("update lesson set archive_at = now() where id = $1", ended)
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=A_MINUTE_AGO)

    publisher = publish_on_time(database.dsn, replica=REPLICA, lease_seconds=5, poll_seconds=60)
    async with asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(publisher)
        await eventually(
            lambda: sql.fetchval(
                "select bool_and(status <> 'scheduled' or publish_error is not null) from lesson where id <> $1", ended
            )
        )
        published_at, publish_at = await sql.fetchrow(
            "select published_at, publish_at from lesson where id = $1", lesson
        )

        async def all_counted() -> dict[_Series, float] | None:
            values = await _values(client)
            done = sum(_grown(before, values, f"chaishots_lessons_{what}_total") for what in _DONE)
            return values if done >= len(_DONE) else None

        after = await eventually(all_counted)
        leading.cancel()

    assert [_grown(before, after, f"chaishots_lessons_{what}_total") for what in _DONE] == [1, 1, 1]
    assert _grown(before, after, "chaishots_publish_lateness_seconds_count") == 1
    late = (published_at - publish_at).total_seconds()
    # To the commit, before which nobody sees it.
    assert late < _grown(before, after, "chaishots_publish_lateness_seconds_sum") < late + 1


async def test_the_pool_tells_who_has_a_connection_and_who_waits(client: httpx2.AsyncClient) -> None:
    before = await _values(client)
    async with reading():
        while_lent = await _values(client)

    assert before["chaishots_database_pool_max_connections", ()] == POOL_SIZE
    assert before["chaishots_database_pool_connections_in_use", ()] == 0
    assert while_lent["chaishots_database_pool_connections_in_use", ()] == 1
    assert while_lent["chaishots_database_pool_connections", ()] >= 1
    assert while_lent["chaishots_database_pool_waiting", ()] == 0
    assert _grown(before, while_lent, "chaishots_database_pool_wait_seconds_count") >= 1


async def test_a_pool_that_is_lent_out_whole_holds_up_no_scrape(client: httpx2.AsyncClient) -> None:
    async with asyncio.TaskGroup() as tasks:
        lent, done = asyncio.Semaphore(0), asyncio.Event()

        async def borrowed(share: Share) -> None:
            current_share.set(share)
            async with reading():
                lent.release()
                await done.wait()

        for share in Share:
            for _ in range(share.value[0]):
                tasks.create_task(borrowed(share))
        for _ in range(POOL_SIZE):
            await lent.acquire()
        waiting = [asyncio.ensure_future(client.get("/health")), asyncio.ensure_future(client.get("/metrics"))]
        values = await _values(client)
        done.set()
        await asyncio.gather(*waiting)

    assert values["chaishots_database_pool_connections_in_use", ()] == POOL_SIZE
    assert values["chaishots_database_up", ()] == 0


async def test_what_keeps_the_loop_is_seen() -> None:
    before = LOOP_LAG._sum.get()
    sampling = asyncio.create_task(measure_loop_lag())
    await asyncio.sleep(0)  # lets it set its timer
    time.sleep(0.3)  # noqa: ASYNC251  # the fault that is to be seen

    async def is_seen() -> bool:
        return LOOP_LAG._sum.get() - before >= 0.15

    await eventually(is_seen)
    sampling.cancel()


@pytest.fixture
async def without_database() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application whose Postgres is not there."""
    async with open_pool(NOWHERE, application_name="tests"), served(Database(NOWHERE), listens=False) as serving:
        yield serving.client


async def test_without_postgres_the_scrape_says_so_and_tells_the_rest(without_database: httpx2.AsyncClient) -> None:
    began = time.monotonic()
    values = await _values(without_database)

    assert time.monotonic() - began < 5
    assert values["chaishots_database_up", ()] == 0
    assert values["process_resident_memory_bytes", ()] > 0
    assert values["chaishots_database_pool_waiting", ()] == 0
    assert [name for name, _ in values if name.startswith(("chaishots_leader", "chaishots_lessons_overdue"))] == []


def _families(answer: httpx2.Response) -> list[Metric]:
    return list(text_string_to_metric_families(answer.text))


async def _values(client: httpx2.AsyncClient) -> dict[_Series, float]:
    """Every time series that a scrape gives, and its value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in _families(await client.get("/metrics"))
        for sample in family.samples
    }


def _grown(before: dict[_Series, float], after: dict[_Series, float], name: str, **labels: str) -> float:
    series = (name, tuple(sorted(labels.items())))
    return after[series] - before.get(series, 0)


async def _asked_garbage(client: httpx2.AsyncClient, number: int) -> None:
    await client.get(f"/no/such/page/{number}")
    await client.get(f"/catalog/programs/no-id-{number}")
    await client.get(f"/catalog/programs?never-heard-of={number}")
    await client.request(f"MADEUP{number}", "/health/live")
    await client.request("POST", f"/catalog/lessons/{number}")
