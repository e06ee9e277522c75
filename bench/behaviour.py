"""What the catalog does under herds and many addresses, while it publishes, starts, or has no Postgres.

Each function measures one thing and gives its figures; none knows what they should be.
"""

import asyncio
import json
import re
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import asyncpg
import psutil

from bench.client import Client, connected, fetched
from bench.compared_servers import LIST, LIST_PAGE
from bench.data import TERMS, a_catalog, newest_program
from bench.servers import replica
from bench.wrk import Load, load
from chaishots.content.catalog.public_json import LISTED_LESSONS
from chaishots.database.connection import Connection
from tests.builders import ASSETS, URLS, a_term
from tests.cluster import Cluster, eventually
from tests.faults.own_postgres import own_postgres

_LOOK_SECONDS: Final = 0.005
_SETTLE_SECONDS: Final = 2
_STRINGS_CLIENTS: Final = 16
_OUTAGE_SECONDS: Final = 30


@dataclass(frozen=True)
class Herd:
    """So many clients at once on a key that nobody asked for before: what they got, and how often it was rendered."""

    clients: int
    renders: int
    answered: int
    slowest_ms: float


@dataclass(frozen=True)
class Strings:
    """Resident memory, in bytes, while so many different query strings are asked for."""

    asked: int
    limit_bytes: int
    before_bytes: int
    halfway_bytes: int
    after_bytes: int


@dataclass(frozen=True)
class Publishing:
    """Reads while lessons are being published; the ages are those of what an answer did not show yet, at its worst.

    afterwards: reads of the list with all these lessons in it: by then an answer has more bytes than it had alone.
    """

    lessons: int
    per_second: float
    alone: Load
    meanwhile: Load
    age_p50_ms: float
    age_p99_ms: float
    age_max_ms: float
    afterwards: Load | None = None

    @property
    def kept(self) -> float:
        """How much of the rate was kept, next to what the same answers have when nothing changes: the mean of before,
        when they had none of the lessons, and of afterwards, when they have all."""
        afterwards = self.afterwards or self.alone
        return 2 * self.meanwhile.rate / (self.alone.rate + afterwards.rate)


@dataclass(frozen=True)
class Starts:
    """Seconds from starting the process to its first 200 of the catalog; its resident memory once idle, in bytes."""

    seconds: list[float]
    idle_bytes: int


@dataclass(frozen=True)
class Outage:
    """Reads while Postgres is stopped: those that were warm, one that was not, and /health."""

    before: Load
    meanwhile: Load
    cache_status: str
    other_status: int
    other_type: str
    health_status: int


async def herd(dsn: str, *, clients: int) -> Herd:
    """Ask for a cold key over many connections at once."""
    async with replica(dsn) as (url, _), AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connected(url)) for _ in range(clients)]
        await asyncio.gather(*(client.get("/health/live") for client in connections))
        renders_before, began = await _renders(url), time.monotonic()
        answers = await asyncio.gather(*(client.get(LIST_PAGE) for client in connections))
        slowest_ms = (time.monotonic() - began) * 1000
        renders = await _renders(url) - renders_before
    return Herd(clients, renders, sum(answer.status == 200 for answer in answers), slowest_ms)


async def query_strings(dsn: str, *, number: int, limit_bytes: int) -> Strings:
    """Ask for a page of every topic from 1 to the number, none of which there is: so many keys, each cold."""
    async with replica(dsn, CHAISHOTS_CACHE_BYTES=str(limit_bytes)) as (url, pid), AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(url)) for _ in range(_STRINGS_CLIENTS)]
        before = await _resident_bytes(pid)
        await _ask_all(clients, range(number // 2))
        halfway = await _resident_bytes(pid)
        await _ask_all(clients, range(number // 2, number))
        return Strings(number, limit_bytes, before, halfway, await _resident_bytes(pid))


async def publishing(dsn: str, *, per_second: int, seconds: float) -> Publishing:
    """Read the list at full rate, first alone, then while so many lessons a second are being published."""
    async with Cluster(dsn) as cluster:
        (server,) = await cluster.start(1)
        await cluster.leader()
        url = f"http://127.0.0.1:{server.port}"
        await load(url + LIST_PAGE, seconds=1)
        alone = await load(url + LIST_PAGE, seconds=seconds)
        sql = await asyncpg.connect(dsn)
        try:
            lessons = await schedule_lessons(sql, per_second, int(per_second * (seconds + _SETTLE_SECONDS)))
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(_first_seen(url, lessons))
                await eventually(lambda: published_at(sql, lessons))
                meanwhile = await load(url + LIST_PAGE, seconds=seconds)
            published = await published_at(sql, lessons)
            await load(url + LIST_PAGE, seconds=1)
            afterwards = await load(url + LIST_PAGE, seconds=seconds)
        finally:
            await sql.close()
    ages_ms = [(seen - published[lesson]) * 1000 for lesson, seen in watching.result().items()]
    moments = sorted(published.values())
    return Publishing(
        lessons=len(ages_ms),
        per_second=(len(moments) - 1) / (moments[-1] - moments[0]),
        alone=alone,
        meanwhile=meanwhile,
        age_p50_ms=statistics.median(ages_ms),
        age_p99_ms=statistics.quantiles(ages_ms, n=100)[98],
        age_max_ms=max(ages_ms),
        afterwards=afterwards,
    )


async def starts(dsn: str, *, times: int) -> Starts:
    """Start a replica on a database that is up and migrated, again and again; then let one idle."""
    seconds: list[float] = []
    for _ in range(times):
        async with Cluster(dsn) as cluster:
            began = time.monotonic()
            (server,) = await cluster.start(1, healthy=False)
            url = f"http://127.0.0.1:{server.port}"
            await eventually(lambda url=url: _answers(url))
            seconds.append(time.monotonic() - began)
    async with replica(dsn) as (_, pid):
        return Starts(seconds, await _resident_bytes(pid))


async def outage(programs: int, *, seconds: float) -> Outage:
    """Read the list of a catalog of so many programs at full rate, before its Postgres is stopped and after.

    It has a Postgres of its own: the embedded one would be started again.
    """
    async with own_postgres() as postgres, replica(await a_catalog(postgres.outside, programs)) as (url, _):
        await load(url + LIST_PAGE, seconds=1)
        before = await load(url + LIST_PAGE, seconds=seconds)
        await postgres.stop()
        meanwhile = await load(url + LIST_PAGE, seconds=seconds)
        warm, other = await fetched(url, LIST_PAGE), await fetched(url, f"{LIST}?limit=7")
        health = await fetched(url, "/health")
    return Outage(
        before=before,
        meanwhile=meanwhile,
        cache_status=warm.header("cache-status"),
        other_status=other.status,
        other_type=other.header("content-type"),
        health_status=health.status,
    )


async def _renders(url: str) -> int:
    """How often the replica has asked Postgres for an answer of the catalog, by its own count."""
    metrics = (await fetched(url, "/metrics")).body.decode()
    return int(float(re.search(r"^chaishots_cache_renders_total (\S+)$", metrics, re.MULTILINE)[1]))


async def _ask_all(clients: list[Client], topics: range) -> None:
    left = iter(topics)

    async def ask(client: Client) -> None:
        for topic in left:
            answer = await client.get(f"{LIST}?topic={topic}")
            assert answer.status == 200, answer

    await asyncio.gather(*(ask(client) for client in clients))


async def _resident_bytes(pid: int) -> int:
    await asyncio.sleep(_SETTLE_SECONDS)
    return psutil.Process(pid).memory_info().rss


async def _answers(url: str) -> bool:
    try:
        return (await fetched(url, LIST_PAGE)).status == 200
    except OSError:
        return False


async def schedule_lessons(sql: Connection, per_second: int, number: int) -> list[str]:
    """Schedule lessons of the newest program, evenly spread from 2 s from now on; gives their ids."""
    program = await newest_program(sql)
    # Several terms: a list shows no more than LISTED_LESSONS of each.
    terms = [await a_term(sql, program, term_number=TERMS + 1 + n) for n in range(-(-number // LISTED_LESSONS))]
    rows = await sql.fetch(
        """
        insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                            content_urls, thumbnails, status, publish_at)
        select ($1::uuid[])[1 + n % cardinality($1)], n, 'Lesson ' || n, 'video', 60000, 'en', $2, $3, 'scheduled',
               clock_timestamp() + interval '2 s' + n * interval '1 s' / $4::int
          from generate_series(1, $5::int) n
        returning id
        """,
        terms,
        json.dumps(URLS),
        json.dumps(ASSETS),
        per_second,
        number,
    )
    return [str(row["id"]) for row in rows]


async def published_at(sql: Connection, lessons: list[str]) -> dict[str, float]:
    """When each of these lessons went out, by Postgres' clock; those that have."""
    published = "select id, published_at from lesson where id = any($1) and status = 'published'"
    rows = await sql.fetch(published, lessons)
    return {str(row["id"]): row["published_at"].timestamp() for row in rows}


async def _first_seen(url: str, lessons: list[str]) -> dict[str, float]:
    """When each lesson was first in an answer, by the wall clock, which is Postgres' too."""
    awaited = set(lessons)
    seen: dict[str, float] = {}
    async with connected(url) as client, asyncio.timeout(_OUTAGE_SECONDS * 2):
        while awaited:
            answer = await client.get(f"{LIST}?limit=20&fields=terms.lessons.id")
            now = time.time()
            shown = awaited.intersection(re.findall(r"[0-9a-f-]{36}", answer.body.decode()))
            seen |= dict.fromkeys(shown, now)
            awaited -= shown
            await asyncio.sleep(_LOOK_SECONDS)
    return seen
