"""A drill on three replicas while lessons fall due: the leader's session is ended, its process paused, and killed."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from chaishots.database.connection import Connection
from chaishots.scheduler.drill import Means, Outcome, drill, set_scene
from tests.builders import a_term, lessons_due
from tests.cluster import Cluster, Replica, eventually
from tests.commands import chaishots, ended, started

LEASE_SECONDS = 1
_DUE_EVERY = """
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_urls, thumbnails, status, publish_at)
    select term_id, lesson_number + n, title, content_type, duration_ms, content_language_primary, content_urls,
           thumbnails, 'scheduled', now() + n * interval '20 ms'
      from lesson, generate_series(1, 1000) n
"""


async def _drilled(sql: Connection, means: Means) -> Outcome:
    outcome = await drill(sql, await set_scene(sql, means), means, lease_ms=LEASE_SECONDS * 1_000)
    assert outcome.is_kept, outcome
    return outcome


@contextlib.asynccontextmanager
async def _paused_by_a_drill(cluster: Cluster) -> AsyncIterator[tuple[asyncio.subprocess.Process, Replica]]:
    old = await cluster.leader()
    process = psutil.Process(old.process.pid)
    running = await started("drill", "--pause", "--yes", DATABASE_URL=cluster.dsn)

    async def is_paused() -> bool:
        return process.status() == psutil.STATUS_STOPPED

    async def is_awake() -> bool:
        return not await is_paused()

    await eventually(is_paused)
    yield running, old
    await eventually(is_awake, within=5)


@pytest.mark.alone
async def test_each_kind_of_drill_tells_how_soon_another_leads_and_wakes_whom_it_paused(
    cluster: Cluster, sql: Connection
) -> None:
    await cluster.start(3, CHAISHOTS_LEASE_SECONDS=str(LEASE_SECONDS))
    old = await cluster.leader()
    unasked = await chaishots("drill", DATABASE_URL=cluster.dsn)
    assert (unasked.code, "--yes" in unasked.err) == (2, True)
    assert await cluster.leader() is old
    await lessons_due(sql, 1, term=await a_term(sql))
    await sql.execute(_DUE_EVERY)

    ended_session = await _drilled(sql, Means.SESSION)
    assert (ended_session.led, ended_session.leads) == (old.name, (await cluster.leader()).name)
    # Another may lead after a millisecond: then what is due each 20 ms may have fallen due meanwhile, or nothing.
    assert all(one.done_at for one in ended_session.fell_due)
    assert (ended_session.latest_ms or 0) < 1_500
    assert ended_session.back_ms

    paused = await _drilled(sql, Means.PAUSE)
    assert (paused.promised_ms, paused.gap_ms > 100) == (LEASE_SECONDS * 1_000 + 1_000, True)
    assert len(paused.fell_due) > 5

    async with _paused_by_a_drill(cluster) as (running, _):
        running.send_signal(signal.SIGINT)
        stopped = await ended(running)
        assert (stopped.code, stopped.out) == (130, "")
    async with _paused_by_a_drill(cluster) as (running, _):
        running.kill()
        await ended(running)

    ran = await chaishots("drill", "--kill", "--yes", "--json", DATABASE_URL=cluster.dsn)
    killed = json.loads(ran.out)
    assert (ran.code, killed["kept"], killed["promised_ms"], killed["gap_ms"] <= 100) == (0, True, 100, True)
    gone = next(replica for replica in cluster.replicas if replica.name == killed["led"])
    assert await gone.process.wait() == -signal.SIGKILL
    print(f"\ngaps, in ms: {ended_session.gap_ms:.0f}, paused {paused.gap_ms:.0f}, killed {killed['gap_ms']:.0f}")
