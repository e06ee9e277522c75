"""Random faults on replicas and Postgres, and a history of what clients saw, checked by rule: nothing may be broken.

`make faults` has 20 seeds of 8 replicas for 60 s; `make test` one of 3 for 6 s. CHAISHOTS_FAULTS_SEED is the first (it
is printed; else the clock tells); CHAISHOTS_FAULTS_SEEDS, CHAISHOTS_FAULTS_REPLICAS and CHAISHOTS_FAULTS_SECONDS say
how many, of how many, for how long. The rules and their bounds are in `history.py`.
"""

import asyncio
import os
import random
import statistics
import time
from collections import Counter
from contextlib import AsyncExitStack

import asyncpg
import pytest

from tests.builders import a_public_program, a_term
from tests.cluster import Cluster
from tests.faults.history import SILENCE, Bounds, History, faults_of, lateness_ms, longest_without_a_leader_s
from tests.faults.own_postgres import OwnPostgres
from tests.faults.random_faults import LEASE_SECONDS, RandomFaults
from tests.faults.recorder import AUDIT, Recorder

SEED = int(os.environ.get("CHAISHOTS_FAULTS_SEED", str(int(time.time()))))
SEEDS = int(os.environ.get("CHAISHOTS_FAULTS_SEEDS", "20"))
REPLICAS = int(os.environ.get("CHAISHOTS_FAULTS_REPLICAS", "8"))
SECONDS = float(os.environ.get("CHAISHOTS_FAULTS_SECONDS", "60"))
SETTLED_SECONDS = 1
"""How long is looked on when all faults are over."""
BOUNDS = Bounds(hangs_s=LEASE_SECONDS + 1)
"""What is promised."""
ON_A_BUSY_MACHINE = Bounds(hangs_s=LEASE_SECONDS + 2)


async def _recorded(postgres: OwnPostgres, seed: int, replicas: int, seconds: float) -> tuple[Recorder, History]:
    chance = random.Random(seed)
    async with AsyncExitStack() as ways, Cluster(postgres.dsn) as cluster:
        history = History()
        faults = RandomFaults(cluster, postgres, chance, history)
        await faults.start(replicas, ways)
        sql = await asyncpg.connect(postgres.dsn)
        await sql.execute(AUDIT)
        recorder = Recorder(postgres.dsn, await a_term(sql, await a_public_program(sql)), chance, history)
        await sql.close()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(recorder.read(replica)) for replica in faults.replicas]
            faults.started = lambda replica: tasks.append(group.create_task(recorder.read(replica)))
            tasks.append(group.create_task(recorder.watch()))
            writing = group.create_task(recorder.schedule())
            stop = asyncio.Event()
            befalling = [group.create_task(one(stop)) for one in (faults.befall_replicas, faults.befall_postgres)]
            await asyncio.sleep(seconds)
            stop.set()
            await asyncio.wait(befalling)
            writing.cancel()
            await recorder.everything_due_is_out()
            await asyncio.sleep(SETTLED_SECONDS)
            for task in tasks:
                task.cancel()
        ended = [one.log_text()[-2000:] for one in faults.replicas if one.process.returncode is not None]
        assert ended == []
        return recorder, await recorder.outcome()


async def _is_kept(postgres: OwnPostgres, seed: int, replicas: int, seconds: float, bounds: Bounds = BOUNDS) -> None:
    print(f"\nCHAISHOTS_FAULTS_SEED={seed}, {replicas} replicas, {seconds:g} s:")
    recorder, history = await _recorded(postgres, seed, replicas, seconds)
    broken = faults_of(history, bounds)
    late_ms = lateness_ms(history)
    suffered = Counter(fault.kind for fault in history.faults)
    print(f"  {len(history.looks):,} looks, {len(history.leaders):,} at the lock, {len(history.lessons)} lessons")
    print(f"  faults: {dict(suffered)}; not answered: {dict(recorder.unanswered)}")
    print(
        f"  first seen after: median {statistics.median(late_ms):.0f} ms, max {late_ms[-1]:,.0f} ms; "
        f"nobody led for {longest_without_a_leader_s(history):.2f} s at the longest"
    )
    for line in broken[:20]:
        print(f"  {line}")
    assert broken == []
    assert recorder.wrong == []
    assert len(history.lessons) > seconds
    assert sum(suffered.values()) > seconds / 4
    assert suffered[SILENCE] > 0


@pytest.mark.alone
async def test_a_short_history_under_random_faults_breaks_no_rule(own_postgres: OwnPostgres) -> None:
    await _is_kept(own_postgres, SEED, 3, 6, ON_A_BUSY_MACHINE)


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(SEEDS))
async def test_a_history_under_random_faults_breaks_no_rule(own_postgres: OwnPostgres, number: int) -> None:
    await _is_kept(own_postgres, SEED + number, REPLICAS, SECONDS)
