"""Postgres restarted, sessions ended, replicas paused, writes refused, again and again, under load: `make faults`.

How often and with which seed: CHAISHOTS_FAULTS_ROUNDS (20) and CHAISHOTS_FAULTS_SEED (of the clock). Prints what it
saw.
"""

import asyncio
import contextlib
import os
import random
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.cluster import Cluster, Replica, eventually
from tests.faults.own_postgres import FAST, IMMEDIATE, OwnPostgres
from tests.faults.witness import LEADER_SECONDS, Witness, witnessed

pytestmark = pytest.mark.campaign

ROUNDS = int(os.environ.get("CHAISHOTS_FAULTS_ROUNDS", "20"))
SEED = int(os.environ.get("CHAISHOTS_FAULTS_SEED", str(int(time.time()))))
REFUSAL_SECONDS = float(os.environ.get("CHAISHOTS_FAULTS_REFUSAL_SECONDS", "15"))
LEASE_SECONDS = 5
"""As `chaishots serve` has it where nothing is said."""
_SESSIONS = """
    select pid from pg_stat_activity where application_name like 'chaishots:%' and pid <> pg_backend_pid()
"""


@pytest.fixture
async def running(own_postgres: OwnPostgres) -> AsyncIterator[tuple[OwnPostgres, Cluster, Witness]]:
    """Three replicas with a Postgres of their own, under load."""
    async with Cluster(own_postgres.dsn) as cluster:
        await cluster.start(3)
        async with witnessed(cluster, own_postgres.dsn) as witness:
            yield own_postgres, cluster, witness


async def test_restarts_of_postgres(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
    postgres, cluster, witness = running
    for turn in range(ROUNDS):
        await postgres.stop(FAST if turn % 2 else IMMEDIATE)
        await postgres.start()
        await witness.leads_again()
        await _are_healthy(cluster)
    await _judge(witness, "restarts of Postgres", ROUNDS)


async def test_sessions_that_are_ended_at_random(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
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


async def test_replicas_that_are_paused_at_random(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
    _, cluster, witness = running
    chance = random.Random(SEED)
    longest = float(os.environ.get("CHAISHOTS_FAULTS_PAUSE_SECONDS", "9"))
    nobody_led_s: list[float] = []
    for _ in range(max(3, ROUNDS // 3)):
        replica = chance.choice(cluster.replicas)
        with replica.paused():
            nobody_led_s.append(await _without_a_leader(cluster, replica, chance.uniform(1, longest)))
        await witness.leads_again()
        # Else the next pause of the same one prolongs this: who waited for an answer was given none for 92 s.
        await witness.is_answered_by(replica)
    await _are_healthy(cluster)
    print(f"\nnobody led during a pause for at most {max(nobody_led_s):.2f} s")
    await _judge(witness, "pauses", max(3, ROUNDS // 3), leads_within_s=LEADER_SECONDS)
    assert max(nobody_led_s) <= LEASE_SECONDS + 1


async def test_a_while_in_which_postgres_is_read_only(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
    postgres, cluster, witness = running
    seconds = REFUSAL_SECONDS
    connection = await asyncpg.connect(postgres.outside)
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a small disk to fill")
async def test_a_while_in_which_the_disk_is_full(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
    postgres, cluster, witness = running
    postgres.fill()
    connection = await asyncpg.connect(witness.dsn)
    told: list[object] = []
    ends = time.monotonic() + REFUSAL_SECONDS
    while time.monotonic() < ends:
        # What has room in pages that are there already goes on for a while.
        with contextlib.suppress(asyncpg.PostgresError):
            await connection.execute("update program set description = repeat(md5(random()::text), 300)")
        told += [await replica.health() for replica in cluster.replicas]
    postgres.empty()
    await connection.close()
    await witness.leads_again()
    await _are_healthy(cluster)
    print(f"\nlast told while it was full: {told[-1]}")
    await _judge(witness, "seconds of a full disk", round(REFUSAL_SECONDS))


async def test_settings_of_the_database_that_nobody_would_choose(running: tuple[OwnPostgres, Cluster, Witness]) -> None:
    postgres, cluster, witness = running
    for setting in ("idle_session_timeout = '2s'", "statement_timeout = '150ms'", "lock_timeout = '50ms'"):
        await postgres.execute(f"alter database chaishots set {setting}")
    await postgres.execute("alter database chaishots set default_transaction_isolation = serializable")
    await postgres.execute(f"select pg_terminate_backend(pid) from ({_SESSIONS}) as session")
    await asyncio.sleep(REFUSAL_SECONDS)
    await witness.leads_again()
    await _are_healthy(cluster)
    await _judge(witness, "seconds of odd settings", round(REFUSAL_SECONDS))


async def _without_a_leader(cluster: Cluster, paused: Replica, seconds: float) -> float:
    """Let a pause last for so long; for how much of it nobody led who is awake."""
    began = time.monotonic()
    led_after_s = seconds
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            if await cluster.leader() is paused:
                await cluster.leader(other_than=paused)
            led_after_s = time.monotonic() - began
    await asyncio.sleep(began + seconds - time.monotonic())
    return led_after_s


async def _are_healthy(cluster: Cluster) -> None:
    await asyncio.gather(*(eventually(replica.is_healthy) for replica in cluster.replicas))


async def _judge(witness: Witness, what: str, times: int, *, leads_within_s: float = LEADER_SECONDS) -> None:
    seen = await witness.verdict()
    print(f"\n{times} {what} (seed {SEED}):")
    for name, value in seen.items():
        print(f"  {name}: {value}")
    assert witness.scheduled > 10
    assert (seen["ended"], seen["not once"], seen["changed not once"]) == ([], [], [])
    assert (seen["early"], seen["moved"], seen["wrong"]) == (0, 0, [])
    assert max(witness.leader_after_s) <= leads_within_s
