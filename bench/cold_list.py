"""What a list of 20 programs costs that is rendered anew, beside what it cost at another commit.

    git worktree add /tmp/before COMMIT && python -m bench.cold_list /tmp/before

Each commit on its own database with the standard data, made by its own code; one client, one answer after another, in
alternation: within a round, whatever else the machine does falls alike on both. Prints how long an answer takes, and
how much of it the processor works, for the server and its sessions of Postgres, which are to be on this machine.
Without a folder, only what stands here is measured. DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from bench.client import Answer, Client, connected, fetched
from bench.compared_servers import COLD, LIST_PAGE
from chaishots.database.embedded import embedded_postgres
from tests.cluster import environment, eventually, free_port

ROUNDS: Final = 15
ANSWERS: Final = 20
_SESSIONS: Final = """
    select pid from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
_HERE: Final = Path(__file__).parents[1]
# In a process of that commit's: the standard data is as its schema has it.
_MAKE: Final = "import asyncio, sys; from bench import data; print(asyncio.run(data.a_catalog(sys.argv[1], 200)))"


async def _catalog_of(tree: Path, postgres: str) -> str:
    """The DSN of a database with the standard data."""
    make = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _MAKE, postgres), cwd=tree, env=environment(), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await make.communicate()
    return told.decode().splitlines()[-1]


@dataclass(frozen=True)
class Served:
    """A server of a commit, that keeps no answers."""

    client: Client
    pid: int
    dsn: str

    async def worked_ms(self) -> tuple[float, float]:
        """How long the processor has worked: for the server, and for its sessions of Postgres."""
        sql = await asyncpg.connect(self.dsn)
        try:
            sessions = await sql.fetch(_SESSIONS)
        finally:
            await sql.close()
        return _worked_ms([self.pid]), _worked_ms([row["pid"] for row in sessions])


def _worked_ms(pids: list[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(time.user + time.system for time in times) * 1000


@asynccontextmanager
async def _server_of(tree: Path, dsn: str) -> AsyncGenerator[Served]:
    """A server of this commit, with a connection to it."""
    port = free_port()
    told = environment() | COLD | {"DATABASE_URL": dsn, "PORT": str(port)}
    with tempfile.TemporaryFile() as log:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chaishots", "serve"), cwd=tree, env=told, stdout=log, stderr=log
        )

        async def first_answer() -> Answer | None:
            try:
                answer = await fetched(f"http://127.0.0.1:{port}", LIST_PAGE)
            except OSError:
                return None
            return answer if answer.status == 200 else None

        try:
            await eventually(first_answer)
            async with connected(f"http://127.0.0.1:{port}") as client:
                yield Served(client, server.pid, dsn)
        finally:
            server.terminate()
            await server.wait()


async def _answer_ms(client: Client) -> float:
    began = time.perf_counter()
    for _ in range(ANSWERS):
        await client.get(LIST_PAGE)
    return (time.perf_counter() - began) / ANSWERS * 1000


async def main(trees: list[Path], postgres: str) -> None:
    """Measure, and print the figures."""
    async with AsyncExitStack() as stack:
        served = [
            await stack.enter_async_context(_server_of(tree, await _catalog_of(tree, postgres))) for tree in trees
        ]
        # The first round warms up.
        sizes = [len((await each.client.get(LIST_PAGE)).body) for each in served]
        await asyncio.gather(*(_answer_ms(each.client) for each in served))
        before = [await each.worked_ms() for each in served]
        rounds = [[await _answer_ms(each.client) for each in served] for _ in range(ROUNDS)]
        after = [await each.worked_ms() for each in served]
    worked = [
        [(now - then) / ROUNDS / ANSWERS for now, then in zip(*both, strict=True)]
        for both in zip(after, before, strict=True)
    ]
    for tree, size, took, (server, sessions) in zip(trees, sizes, zip(*rounds, strict=True), worked, strict=True):
        print(
            f"{tree}: {size:,} bytes, {statistics.median(took):.2f} ms (least {min(took):.2f}); "
            f"the processor: server {server:.2f} ms, Postgres {sessions:.2f} ms"
        )
    if len(trees) > 1:
        took = statistics.median(here / there for here, there in rounds)
        print(f"{took:.2f} x, the median of {ROUNDS} rounds; the processor {sum(worked[0]) / sum(worked[1]):.2f} x")


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(main([_HERE, *(Path(each).resolve() for each in sys.argv[1:2])], url))
