"""What scheduled changes that are due at once cost, beside lessons that are.

    python -m bench.scheduled_changes [EACH]

In each of five rounds a database of its own has EACH due lessons (10,000 if not said), which one session publishes, and
then as many due changes of those lessons, public now, which the same session applies: batch by batch, as the leader
does, without one. Prints the medians of both by the clock, and by the processors' time of this process and of its
session in Postgres. Then a replica schedules a release of 5,000 lessons, five times, and meanwhile answers another
request each 2 ms: the longest of those is told. DATABASE_URL names the Postgres; else embedded. Without Linux' /proc,
or with Postgres on another machine, there is the clock alone.
"""

import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import httpx2

from bench.data import a_database
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from chaishots.scheduler.batch_limits import TimeLimits
from chaishots.scheduler.publisher import publish_due, warm_up
from chaishots.scheduler.refusal_reasons import Refusal
from tests.builders import a_program, a_release, a_term, lessons_due
from tests.cluster import Cluster, Replica

_ROUNDS: Final = 5
_A_TERM: Final = 1_000
_OF_A_RELEASE: Final = 5_000
_EACH_SECONDS: Final = 0.002
_TOKEN: Final = f"chai_{secrets.token_urlsafe(32)}"
_CHANGES: Final = """
    insert into change (object_type, object_id, apply_at, patch)
    select 'lesson', id, now() + interval '1 hour', jsonb_build_object('title', 'Another title of ' || title)
      from lesson order by id
"""
_FALL_DUE: Final = "update change set apply_at = now() - interval '1 second'"


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and seconds of processors."""

    seconds: float
    processor_seconds: float


def _processor_seconds(pid: int) -> float:
    """Of this process, and of the server process of the session, where it can be seen."""
    try:
        of_session = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return time.process_time()
    return time.process_time() + sum(map(int, of_session)) / os.sysconf("SC_CLK_TCK")


async def _work_off(session: Connection, number: int) -> Cost:
    """Have all that is due done, in one session."""
    untold: dict[UUID, Refusal] = {}
    time_limits = TimeLimits()
    pid, done, is_over = session.get_server_pid(), 0, False
    began, began_processor = time.perf_counter(), _processor_seconds(session.get_server_pid())
    while not is_over:
        batch = await publish_due(session, actor="bench", untold=untold, time_limits=time_limits)
        done += len(batch.published) + len(batch.applied)
        is_over = batch.is_empty and not batch.is_full
    cost = Cost(time.perf_counter() - began, _processor_seconds(pid) - began_processor)
    assert done == number, f"{done} of {number}"
    return cost


async def _round(postgres: str, number: int) -> tuple[Cost, Cost]:
    async with a_database(postgres, "bench") as dsn:
        sql = await asyncpg.connect(dsn)
        program = await a_program(sql)
        for first in range(0, number, _A_TERM):
            await lessons_due(sql, min(_A_TERM, number - first), term=await a_term(sql, program))
        session = await asyncpg.connect(dsn)
        await warm_up(session)
        await sql.execute("vacuum analyze")
        publishes = await _work_off(session, number)
        await sql.execute(_CHANGES)
        await sql.execute(_FALL_DUE)
        await sql.execute("vacuum analyze")
        changes = await _work_off(session, number)
        await session.close()
        await sql.close()
        return publishes, changes


async def measure(postgres: str, number: int) -> None:
    """Print a line a round, then the medians."""
    rounds: list[tuple[Cost, Cost]] = []
    for _ in range(_ROUNDS):
        rounds.append(await _round(postgres, number))
        publishes, changes = rounds[-1]
        print(
            f"{number:,} publishes {publishes.seconds:.2f} s ({publishes.processor_seconds:.2f} s of processors), "
            f"changes {changes.seconds:.2f} s ({changes.processor_seconds:.2f} s)",
            flush=True,
        )
    by_clock = statistics.median(changes.seconds / publishes.seconds for publishes, changes in rounds)
    by_processor = statistics.median(
        changes.processor_seconds / publishes.processor_seconds for publishes, changes in rounds
    )
    print(f"Changes cost {by_clock:.2f} times what publishes do by the clock, {by_processor:.2f} in processors' time.")


async def measure_scheduling(postgres: str) -> None:
    """Print how long a release of many lessons takes to be scheduled, and the longest request beside it."""
    async with a_database(postgres, "bench") as dsn:
        sql = await asyncpg.connect(dsn)
        program, release = await a_program(sql), await a_release(sql)
        for _ in range(_OF_A_RELEASE // _A_TERM):
            await lessons_due(sql, _A_TERM, term=await a_term(sql, program), due_in=timedelta(days=1))
        await sql.execute("update lesson set status = 'draft', publish_at = null")
        await sql.execute("update lesson set release_id = $1", release)
        await sql.execute("vacuum analyze")
        async with Cluster(dsn) as cluster:
            [replica] = await cluster.start(1, CHAISHOTS_ADMIN_TOKEN=_TOKEN)
            for times in range(_ROUNDS):
                moment = f"2100-01-{times + 1:02}T09:00:00Z"
                seconds, longest = await _scheduled(replica, f"/cms/releases/{release}/schedule", moment)
                print(
                    f"a release of {_OF_A_RELEASE:,} scheduled in {seconds:.2f} s; "
                    f"the longest other request meanwhile {longest * 1000:.0f} ms",
                    flush=True,
                )
        await sql.close()


async def _scheduled(replica: Replica, path: str, moment: str) -> tuple[float, float]:
    """Seconds that it took, and seconds of the longest request meanwhile."""
    longest, is_over = 0.0, asyncio.Event()

    async def ask() -> None:
        nonlocal longest
        while not is_over.is_set():
            began = time.perf_counter()
            assert (await replica.http.get("/health/live")).status_code == HTTPStatus.OK
            longest = max(longest, time.perf_counter() - began)
            await asyncio.sleep(_EACH_SECONDS)

    asking = asyncio.create_task(ask())
    await asyncio.sleep(_EACH_SECONDS * 50)  # until it has its connection
    longest, began = 0.0, time.perf_counter()
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    async with httpx2.AsyncClient(base_url=replica.http.base_url, headers=headers, timeout=60) as editor:
        answer = await editor.post(path, json={"publish_at": moment})
    seconds = time.perf_counter() - began
    is_over.set()
    await asking
    assert answer.status_code == HTTPStatus.OK, answer.text
    return seconds, longest


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(folder / "postgres"))
        asyncio.run(measure(url, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
        asyncio.run(measure_scheduling(url))
