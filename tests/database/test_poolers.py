"""A pooler that keeps no session together is found out before anything is locked through it; one that does is used."""

import asyncio

import asyncpg
import pytest

from chaishots.database import poolers
from chaishots.database.connection import Connection, session
from chaishots.database.errors import DatabaseRefuses, DatabaseTrouble
from chaishots.database.migrations import migrate
from chaishots.database.pool import open_pool
from chaishots.scheduler.election import stand_for_election
from tests.cluster import DEADLINE_SECONDS, free_port
from tests.commands import chaishots
from tests.conftest import Database
from tests.poolers import pgbouncer

DIRECT = "CHAISHOTS_DIRECT_DATABASE_URL"
LOCKS = """
    select count(*) from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())
"""


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_nothing_is_locked_through_a_pooler_that_takes_every_parameter_and_keeps_no_session(
    fresh_database: Database, sql: Connection, mode: str
) -> None:
    async with pgbouncer(fresh_database.dsn, mode) as url:
        with pytest.raises(DatabaseRefuses) as migrated:
            await migrate(url, application_name="tests")
        with pytest.raises(DatabaseRefuses) as elected:
            async with stand_for_election(url, replica="brew", lease_seconds=5):
                pass
        told = await chaishots("list", "lessons", DATABASE_URL=url)
    assert DIRECT in migrated.value.trouble.action
    assert elected.value.trouble == migrated.value.trouble
    assert (told.code, told.out, len(told.err.splitlines()), DIRECT in told.err) == (1, "", 1, True)
    assert await sql.fetchval(LOCKS) == 0


async def test_one_that_refuses_our_parameters_ends_a_start_with_the_settings_name(fresh_database: Database) -> None:
    async with pgbouncer(fresh_database.dsn, "transaction", ignores=False) as url:
        told = await chaishots("serve", DATABASE_URL=url, PORT=str(free_port()))
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert DIRECT in told.err


async def test_one_in_session_mode_is_used_and_what_it_dropped_is_told_anew(fresh_database: Database) -> None:
    async with (
        pgbouncer(fresh_database.dsn, "session") as url,
        session(url, application_name="tests", idle_session_timeout="7s", search_path='"$user", public') as connection,
    ):
        names = ("idle_session_timeout", "jit", "search_path", "application_name")
        told = [await connection.fetchval("select current_setting($1)", name) for name in names]
    assert told == ["7s", "off", '"$user", public', "tests"]


@pytest.mark.parametrize("round_robin", [False, True])
@pytest.mark.parametrize(("workers", "idle", "statement_ms"), [(4, 0, 1), (1, 3, 20)])
async def test_a_pooler_that_others_use_is_found_out_too(
    fresh_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    idle: int,
    statement_ms: int,
    *,
    round_robin: bool,
) -> None:
    """Whether the others are in our way, or idle backends are so many that nobody need meet another's."""
    monkeypatch.setattr(poolers, "PROOF_SECONDS", DEADLINE_SECONDS)  # what it is found to be, however long it takes
    async with pgbouncer(fresh_database.dsn, "transaction", round_robin=round_robin) as url:

        async def work(other: Connection) -> None:
            while True:
                async with other.transaction():
                    await other.execute(f"select pg_sleep({statement_ms / 1000})")

        connected = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(max(workers, idle))]
        await asyncio.gather(*(other.execute("select pg_sleep(0.1)") for other in connected[:idle]))  # a backend each
        others = [asyncio.create_task(work(other)) for other in connected[:workers]]
        found = [await poolers.keeps_sessions(url) for _ in range(30)]
        for task in others:
            task.cancel()
        for other in connected:
            other.terminate()
        await asyncio.wait(others)
    assert found == [False] * 30


async def test_postgres_itself_is_asked_for_no_more_than_one_statement(fresh_database: Database) -> None:
    async with session(fresh_database.dsn, application_name="tests") as connection:
        assert await poolers.is_direct(connection)
    async with open_pool(fresh_database.dsn, application_name="tests"):
        pass
    assert await poolers.keeps_sessions(fresh_database.dsn)


async def test_one_that_has_no_connection_left_is_told_and_may_pass(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poolers, "PROOF_SECONDS", 0.3)
    async with pgbouncer(fresh_database.dsn, "session", size=2) as url:
        with pytest.raises(DatabaseTrouble) as met:
            async with session(url, application_name="tests"):
                pass
    assert (met.value.trouble.passes, DIRECT in met.value.trouble.action) == (True, True)
