"""What many cost who do little each: idle connections, clients of nginx, editors, and replicas that stand by.

    python -m bench.crowds idle [CONNECTIONS]     # 10,000: what a replica's memory grows by, and how soon it answers
    python -m bench.crowds proxied [CONNECTIONS]  # 2,000 of wrk's, through nginx
    python -m bench.crowds edits [EDITS]          # 10,000 by 50 editors: memory, connections, bloat, in ten steps
    python -m bench.crowds standing-by [SECONDS]  # 60, three replicas: statements, processor, VACUUM's horizon, log

DATABASE_URL names the Postgres; else embedded. Idle connections want descriptors: `ulimit -n` above their number.
"""

import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

import asyncpg
import httpx2
import psutil

from bench.client import Client, connected
from bench.compared_servers import LIST_PAGE
from bench.data import a_catalog
from bench.servers import nginx_before, replica
from bench.wrk import load
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.cluster import Cluster

_PROGRAMS: Final = 100
_MEGABYTE: Final = 1_000_000
_OPENED_AT_ONCE: Final = 100
_LOOKS: Final = 200
_EDITORS: Final = 50
_STEPS: Final = 10
_WRK_SECONDS: Final = 10
_SETTLE_SECONDS: Final = 10
"""After a start: what is read and compiled once is no cost of standing by."""

# Each request from another address, as a proxy before ours tells it: what one address may have is not what is measured.
_ADDRESSES: Final = """
local number = 0
request = function()
    number = (number + 1) % 60000
    local address = string.format("10.1.%d.%d", math.floor(number / 250), number % 250 + 1)
    return wrk.format(nil, nil, {["X-Forwarded-For"] = address})
end
"""
_BLOAT: Final = """
    select pg_database_size(current_database()) as bytes, pg_table_size('lesson') as lesson_bytes,
           (select n_dead_tup from pg_stat_user_tables where relname = 'lesson') as dead,
           (select count(*) from pg_stat_activity where application_name like 'chaishots:%') as connections
"""
_TRANSACTIONS: Final = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
# How long what a session of ours still looks at has been dead: VACUUM cleans nothing that is younger.
_HORIZON: Final = """
    select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
     where application_name like 'chaishots:%' and backend_xmin is not null
"""


async def _idle(postgres: str, connections: int) -> None:
    """Open so many connections that ask once each, and stay."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    dsn = await a_catalog(postgres, _PROGRAMS)
    async with replica(dsn) as (url, pid):
        server = psutil.Process(pid)
        async with connected(url) as one:
            await _look(one)
            before = server.memory_info().rss
            crowd = [Client("127.0.0.1", int(url.rpartition(":")[2])) for _ in range(connections)]
            for first in range(0, connections, _OPENED_AT_ONCE):
                await asyncio.gather(*(_ask_once(client) for client in crowd[first : first + _OPENED_AT_ONCE]))
            more = server.memory_info().rss - before
            is_open = sum(connection.status == psutil.CONN_ESTABLISHED for connection in server.net_connections("tcp"))
            answered_ms = await _look(one)
        print(f"{connections:,} connections, {is_open:,} of them open: {more / _MEGABYTE:.0f} MB more")
        print(f"a warm read beside them: median {answered_ms:.1f} ms")
        for client in crowd:
            client.close()


async def _ask_once(client: Client) -> None:
    await client.open()
    await client.get("/health/live")


async def _look(client: Client) -> float:
    took_ms: list[float] = []
    for _ in range(_LOOKS):
        began = time.perf_counter()
        await client.get(LIST_PAGE)
        took_ms.append((time.perf_counter() - began) * 1000)
    return statistics.median(took_ms)


async def _proxied(postgres: str, connections: int) -> None:
    """Ask through nginx, as the compose topology has it, over so many connections."""
    dsn = await a_catalog(postgres, _PROGRAMS)
    with tempfile.TemporaryDirectory(prefix="chaishots-") as folder:
        async with (
            replica(dsn) as (upstream, pid),
            nginx_before(Path(folder) / "nginx", upstream, unbounded=True) as url,
        ):
            before = psutil.Process(pid).memory_info().rss
            script = Path(folder) / "addresses.lua"
            script.write_text(_ADDRESSES)
            seen = await load(url + LIST_PAGE, seconds=_WRK_SECONDS, connections=connections, script=script)
            print(
                f"{connections:,} connections: {seen.rate:,.0f} a second, median {seen.p50_ms:.0f} ms, "
                f"p99 {seen.p99_ms:.0f} ms, {seen.failed} not 2xx or 3xx, or broken"
            )
            more = psutil.Process(pid).memory_info().rss - before
            print(f"the replica's memory: {more / _MEGABYTE:+.0f} MB")


async def _edits(postgres: str, edits: int) -> None:
    """Have editors edit lessons, each in turn, and look after every tenth of it what that has cost."""
    dsn = await a_catalog(postgres, _PROGRAMS)
    sql = await asyncpg.connect(dsn)
    _, token = await create_token(sql, "bench", Role.EDITOR)
    lessons = [str(row["id"]) for row in await sql.fetch("select id from lesson order by id limit $1", _EDITORS)]
    numbers = iter(range(edits))
    async with replica(dsn) as (url, pid):
        server = psutil.Process(pid)
        done = count(1)
        step = max(1, edits // _STEPS)
        began = time.monotonic()

        async def edit(client: httpx2.AsyncClient, lesson: str) -> None:
            for number in numbers:
                answer = await client.patch(f"/cms/lessons/{lesson}", json={"title": f"As of {number}"})
                answer.raise_for_status()
                if (so_far := next(done)) % step == 0:
                    await _tell_cost(sql, server, so_far, time.monotonic() - began)

        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
            await _tell_cost(sql, server, 0, 0)
            await asyncio.gather(*(edit(client, lesson) for lesson in lessons))
    await sql.close()


async def _tell_cost(sql: Connection, server: psutil.Process, edits: int, seconds: float) -> None:
    row = await sql.fetchrow(_BLOAT)
    assert row is not None  # a row of scalars
    print(
        f"{edits:>7,} edits, {seconds:>5.0f} s: the replica has {server.memory_info().rss / _MEGABYTE:.0f} MB, "
        f"{row['connections']} connections to Postgres; the lessons' table {row['lesson_bytes'] / _MEGABYTE:.1f} MB "
        f"with {row['dead']:,} dead rows, all of the database {row['bytes'] / _MEGABYTE:.0f} MB",
        flush=True,
    )


async def _standing_by(postgres: str, seconds: int) -> None:
    """Have three replicas with nothing to do."""
    dsn = await a_catalog(postgres, _PROGRAMS)
    sql = await asyncpg.connect(postgres)
    inside = await asyncpg.connect(dsn)
    async with Cluster(dsn) as cluster:
        replicas = await cluster.start(3)
        await cluster.leader()
        await asyncio.sleep(_SETTLE_SECONDS)
        processes = [psutil.Process(one.process.pid) for one in replicas]
        logged = [len(one.log_text().splitlines()) for one in replicas]
        used = [sum(process.cpu_times()[:2]) for process in processes]
        ran = await inside.fetchval(_TRANSACTIONS)
        oldest = 0.0
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            oldest = max(oldest, await sql.fetchval(_HORIZON))
            await asyncio.sleep(1)
        statements = await inside.fetchval(_TRANSACTIONS) - ran
        shares = [(sum(one.cpu_times()[:2]) - before) / seconds for one, before in zip(processes, used, strict=True)]
        lines = [len(one.log_text().splitlines()) - before for one, before in zip(replicas, logged, strict=True)]
        print(f"three replicas for {seconds} s: {statements / seconds / 3:.2f} statements a second of each")
        print(f"of a core, each: {', '.join(f'{share:.2%}' for share in shares)}; lines logged: {lines}")
        print(f"the oldest that any of their sessions kept VACUUM from was {oldest:.1f} s")
    await inside.close()
    await sql.close()


_WHAT: Final[Mapping[str, tuple[Callable[[str, int], Coroutine[None, None, None]], int]]] = {
    "idle": (_idle, 10_000),
    "proxied": (_proxied, 2_000),
    "edits": (_edits, 10_000),
    "standing-by": (_standing_by, 60),
}


def main() -> None:
    """Measure what is named."""
    what, *number = sys.argv[1:] or [""]
    if what not in _WHAT or not all(given.isdecimal() and int(given) for given in number):
        sys.exit((__doc__ or "").partition("\n\nDATABASE")[0])
    measure, usual = _WHAT[what]
    with ExitStack() as stack:
        if (postgres := os.environ.get("DATABASE_URL")) is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-"))
            postgres = stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(measure(postgres, int(number[0]) if number else usual))


if __name__ == "__main__":
    main()
