"""Postgres restarted, sessions ended, replicas paused, writes refused, again and again, under load: `make faults`.

How often and with which seed: CHAISHOTS_FAULTS_ROUNDS (20) and CHAISHOTS_FAULTS_SEED (of the clock). Prints what it
saw.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from chaishots.database.embedded import embedded_postgres
from tests.cluster import Cluster, eventually
from tests.conftest import in_database
from tests.faults.test_outages import _postmaster, own_postgres
from tests.faults.witness import LEADER_SECONDS, Witness, witnessed

__all__ = ["own_postgres"]

pytestmark = pytest.mark.campaign

ROUNDS = int(os.environ.get("CHAISHOTS_FAULTS_ROUNDS", "20"))
SEED = int(os.environ.get("CHAISHOTS_FAULTS_SEED", str(int(time.time()))))
_SESSIONS = """
    select pid from pg_stat_activity where application_name like 'chaishots:%' and pid <> pg_backend_pid()
"""


@pytest.fixture
async def running(own_postgres: tuple[Path, str]) -> AsyncIterator[tuple[Path, Cluster, Witness]]:
    """Three replicas with a Postgres of their own, under load."""
    folder, dsn = own_postgres
    async with Cluster(dsn) as cluster:
        await cluster.start(3)
        async with witnessed(cluster, dsn) as witness:
            yield folder, cluster, witness


async def test_restarts_of_postgres(running: tuple[Path, Cluster, Witness]) -> None:
    folder, cluster, witness = running
    for turn in range(ROUNDS):
        postmaster = _postmaster(folder)
        # Fast and immediate, by turns.
        os.kill(postmaster.pid, signal.SIGINT if turn % 2 else signal.SIGQUIT)
        await asyncio.to_thread(postmaster.wait, 30)
        with await asyncio.to_thread(_started, folder):
            await witness.leads_again()
            await _are_healthy(cluster)
    await _judge(witness, "restarts of Postgres", ROUNDS)


async def test_sessions_that_are_ended_at_random(running: tuple[Path, Cluster, Witness]) -> None:
    _, cluster, witness = running
    chance = random.Random(SEED)
    times = 20 * ROUNDS
    connection = await asyncpg.connect(witness.dsn)
    for _ in range(times):
        sessions = [row["pid"] for row in await connection.fetch(_SESSIONS)]
        if sessions:
            await connection.execute("select pg_terminate_backend($1)", chance.choice(sessions))
        await asyncio.sleep(chance.uniform(0.005, 0.1))
    await connection.close()
    await witness.leads_again()
    await _are_healthy(cluster)
    await _judge(witness, "sessions ended", times)


async def test_replicas_that_are_paused_at_random(running: tuple[Path, Cluster, Witness]) -> None:
    _, cluster, witness = running
    chance = random.Random(SEED)
    longest = float(os.environ.get("CHAISHOTS_FAULTS_PAUSE_SECONDS", "9"))
    for _ in range(max(3, ROUNDS // 3)):
        with chance.choice(cluster.replicas).paused():
            await asyncio.sleep(chance.uniform(1, longest))
        await witness.leads_again()
    await _are_healthy(cluster)
    await _judge(witness, "pauses", max(3, ROUNDS // 3), leads_within_s=LEADER_SECONDS + 3)


async def test_a_while_in_which_postgres_is_read_only(running: tuple[Path, Cluster, Witness]) -> None:
    _, cluster, witness = running
    seconds = float(os.environ.get("CHAISHOTS_FAULTS_REFUSAL_SECONDS", "15"))
    connection = await asyncpg.connect(in_database(witness.dsn, "postgres"))
    lines = [len(replica.log_text().splitlines()) for replica in cluster.replicas]
    await connection.execute("alter database chaishots set default_transaction_read_only = on")
    await connection.execute(f"select pg_terminate_backend(pid) from ({_SESSIONS}) as session")
    told: list[object] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        told += [await replica.health() for replica in cluster.replicas]
        await asyncio.sleep(0.5)
    logged = [
        len(replica.log_text().splitlines()) - before for replica, before in zip(cluster.replicas, lines, strict=True)
    ]
    await connection.execute("alter database chaishots reset default_transaction_read_only")
    await connection.execute(f"select pg_terminate_backend(pid) from ({_SESSIONS}) as session")
    await connection.close()
    await witness.leads_again()
    await _are_healthy(cluster)
    print(f"\nlines logged by each in {seconds:.0f} s of read-only: {logged}; last told: {told[-1]}")
    await _judge(witness, "seconds read-only", round(seconds))


def _started(folder: Path):
    return embedded_postgres(folder)


async def _are_healthy(cluster: Cluster) -> None:
    await asyncio.gather(*(eventually(replica.is_healthy) for replica in cluster.replicas))


async def _judge(witness: Witness, what: str, times: int, *, leads_within_s: float = LEADER_SECONDS) -> None:
    seen = await witness.verdict()
    print(f"\n{times} {what} (seed {SEED}):")
    for name, value in seen.items():
        print(f"  {name}: {value}")
    assert witness.scheduled > 10
    assert (seen["ended"], seen["not once"], seen["early"], seen["moved"], seen["wrong"]) == ([], [], 0, 0, [])
    assert max(witness.leader_after_s) <= leads_within_s
