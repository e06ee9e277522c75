"""What the distance between a replica and Postgres does: to lateness, to taking down, and to reads.

    python -m bench.far_away [DELAY_MS …]

Two replicas on a Postgres of their own, with the standard catalog: one is near it, the other far away, on a way that
takes each byte so many milliseconds there, and as many back (0, 1, 5 and 20 if not said; a way there and back takes
twice that). Once the near one leads, then the far one. The clock is this machine's, for all.

- *late, P*: how long after its moment a lesson that falls due is in the answers of the near replica, of the far one
- *taken down*: from an editor's request to the near replica until the far one's answers have it no more
- *edit*: how long a change of a title takes, by a request to the far replica
- *cold*, *warm*: the first read of a program there, and the second
- *sessions*: the far replica's connections to Postgres, at rest and after 60 programs were read at once
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from bench.data import STANDARD_PROGRAMS, a_catalog
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.builders import ASSETS, URLS, a_public_program, a_term
from tests.cluster import Cluster, Replica
from tests.tcp_proxy import CutWay, cut_way

DELAYS_MS: Final = (0.0, 1.0, 5.0, 20.0)
LESSONS: Final = 60
EACH_MS: Final = 100
TIMES: Final = 30
AT_ONCE: Final = 60
_LOOK_SECONDS: Final = 0.002
_DUE: Final = """
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_urls, thumbnails, status, publish_at)
    select $1, n, 'Lesson ' || n, 'video', 60000, 'en', $2, $3, 'scheduled',
           clock_timestamp() + interval '1 s' + n * $4 * interval '1 ms'
      from generate_series(1, $5) n
    returning id, publish_at
"""
_SESSIONS: Final = "select count(*) from pg_stat_activity where application_name like 'chaishots:' || $1 || ':%'"


@dataclass
class Figures:
    """One distance, with one of the two leading; all in milliseconds, but for the sessions."""

    near: list[float]
    far: list[float]
    taken_down: list[float]
    edits: list[float]
    cold: list[float]
    warm: list[float]
    at_rest: int
    at_most: int

    def line(self) -> str:
        """A row of the table."""
        spans = (self.near, self.far, self.taken_down, self.edits, self.cold, self.warm)
        cells = " | ".join(f"{statistics.median(span):.1f} / {_p99(span):.1f}" for span in spans)
        return f"{cells} | {self.at_rest} / {self.at_most} |"


class LongWay(CutWay):
    """A way on which each piece takes its time, whatever is under way beside it."""

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()

        def arrive(data: bytes) -> None:
            if data:
                writer.write(data)
            else:
                writer.close()

        data = b"-"
        while data:
            try:
                data = await reader.read(65_536)
            except ConnectionError:
                data = b""
            loop.call_later(self.delay_seconds, arrive, data)


async def measure(postgres: str, delay_ms: float, *, far_leads: bool) -> Figures:
    """Measure one distance, on a database of its own."""
    dsn = await a_catalog(postgres, STANDARD_PROGRAMS)
    async with cut_way(dsn, LongWay) as way, Cluster(dsn) as near_ones, Cluster(way.dsn) as far_ones:
        way.delay_seconds = delay_ms / 1000
        first, second = (far_ones, near_ones) if far_leads else (near_ones, far_ones)
        await first.start(1)
        leader = await first.leader()
        await second.start(1)
        near, far = near_ones.replicas[0], far_ones.replicas[0]
        sql = await asyncpg.connect(dsn)
        try:
            _, token = await create_token(sql, "bench", Role.EDITOR)
            await asyncio.sleep(1)
            at_rest = await sql.fetchval(_SESSIONS, far.name)
            late = await _late(sql, near, far)
            down = [await _taken_down(sql, near, far, token) for _ in range(TIMES)]
            edits = await _edits(sql, far, token)
            cold, warm, at_most = await _reads(sql, far)
            assert (await first.leader()) is leader
        finally:
            await sql.close()
    return Figures(*late, down, edits, cold, warm, at_rest, at_most)


async def _late(sql: Connection, near: Replica, far: Replica) -> tuple[list[float], list[float]]:
    term = await a_term(sql, await a_public_program(sql))
    lessons = await sql.fetch(_DUE, term, json.dumps(URLS), json.dumps(ASSETS), EACH_MS, LESSONS)
    # The first ones find nothing warm.
    looks = [
        _visible_after_ms(replica, row["id"], row["publish_at"]) for replica in (near, far) for row in lessons[10:]
    ]
    seen = await asyncio.gather(*looks)
    return list(seen[: len(seen) // 2]), list(seen[len(seen) // 2 :])


async def _visible_after_ms(replica: Replica, lesson: UUID, publish_at: datetime) -> float:
    await asyncio.sleep(publish_at.timestamp() - time.time())
    await _until(replica, f"/catalog/lessons/{lesson}", 200)
    return (time.time() - publish_at.timestamp()) * 1000


async def _until(replica: Replica, path: str, status: int) -> None:
    for _ in range(round(10 / _LOOK_SECONDS)):
        if (await replica.http.get(path)).status_code == status:
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError(f"{path} was never {status}")


async def _taken_down(sql: Connection, near: Replica, far: Replica, token: str) -> float:
    lesson = await sql.fetchval("select id from lesson where status = 'published' order by random() limit 1")
    path = f"/catalog/lessons/{lesson}"
    assert (await far.http.get(path)).status_code == 200
    began = time.monotonic()
    gone = asyncio.create_task(_until(far, path, 404))
    answer = await near.http.post(f"/cms/lessons/{lesson}/archive", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    await gone
    return (time.monotonic() - began) * 1000


async def _edits(sql: Connection, far: Replica, token: str) -> list[float]:
    programs = [row["id"] for row in await sql.fetch("select id from program order by random() limit $1", TIMES + 2)]
    took: list[float] = []
    for program in programs:
        began = time.monotonic()
        answer = await far.http.patch(
            f"/cms/programs/{program}", headers={"Authorization": f"Bearer {token}"}, json={"title": "Changed"}
        )
        assert answer.status_code == 200, answer.text
        took.append((time.monotonic() - began) * 1000)
    return took[2:]


async def _reads(sql: Connection, far: Replica) -> tuple[list[float], list[float], int]:
    rows = await sql.fetch("select id from program where status = 'published' order by random()")
    paths = [f"/catalog/programs/{row['id']}" for row in rows]
    one_by_one, at_once = paths[:TIMES], paths[TIMES : TIMES + AT_ONCE]
    cold = [await _read_ms(far, path) for path in one_by_one]
    warm = [await _read_ms(far, path) for path in one_by_one]
    await asyncio.gather(*(_read_ms(far, path) for path in at_once))
    return cold, warm, await sql.fetchval(_SESSIONS, far.name)


async def _read_ms(replica: Replica, path: str) -> float:
    began = time.monotonic()
    assert (await replica.http.get(path)).status_code == 200
    return (time.monotonic() - began) * 1000


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def main(postgres: str, delays_ms: tuple[float, ...]) -> None:
    """Measure, and print a row for each distance, once with each of the two leading: median / p99."""
    print("| each way | leads | late, near | late, far | taken down | edit | cold | warm | sessions |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for far_leads in (False, True):
        for delay_ms in delays_ms:
            figures = await measure(postgres, delay_ms, far_leads=far_leads)
            print(f"| {delay_ms:g} ms | {'far' if far_leads else 'near'} | {figures.line()}", flush=True)


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        asyncio.run(
            main(
                stack.enter_context(embedded_postgres(folder)),
                tuple(float(given) for given in sys.argv[1:]) or DELAYS_MS,
            )
        )
