"""Sessions of a process that hangs in the middle of a statement end, though no timeout of Postgres' strikes."""

import asyncio

import asyncpg
import pytest

from chaishots.database import hung_sessions
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection, session
from chaishots.database.hung_sessions import end_silent_sessions
from chaishots.database.replicas import replicas
from chaishots.scheduler.election import stand_for_election
from tests.cluster import eventually
from tests.conftest import Database

_WAITS = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


async def test_a_leader_that_hangs_within_a_statement_loses_the_lead_after_the_lease(
    fresh_database: Database, sql: Connection
) -> None:
    loop = asyncio.get_running_loop()
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=1) as first:
        await first.session.prepare("select 1")  # and never its values
        began = loop.time()
        async with stand_for_election(fresh_database.dsn, replica="second", lease_seconds=1):
            gap = loop.time() - began
            assert [(one.name, one.leads) for one in await replicas(sql)] == [("second", True)]
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
            await first.session.execute("select 1")
    assert gap <= 1 + 1


async def test_what_a_process_that_hangs_within_a_statement_has_locked_is_free_again(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with session(fresh_database.dsn, application_name="chaishots:first:pool") as ours:
        await ours.execute("select pg_advisory_lock($1)", PUBLISHER)
        await ours.prepare("select 1")
        left = await end_silent_sessions(sql)
        monkeypatch.setattr(hung_sessions, "PINNED", {"idle_in_transaction_session_timeout": "0"})

        async def is_free() -> bool:
            await end_silent_sessions(sql)
            return await sql.fetchval("select pg_try_advisory_lock($1)", PUBLISHER)

        await eventually(is_free)
        assert await end_silent_sessions(sql) is None
    assert left is not None
    assert 0 < left <= 61


async def test_who_is_at_work_or_not_ours_is_left_alone(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hung_sessions, "PINNED", {"idle_in_transaction_session_timeout": "-1 hour"})
    async with (
        session(fresh_database.dsn, application_name="psql") as strange,
        session(fresh_database.dsn, application_name="chaishots:first:pool") as idle,
        session(fresh_database.dsn, application_name="chaishots:second:pool") as at_work,
    ):
        await strange.prepare("select 1")
        await idle.fetchval("select 1")
        await sql.execute("select pg_advisory_lock($1)", PUBLISHER)
        working = asyncio.create_task(at_work.execute(f"select pg_advisory_lock_shared({PUBLISHER})"))
        await eventually(lambda: sql.fetchval(_WAITS))
        assert await end_silent_sessions(sql) is None
        await sql.execute("select pg_advisory_unlock($1)", PUBLISHER)
        await working
        assert [await each.fetchval("select 1") for each in (strange, idle)] == [1, 1]
