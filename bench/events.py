"""What 1,000 listeners to events cost, and how soon they hear; and how fast the whole catalog is copied by the feed.

    python -m bench.events [LISTENERS] [LESSONS]

One replica, which leads, and clients of its own process on the same machine. Lessons fall due one after the other while
all listen: how late each hears of each. Memory is the replica's before and with them. Warm reads (wrk) alternate with
and without them; then there is one more, which never reads. Then the first sync of so many lessons (100,000 if not
said), over one connection, and that of a copy that is up to date: how often a second it hears that nothing changed.
LISTENERS 0 leaves out all but that. DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import gzip
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final, cast
from uuid import UUID, uuid4

import asyncpg

from bench.client import connected, fetched
from bench.servers import replica
from bench.wrk import Load, load
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from chaishots.database.migrations import migrate
from tests.builders import a_lesson, a_public_program, a_term, lessons_due
from tests.cluster import eventually
from tests.conftest import in_database

LISTENERS: Final = 1_000
LESSONS: Final = 100_000
DUE: Final = 20
ROUNDS: Final = 3
SECONDS: Final = 3
_PAGE: Final = 1_000


class Crowd(asyncio.Protocol):
    """One listener of many: notes when it was told of which lesson. `heard` is shared by all."""

    def __init__(self, heard: dict[bytes, list[float]]) -> None:
        self._heard = heard
        self._rest = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for events from now on."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(b"GET /catalog/events HTTP/1.1\r\nHost: bench\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        """Look for lessons that were published."""
        now = time.time()
        self._rest += data
        *events, self._rest = self._rest.split(b"\n\n")
        for event in events:
            if b"event: lesson.published\n" in event:
                self._heard.setdefault(event.partition(b'"id":"')[2][:36], []).append(now)


async def main(postgres: str, listeners: int, lessons: int) -> None:
    """Measure in a database of its own, and print the figures."""
    name = f"chaishots_events_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"create database {name}")
    try:
        dsn = in_database(postgres, name)
        await migrate(dsn, application_name="bench")
        sql = await asyncpg.connect(dsn)
        async with replica(dsn) as (url, pid):
            if listeners:
                await _listening(sql, url, pid, listeners)
            await _first_sync(sql, url, lessons)
        await sql.close()
    finally:
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


async def _listening(sql: Connection, url: str, pid: int, listeners: int) -> None:
    term = await a_term(sql, await a_public_program(sql))
    path = "/catalog/programs?limit=20"
    await fetched(url, path)
    quiet: list[Load] = [await load(url + path, seconds=SECONDS)]
    before = _memory(pid)
    heard: dict[bytes, list[float]] = {}
    crowd = await _join(url, heard, listeners)
    await _are_listening(url, listeners)
    print(f"{listeners} listeners: {(_memory(pid) - before) / listeners / 1000:.1f} kB each")
    late = await _lateness(sql, term, heard, listeners)
    print(f"lateness of {len(late)}: {_told(late)}")
    beside: list[Load] = []
    for _ in range(ROUNDS):
        beside.append(await load(url + path, seconds=SECONDS))
        await _leave(url, crowd)
        quiet.append(await load(url + path, seconds=SECONDS))
        crowd = await _join(url, heard, listeners)
        await _are_listening(url, listeners)
    ratio = statistics.median(each.rate for each in beside) / statistics.median(each.rate for each in quiet[1:])
    print(f"warm reads with them: {ratio:.2f} × of {statistics.median(each.rate for each in quiet[1:]):,.0f} a second")
    deaf = await _join(url, {}, 1)
    deaf[0].transport.pause_reading()
    heard.clear()
    late = await _lateness(sql, term, heard, listeners)
    print(f"with one that never reads: {_told(late)}")
    await _leave(url, [*crowd, *deaf])


async def _lateness(sql: Connection, term: UUID, heard: dict[bytes, list[float]], listeners: int) -> list[float]:
    """How late each heard of each lesson, in milliseconds after its publish_at."""
    due: dict[bytes, float] = {}
    for number in range(DUE):
        lesson = await a_lesson(sql, term, title=f"Due {number}", due_in=timedelta(seconds=1 + number * 0.2))
        publish_at = await sql.fetchval("select publish_at from lesson where id = $1", lesson)
        due[str(lesson).encode()] = publish_at.timestamp()

    async def all_have_heard() -> bool:
        return all(len(heard.get(lesson, [])) == listeners for lesson in due)

    await eventually(all_have_heard)
    return sorted((at - due[lesson]) * 1000 for lesson in due for at in heard[lesson])


async def _join(url: str, heard: dict[bytes, list[float]], number: int) -> list[Crowd]:
    host, _, port = url.removeprefix("http://").partition(":")
    loop = asyncio.get_running_loop()
    crowd: list[Crowd] = []
    for _ in range(number):
        _, listener = await loop.create_connection(lambda: Crowd(heard), host, int(port))
        crowd.append(listener)
    return crowd


async def _leave(url: str, crowd: list[Crowd]) -> None:
    for listener in crowd:
        listener.transport.close()
    await _are_listening(url, 0)


async def _are_listening(url: str, number: int) -> None:
    async def look() -> bool:
        told = (await fetched(url, "/metrics")).body.decode()
        return f"\nchaishots_event_listeners {float(number)}\n" in told

    await eventually(look)


async def _first_sync(sql: Connection, url: str, lessons: int) -> None:
    terms = [await a_term(sql, await a_public_program(sql)) for _ in range(lessons // 500)]
    for term in terms:
        await lessons_due(sql, 500, term=term)
    count = "select count(*) from feed where kind = 'lesson'"

    async def is_numbered() -> bool:
        return await sql.fetchval(count) >= lessons

    await eventually(is_numbered, within=120)
    await sql.execute("vacuum analyze")
    cursor = ""
    for encoding in ("identity", "gzip"):
        cursor, read, size = "", 0, 0
        began = time.perf_counter()
        async with connected(url) as client:
            while True:
                answer = await client.get(f"/catalog/changes?limit={_PAGE}{cursor}", {"Accept-Encoding": encoding})
                size += len(answer.body)
                body = gzip.decompress(answer.body) if encoding == "gzip" else answer.body
                read += body.count(b'{"type":"lesson"')
                ending = body[-200:]
                cursor = "&cursor=" + ending.partition(b'"next_cursor":"')[2].partition(b'"')[0].decode()
                if b'"has_more":false' in ending:
                    break
        took = time.perf_counter() - began
        print(f"first sync ({encoding}): {read} lessons, {size / 1e6:.0f} MB, {read / took:,.0f} lessons a second")
    head = f"/catalog/changes?limit={_PAGE}{cursor}"
    for what, path in (("the head of the feed", head), ("the list", "/catalog/programs?limit=20")):
        etag = (await fetched(url, path)).header("etag")
        seen = await load(url + path, seconds=SECONDS, headers={"If-None-Match": etag})
        print(f"304, of {what}: {seen.rate:,.0f} a second, p99 {seen.p99_ms:.1f} ms, {seen.failed} failed")


def _told(late: list[float]) -> str:
    return f"median {late[len(late) // 2]:.0f} ms, p99 {late[len(late) * 99 // 100]:.0f} ms, most {late[-1]:.0f} ms"


def _memory(pid: int) -> int:
    """The resident bytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(place / "postgres"))
        asyncio.run(main(url, *(given + [LISTENERS, LESSONS][len(given) :])))
