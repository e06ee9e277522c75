"""A primary that is killed, stopped, hangs, is demoted or takes no writes any more, and the standby that takes over.

Three replicas, wrk, editors, and lessons and changes that fall due ten times a second. The standby is a synchronous
one, so that nothing that was acknowledged may be gone. `-s` shows what was seen.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import httpx2
import psutil
import pytest

from chaishots.database.replicas import replicas
from tests.builders import a_public_program
from tests.cluster import Cluster, Replica, eventually
from tests.faults.own_postgres import FAST, OwnPostgres
from tests.faults.test_other_histories import hosts, standby_of
from tests.faults.witness import DATABASE_ERRORS, Witness, witnessed

AGAIN_SECONDS = 5
"""From the promotion until one leads and all are healthy."""
EDITED_SECONDS = 10
"""The same until each has taken an edit: one that was under way before may take all the time that a statement has."""
_KEPT = ("lessons", "changes", "not once", "changed not once", "early", "moved")
_READ_ONLY = "alter system set default_transaction_read_only = on"
_WRITTEN = """
    select after ->> 'description' as text, count(*) as times
      from activity where object_id = $1 and after ? 'description' group by 1
"""


@dataclass
class Seen:
    """What an editor of each replica was told, and how long it took from the promotion."""

    acknowledged: set[str] = field(default_factory=set[str])
    edited_at: dict[str, float] = field(default_factory=dict[str, float])
    statuses: Counter[str] = field(default_factory=Counter[str])

    async def edit(self, replica: Replica, program: object, token: str) -> None:
        """Edit over and over, and keep what was acknowledged."""
        number = 0
        while True:
            number += 1
            text = f"{replica.name} {number}"
            began = time.monotonic()
            try:
                answer = await replica.http.patch(
                    f"/cms/programs/{program}",
                    headers={"Authorization": f"Bearer {token}"},
                    json={"description": text},
                    timeout=15,
                )
            except httpx2.TransportError as error:
                self.statuses[type(error).__name__] += 1
                continue
            self.statuses[str(answer.status_code)] += 1
            if answer.status_code == 200:
                self.acknowledged.add(text)
                self.edited_at[replica.name] = began
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def _wrk(cluster: Cluster) -> AsyncIterator[None]:
    running = [
        await asyncio.create_subprocess_exec(
            *("wrk", "-t1", "-c2", "-d120", f"http://127.0.0.1:{replica.port}/catalog/programs"),
            stdout=asyncio.subprocess.DEVNULL,
        )
        for replica in cluster.replicas
    ]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            await one.wait()


async def _killed(old: OwnPostgres) -> None:
    await old.stop(signal.SIGKILL)


async def _stopped(old: OwnPostgres) -> None:
    await old.stop(FAST)


async def _hangs(old: OwnPostgres) -> None:
    for process in _processes(old):
        process.suspend()


async def _turned_read_only(old: OwnPostgres) -> None:
    await old.execute(_READ_ONLY)
    await old.execute("select pg_reload_conf()")


async def _demoted(old: OwnPostgres) -> None:
    await old.stop(FAST)


def _processes(server: OwnPostgres) -> list[psutil.Process]:
    assert server._process is not None
    parent = psutil.Process(server._process.pid)
    return [parent, *parent.children(recursive=True)]


@pytest.mark.campaign
@pytest.mark.parametrize("fault", [_killed, _stopped, _hangs, _turned_read_only, _demoted], ids=lambda f: f.__name__)
@pytest.mark.parametrize("order", ["old first", "new first"])
async def test_replicas_follow_a_synchronous_standby_and_nothing_is_lost_or_doubled(
    own_postgres: OwnPostgres, fault: Callable[[OwnPostgres], Awaitable[None]], order: str
) -> None:
    old = own_postgres
    async with standby_of(old) as new:
        await old.execute("alter system set synchronous_standby_names = '*'")
        await old.execute("select pg_reload_conf()")
        dsn = hosts(old, new) if order == "old first" else hosts(new, old)
        async with Cluster(dsn) as cluster:
            await cluster.start(3)
            await cluster.leader()
            seen = Seen()
            async with witnessed(cluster, dsn) as witness, _wrk(cluster), _editors(cluster, witness, seen) as program:
                await asyncio.sleep(3)
                before = dict(seen.edited_at)
                assert len(before) == 3
                try:
                    took = await _fail_over(cluster, witness, seen, fault, old, new)
                    await asyncio.sleep(2)
                    verdict = await witness.verdict()
                finally:
                    if fault is _hangs:
                        await old.stop(signal.SIGKILL)
            sql = await asyncpg.connect(new.dsn)
            try:
                written = {row["text"]: row["times"] for row in await sql.fetch(_WRITTEN, program)}
            finally:
                await sql.close()
            ended = [one.process.returncode for one in cluster.replicas]
        told: dict[str, object] = {
            **took,
            "acknowledged": len(seen.acknowledged),
            "lost": sorted(seen.acknowledged - written.keys())[:5],
            "doubled": [text for text, times in written.items() if times > 1][:5],
            "edits": dict(seen.statuses),
            **{
                name: verdict[name] for name in ("lessons", "changes", "not once", "changed not once", "early", "moved")
            },
        }
        print(f"\n{fault.__name__}, {order}: {json.dumps(told, default=str)}")
        assert ended == [None, None, None]
        assert (told["lost"], told["doubled"], verdict["not once"], verdict["changed not once"]) == ([], [], [], [])
        assert (verdict["early"], verdict["moved"]) == (0, 0)
        assert took.pop("all edited, s") <= EDITED_SECONDS
        assert max(took.values()) <= AGAIN_SECONDS


@contextlib.asynccontextmanager
async def _editors(cluster: Cluster, witness: Witness, seen: Seen) -> AsyncIterator[object]:
    sql = await asyncpg.connect(witness.dsn)
    program = await a_public_program(sql)
    await sql.close()
    tasks = [asyncio.create_task(seen.edit(replica, program, witness.token)) for replica in cluster.replicas]
    try:
        yield program
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _fail_over(
    cluster: Cluster,
    witness: Witness,
    seen: Seen,
    fault: Callable[[OwnPostgres], Awaitable[None]],
    old: OwnPostgres,
    new: OwnPostgres,
) -> dict[str, float]:
    """Make the fault, have the standby take over, and tell how many seconds after that all is well."""
    await fault(old)
    await asyncio.sleep(1)
    began = time.monotonic()
    await new.execute("select pg_promote()")
    promoted = time.monotonic()
    witness.dsn = cluster.dsn = new.dsn
    cluster._watch.terminate()
    if fault is _demoted:
        await old.start_as_standby_of(new)
    took = {"promotion": round(promoted - began, 2)}

    async def leads() -> bool:
        with contextlib.suppress(*DATABASE_ERRORS):
            connection = await asyncpg.connect(new.dsn, timeout=2)
            try:
                return any(one.leads for one in await replicas(connection))
            finally:
                connection.terminate()
        return False

    async def healthy() -> bool:
        return all(await asyncio.gather(*(replica.is_healthy() for replica in cluster.replicas)))

    async def edited() -> bool:
        return all(seen.edited_at[replica.name] > promoted for replica in cluster.replicas)

    async def measure(name: str, look: Callable[[], Awaitable[bool]]) -> None:
        await eventually(look)
        took[name] = round(time.monotonic() - promoted, 2)

    await asyncio.gather(
        measure("leader, s", leads), measure("all healthy, s", healthy), measure("all edited, s", edited)
    )
    return took
