"""How fast a backlog goes out, and whether the API answers meanwhile (promise 4).

    python -m bench.backlog [LESSONS]

Makes a database with so many overdue lessons (100,000 if not said), starts one replica, and prints the rate by the
history's own clock and the time that catalog reads took while it ran. DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.data import a_database
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.builders import a_lesson, a_program, a_term, lessons_due
from tests.cluster import Cluster, eventually

LESSONS_A_TERM = 100
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Backlog:
    """What was seen: lessons a second by the history's own clock, and how long reads took meanwhile."""

    lessons: int
    seconds: float
    rate: float
    reads: int
    read_p50_ms: float
    read_p99_ms: float


async def backlog(lessons: int, postgres: str) -> Backlog:
    """Make the backlog, and let a replica work it off."""
    async with a_database(postgres, "bench") as dsn:
        sql = await asyncpg.connect(dsn)
        program = await a_program(sql)
        for term in range(lessons // LESSONS_A_TERM):
            if term % 10 == 9:
                program = await a_program(sql)
            await lessons_due(sql, LESSONS_A_TERM, term=await a_term(sql, program))
        await a_lesson(sql, status="published")
        await sql.execute("vacuum analyze")
        async with Cluster(dsn) as cluster:
            seen = await _measured(cluster, sql, lessons)
        await sql.close()
    return seen


async def _measured(cluster: Cluster, sql: Connection, lessons: int) -> Backlog:
    (replica,) = await cluster.start(1)
    read_ms: list[float] = []

    async def all_out() -> bool:
        began = time.perf_counter()
        answer = await replica.http.get("/catalog/programs?limit=1")
        read_ms.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200
        await asyncio.sleep(PAUSE_SECONDS)
        return not await sql.fetchval("select exists (select from lesson where status = 'scheduled')")

    await eventually(all_out, within=300)
    seconds = await sql.fetchval(
        "select extract(epoch from max(at) - min(at))::float8 from activity where action = 'lesson.publish'"
    )
    first_batch = await sql.fetchval(
        """select count(*) from activity where action = 'lesson.publish'
            and at < (select min(at) from activity where action = 'lesson.publish') + interval '20 ms'"""
    )
    return Backlog(
        lessons=lessons,
        seconds=seconds,
        rate=(lessons - first_batch) / seconds,
        reads=len(read_ms),
        read_p50_ms=statistics.median(read_ms),
        read_p99_ms=statistics.quantiles(read_ms, n=100)[98],
    )


def _print(seen: Backlog) -> None:
    print(f"{seen.lessons:,} overdue lessons in {seen.seconds:.1f} s: {seen.rate:,.0f} a second")
    print(f"catalog reads meanwhile: {seen.reads}, median {seen.read_p50_ms:.1f} ms, p99 {seen.read_p99_ms:.1f} ms")


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(folder / "postgres"))
        _print(asyncio.run(backlog(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, url)))
