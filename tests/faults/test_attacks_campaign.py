"""A server under attack, with few descriptors: what it holds comes back, and everybody else is served: `make floods`.

For how long each, in seconds: CHAISHOTS_FAULTS_SECONDS (15). CHAISHOTS_FAULTS_PATIENCE multiplies the bounds on time,
for a machine that has other work. Prints what it saw.

Who attacks is on another machine in earnest; here it would take the processors from what it attacks, and from those who
watch. So it is nice to them (CHAISHOTS_FAULTS_NICE, 10): on two processors it asks nearly as much (2,350 first reads a
second, 2,680 without), and what is measured is the server's order of work.

What is kept by design is there before: the attack goes on until the cache holds no more of it. From then on what it
asks for takes the place of what it asked for earlier, and memory that grows all the same is lost.
"""

import asyncio
import contextlib
import os
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.servers import nginx_before
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term
from tests.cluster import Cluster, Replica, environment, eventually
from tests.faults.attacks import ATTACKS

pytestmark = pytest.mark.campaign

SECONDS = float(os.environ.get("CHAISHOTS_FAULTS_SECONDS", "15"))
PATIENCE = float(os.environ.get("CHAISHOTS_FAULTS_PATIENCE", "1"))
NICE = os.environ.get("CHAISHOTS_FAULTS_NICE", "10")
SETTINGS = {name: os.environ[name] for name in ("CHAISHOTS_CACHE_BYTES",) if name in os.environ}
DESCRIPTORS = 4_096
WARM_MS, EDIT_MS, LATE_MS, HEALTH_MS = 50, 150, 200, 100
SETTLE_SECONDS = 90
EVERYBODY_ELSE = "127.0.0.2"
"""Of another address than who attacks: the proxy bounds what each may ask."""
WARM_UPS = 15
LIST = "/catalog/programs?limit=2"


@pytest.fixture
async def served(cluster: Cluster, sql: Connection) -> tuple[Replica, UUID]:
    """A replica that may have 4,096 descriptors, a catalog of 100 programs, and one of its programs."""
    program = await a_program(sql, status="published")
    for _ in range(100):
        program = await a_program(sql, status="published")
        term = await a_term(sql, program)
        for _ in range(10):
            await a_lesson(sql, term, status="published")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    try:
        (replica,) = await cluster.start(1, **SETTINGS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return replica, program


@pytest.mark.parametrize("way", ["direct", "proxy"])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_everybody_else_is_served_and_nothing_is_kept(
    attack: str, way: str, served: tuple[Replica, UUID], sql: Connection, tmp_path: Path
) -> None:
    replica, program = served
    async with _reached(replica, way, tmp_path) as (port, client):
        process = psutil.Process(replica.process.pid)
        for path in (LIST, f"/catalog/programs/{program}"):
            await eventually(lambda path=path: _is_served(client, path))
        await _warmed_up(attack, port, replica)
        await _settled(process, process.num_fds() + 50)
        before, held_before = (process.num_fds(), process.memory_info().rss), await _held(replica)
        seen = _Seen()
        watching = [
            asyncio.create_task(watch)
            for watch in (
                seen.warm_reads(client),
                seen.health(client),
                seen.edits(replica.http, sql, program),  # past the proxy, which may keep for 10 s what it has
                seen.publications(sql, await a_term(sql, program)),
            )
        ]
        done = await _attacked(attack, port, SECONDS)
        peak = (process.num_fds(), process.memory_info().rss)
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
        for task in watching:
            if not task.cancelled() and task.exception():
                raise task.exception() or AssertionError
        await _settled(process, before[0] * 1.1 + 10)
        after, held_after = (process.num_fds(), process.memory_info().rss), await _held(replica)
        print(
            f"\n{attack}, {way}, {SECONDS:.0f} s: {done.strip()}\n"
            f"  descriptors {before[0]} → {peak[0]} → {after[0]}; memory, MB "
            f"{before[1] >> 20} → {peak[1] >> 20} → {after[1] >> 20}, of it held in the cache "
            f"{held_before >> 20} → {held_after >> 20}\n  {seen}"
        )
        assert replica.process.returncode is None
        assert after[0] <= before[0] * 1.1 + 10
        assert after[1] <= before[1] * 1.1 + (16 << 20)
        seen.judge()


class _Seen:
    """What everybody else saw meanwhile."""

    def __init__(self) -> None:
        self.warm_ms: list[float] = []
        self.warm_wrong: list[str] = []
        self.health_ms: list[float] = []
        self.health_wrong: list[str] = []
        self.edit_ms: list[float] = []
        self.late_ms: list[float] = []
        self._turn = asyncio.Lock()  # the database session is shared

    async def warm_reads(self, client: httpx2.AsyncClient) -> None:
        while True:
            began = time.perf_counter()
            try:
                answer = await client.get(LIST)
                if answer.status_code != 200:
                    self.warm_wrong.append(f"{answer.status_code} {answer.text[:100]}")
            except httpx2.TransportError as error:
                self.warm_wrong.append(repr(error))
            self.warm_ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)

    async def health(self, client: httpx2.AsyncClient) -> None:
        while True:
            began = time.perf_counter()
            try:
                answer = await client.get("/health")
                if answer.status_code != 200:
                    self.health_wrong.append(f"{answer.status_code} {answer.text[:100]}")
            except httpx2.TransportError as error:
                self.health_wrong.append(repr(error))
            self.health_ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.2)

    async def edits(self, client: httpx2.AsyncClient, sql: Connection, program: UUID) -> None:
        path = f"/catalog/programs/{program}"
        for turn in range(1_000_000):
            await asyncio.sleep(1)
            async with self._turn:
                await sql.execute("update program set title = $2 where id = $1", program, f"As of {turn}")
            began = time.perf_counter()
            await eventually(lambda text=f"As of {turn}": _shows(client, path, text))
            self.edit_ms.append((time.perf_counter() - began) * 1000)

    async def publications(self, sql: Connection, term: UUID) -> None:
        while True:
            async with self._turn:
                lesson = await a_lesson(sql, term, due_in=timedelta(seconds=0.3))
            await asyncio.sleep(0.8)

            async def published(lesson: UUID = lesson) -> float | None:
                async with self._turn:
                    return await sql.fetchval(
                        "select extract(epoch from published_at - publish_at)::float8 from lesson where id = $1", lesson
                    )

            self.late_ms.append((await eventually(published)) * 1000)

    def __str__(self) -> str:
        return (
            f"warm reads {len(self.warm_ms)}, p99 {_p99(self.warm_ms):.0f} ms, wrong {self.warm_wrong[:2]}; "
            f"edits seen after {max(self.edit_ms, default=-1):.0f} ms at most; "
            f"published {max(self.late_ms, default=-1):.0f} ms late at most; "
            f"health {len(self.health_ms)}, p99 {_p99(self.health_ms):.0f} ms, at most "
            f"{max(self.health_ms, default=-1):.0f} ms, wrong {self.health_wrong[:2]}"
        )

    def judge(self) -> None:
        assert (self.warm_wrong, self.health_wrong) == ([], [])
        assert self.edit_ms
        assert self.late_ms
        assert _p99(self.warm_ms) <= WARM_MS * PATIENCE
        assert _p99(self.health_ms) <= HEALTH_MS * PATIENCE
        assert max(self.edit_ms) <= EDIT_MS * PATIENCE
        assert max(self.late_ms) <= LATE_MS * PATIENCE


@asynccontextmanager
async def _reached(replica: Replica, way: str, folder: Path) -> AsyncIterator[tuple[int, httpx2.AsyncClient]]:
    """Where the attack goes, and a client of everybody else's, who is on the same way."""
    if way == "direct":
        yield replica.port, replica.http
        return
    async with (
        nginx_before(folder / "proxy", f"http://127.0.0.1:{replica.port}") as url,
        httpx2.AsyncClient(
            base_url=url, timeout=30, transport=httpx2.AsyncHTTPTransport(local_address=EVERYBODY_ELSE)
        ) as client,
    ):
        yield int(url.rpartition(":")[2]), client


async def _held(replica: Replica) -> int:
    """The bytes of answers that it holds."""
    text = (await replica.http.get("/metrics")).text
    return round(
        next(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "chaishots_cache_bytes"
        )
    )


async def _is_served(client: httpx2.AsyncClient, path: str) -> bool:
    return (await client.get(path)).status_code == 200


async def _shows(client: httpx2.AsyncClient, path: str, text: str) -> bool:
    return text in (await client.get(path)).text


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1] if len(values) > 1 else 0


async def _attacked(name: str, port: int, seconds: float) -> str:
    process = await asyncio.create_subprocess_exec(
        "nice", "-n", NICE, sys.executable, "-m", "tests.faults.attacks", name, str(port), str(seconds),
        stdout=asyncio.subprocess.PIPE, env=environment(),
    )  # fmt: skip
    told, _ = await process.communicate()
    return told.decode()


async def _warmed_up(name: str, port: int, replica: Replica) -> None:
    """Attack until what is made once is made, and until the cache holds no more of what is asked for."""
    held = 0
    for _ in range(WARM_UPS):
        await _attacked(name, port, 2)
        held, before = await _held(replica), held
        if held < before + (1 << 20):
            return


async def _settled(process: psutil.Process, most: float) -> None:
    """Wait until the process holds so few descriptors, for so long as it may take."""

    async def few() -> bool:
        return process.num_fds() <= most

    with contextlib.suppress(AssertionError):  # what is wrong then is told with figures
        await eventually(few, within=SETTLE_SECONDS)
