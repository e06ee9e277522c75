"""What falls due at one moment, and what waits for later: how long the first takes, and what the second costs.

    python -m bench.due_at_once [SCHEDULED]

Prints how long after their moment the last of 10,000 lessons of one microsecond, of a release of 5,000 and of 10,000
scheduled changes is out, with one replica; then what a start, a wake and a look of the publisher take with 1,000
lessons scheduled for next year, and with SCHEDULED (1,000,000 if not said). DATABASE_URL names the Postgres; else
embedded.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

from bench.data import a_database
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from chaishots.scheduler.publisher import is_due, publish_due
from tests.builders import a_lesson, a_program, a_term, lessons_due
from tests.cluster import Cluster, eventually

_LESSONS: Final = 10_000
_OF_A_RELEASE: Final = 5_000
_A_TERM: Final = 100
_FEW: Final = 1_000
_AHEAD: Final = timedelta(seconds=6)
"""Longer than it takes to write them."""
_LOOKS: Final = 20
_WAKES: Final = 20
_PAUSE_SECONDS: Final = 0.02
_IN_A_YEAR: Final = """
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_languages_available, content_urls, thumbnails, status, publish_at)
    select term.id, 1000000 + n, 'Lesson ' || n, 'video', 60000, 'en', '{en}', content_urls, thumbnails, 'scheduled',
           now() + interval '1 year' + n * interval '1 second'
      from term, (select content_urls, thumbnails from lesson limit 1) as model, generate_series(1, $1) n
"""


async def _lessons(sql: Connection) -> str:
    """Have them fall due at one microsecond."""
    await sql.execute("update lesson set publish_at = now() + $1 where status = 'scheduled'", _AHEAD)
    return "select max(publish_at) from lesson"


async def _release(sql: Connection) -> str:
    key = await sql.fetchval("insert into release (name) values ('All at once') returning id")
    await sql.execute(
        """
        update lesson set release_id = $1, status = 'draft', publish_at = null
         where id in (select id from lesson where status = 'scheduled' order by id limit $2)
        """,
        key,
        _OF_A_RELEASE,
    )
    await sql.execute("delete from lesson where status = 'scheduled'")
    await sql.execute("update release set status = 'scheduled', publish_at = now() + $2 where id = $1", key, _AHEAD)
    return "select publish_at from release"


async def _changes(sql: Connection) -> str:
    await sql.execute("update lesson set status = 'draft', publish_at = null where status = 'scheduled'")
    await sql.execute(
        """
        insert into change (object_type, object_id, apply_at, patch)
        select 'lesson', id, now() + $1, '{"is_paid": true}' from lesson where status = 'draft'
        """,
        2 * _AHEAD,
    )
    await sql.execute("update change set apply_at = now() + $1", _AHEAD)
    return "select max(apply_at) from change"


async def _seconds_at_once(postgres: str, prepare: Callable[[Connection], Awaitable[str]]) -> float:
    """From the moment until another session sees that all are out."""
    async with a_database(postgres, "bench") as dsn:
        sql = await asyncpg.connect(dsn)
        program = await a_program(sql)
        for _ in range(_LESSONS // _A_TERM):
            await lessons_due(sql, _A_TERM, term=await a_term(sql, program), due_in=timedelta(days=1))
        async with Cluster(dsn) as cluster:
            await cluster.start(1)
            moment = await prepare(sql)
            left = f"""
                select case when exists (select from lesson where status = 'scheduled')
                              or exists (select from release where status <> 'published')
                              or exists (select from change where status = 'scheduled') then null
                            else clock_timestamp() - ({moment}) end
            """
            took: timedelta | None = None

            async def all_out() -> bool:
                nonlocal took
                await asyncio.sleep(_PAUSE_SECONDS)
                took = await sql.fetchval(left)
                return took is not None

            await eventually(all_out, within=60)
            assert took is not None
        await sql.close()
        return took.total_seconds()


async def _costs(postgres: str, scheduled: int) -> str:
    """What a start, a wake and a look take beside so many lessons that are scheduled for next year."""
    async with a_database(postgres, "bench") as dsn:
        sql = await asyncpg.connect(dsn)
        per_term = min(scheduled, 500)
        for _ in range(scheduled // per_term):
            await a_term(sql, await a_program(sql))
        await a_lesson(sql, status="published")
        await sql.execute("set session_replication_role = replica; set synchronous_commit = off")
        await sql.execute(_IN_A_YEAR, per_term)
        await sql.execute("set session_replication_role = default")
        await sql.execute("vacuum analyze")
        looks: list[float] = []
        for _ in range(_LOOKS):
            began = time.perf_counter()
            await is_due(sql)
            await publish_due(sql, actor="bench")
            looks.append((time.perf_counter() - began) * 1000)
        overdue = await a_lesson(sql, status="scheduled", publish_at=await sql.fetchval("select now()"))
        async with Cluster(dsn) as cluster:
            began = time.perf_counter()
            await cluster.start(1)

            async def is_out() -> bool:
                return await sql.fetchval("select status = 'published' from lesson where id = $1", overdue)

            await eventually(is_out, within=60)
            started = time.perf_counter() - began
            late: list[float] = []
            for _ in range(_WAKES):
                key = await a_lesson(sql, due_in=timedelta(milliseconds=300))
                await asyncio.sleep(0.5)
                late.append(
                    await sql.fetchval(
                        """
                        select extract(epoch from at - publish_at)::float8 * 1000 from lesson
                          join activity on object_id = id and action = 'lesson.publish' where id = $1
                        """,
                        key,
                    )
                )
        await sql.close()
    return (
        f"{scheduled:,} scheduled: a start {started:.2f} s, a wake {statistics.median(late):.1f} ms late (median), "
        f"a look {statistics.median(looks):.1f} ms"
    )


async def _measure(postgres: str, scheduled: int) -> None:
    for what, prepare in (
        (f"{_LESSONS:,} lessons of one microsecond", _lessons),
        (f"a release of {_OF_A_RELEASE:,} lessons", _release),
        (f"{_LESSONS:,} changes of one microsecond", _changes),
    ):
        print(f"{what}: all out after {await _seconds_at_once(postgres, prepare):.2f} s", flush=True)
    for number in (_FEW, scheduled):
        print(await _costs(postgres, number), flush=True)


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(folder / "postgres"))
        asyncio.run(_measure(url, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
