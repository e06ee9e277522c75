"""The probes: what they tell, and how soon."""

import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from chaishots import __version__
from chaishots.api.delivery import health_answers, probe_cache
from chaishots.database.connection import Connection, reading
from chaishots.database.pool_shares import Share, current_share
from chaishots.scheduler.election import stand_for_election
from chaishots.scheduler.publisher import publish_due
from tests.api.conftest import REPLICA, served
from tests.builders import AN_HOUR, a_lesson, a_program, a_release, a_term, database_now
from tests.cluster import eventually
from tests.conftest import Database


async def test_health_tells_how_the_schedule_stands(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_lesson(sql, due_in=AN_HOUR)

    answer = await client.get("/health")

    assert answer.status_code == 200
    state = answer.json()
    assert state.pop("next_publish_at") is not None
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(state.pop("heard_at")) < timedelta(seconds=5)
    assert abs(state.pop("clock_off_s")) < 2
    assert 0 <= state.pop("feed_behind_s") < 60  # nobody numbers here
    assert state == {
        "status": "ok",
        "leader": None,
        "next_end_at": None,
        "overdue_ends": 0,
        "refused_releases": 0,
        "next_change_at": None,
        "overdue_changes": 0,
        "blocked_changes": 0,
        "database": "ok",
        "scheduler": "standby",
        "replica": REPLICA,
        "version": __version__,
        "hears": "ok",
        "overdue": 0,
        "oldest_overdue_s": 0,
        "writes": "ok",
        "trouble": None,
    }


async def test_the_replica_whose_session_holds_the_lock_is_the_leader(
    client: httpx2.AsyncClient, database: Database
) -> None:
    async with stand_for_election(database.dsn, replica=REPLICA, lease_seconds=5):
        state = (await client.get("/health")).json()
        assert (state["scheduler"], state["leader"]) == ("leader", REPLICA)

    # Postgres ends the session when it sees the socket closed, a moment later.
    async def stands_by() -> bool:
        return (await client.get("/health")).json()["scheduler"] == "standby"

    await eventually(stands_by)


async def test_a_lesson_more_than_two_seconds_late_is_told_and_one_just_due_is_not(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await a_lesson(sql, due_in=timedelta(seconds=-60))
    await a_lesson(sql, due_in=timedelta(0))

    state = (await client.get("/health")).json()

    assert state["overdue"] == 1
    assert 60 <= state["oldest_overdue_s"] < 90


async def test_a_refused_lesson_stays_overdue_in_health(client: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=timedelta(seconds=-60))
    await sql.execute("update lesson set publish_error = 'No poster.' where id = $1", lesson)

    assert (await client.get("/health")).json()["overdue"] == 1


async def test_an_end_that_is_overdue_and_a_refused_release_are_told(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await a_lesson(sql, status="published", archive_at=await database_now(sql) - AN_HOUR)
    await a_lesson(sql, status="published", archive_at=await database_now(sql) + AN_HOUR)
    release = await a_release(sql)
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    await publish_due(sql, actor=REPLICA)

    state = (await client.get("/health")).json()

    assert (state["overdue_ends"], state["refused_releases"]) == (0, 1)  # publish_due took it down
    assert state["next_end_at"] is not None
    await a_lesson(sql, status="published", archive_at=await database_now(sql) - AN_HOUR)
    assert await eventually(lambda: _overdue_ends(client)) == 1


async def _overdue_ends(client: httpx2.AsyncClient) -> int:
    return (await client.get("/health")).json()["overdue_ends"]


async def test_probes_are_never_cached(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/health/live"):
        assert (await client.get(path)).headers["Cache-Control"] == "no-store"


async def test_a_replica_that_hears_no_changes_says_so_and_since_when(database: Database) -> None:
    async with served(database, listens=False) as deaf:
        state = (await deaf.client.get("/health")).json()
        assert (state["hears"], state["heard_at"]) == ("lost", None)
        deaf.listener.alive_at = time.monotonic() - 60
        state = (await deaf.client.get("/health")).json()
    heard_at = datetime.fromisoformat(state["heard_at"])
    assert timedelta(seconds=60) <= datetime.now(UTC) - heard_at < timedelta(seconds=90)
    assert state["hears"] == "lost"


async def test_a_queue_of_our_own_that_is_full_is_no_database_that_is_away(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_answers, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(probe_cache, "RECENT_SECONDS", 0)
    seen = (await client.get("/health")).json()
    current_share.set(Share.PROBES)
    async with reading():
        answer = await client.get("/health")
    assert answer.status_code == 200
    assert {**answer.json(), "heard_at": None} == {**seen, "heard_at": None}
