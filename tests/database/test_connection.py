"""What our sessions take from the database and the role they connect as (nothing), and work that is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from chaishots.content.catalog.statements import programs_statement
from chaishots.content.editing.transaction import changing
from chaishots.content.models import Program, Topic
from chaishots.database import orm
from chaishots.database.connection import PINNED, PINNED_SINCE, Connection, reading, session
from chaishots.database.errors import DatabaseBusy, DatabaseRefuses, Kind, Overloaded
from chaishots.database.orm import again, query, transaction
from chaishots.database.pool import open_pool, pool_state
from chaishots.database.pool_shares import POOL_SIZE, Share, current_share
from tests.builders import a_program, a_topic
from tests.conftest import Database

NAME = "chaishots:tests:pool"
ASYNCPG_KEEPS = 15 * 1024
"""Characters of a statement that asyncpg keeps prepared unless it is told otherwise."""
_ODD = {
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "33s",
    "lock_timeout": "34s",
    "idle_session_timeout": "35s",
    "idle_in_transaction_session_timeout": "36s",
    "transaction_timeout": "37s",
    "TimeZone": "Asia/Kolkata",
    "DateStyle": "German, DMY",
    "IntervalStyle": "sql_standard",
    "extra_float_digits": "-3",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "client_min_messages": "debug1",
    "jit": "on",
    "random_page_cost": "40",
}
_PINNED_NOW = "select name, setting from pg_settings where name = any($1)"
_BY_TRANSACTION = "select current_setting('transaction_isolation'), current_setting('transaction_deferrable')"


@pytest.fixture
async def odd_database(fresh_database: Database, sql: Connection) -> Database:
    """A database that has all that can be inherited otherwise than we need it."""
    name = await sql.fetchval("select current_database()")
    known = {row["name"] for row in await sql.fetch("select name from pg_settings")}
    for setting in _ODD.keys() & known:
        await sql.execute(f"alter database {name} set {setting} = '{_ODD[setting]}'")
    return fresh_database


async def _told(connection: Connection) -> dict[str, str]:
    return {row["name"]: row["setting"] for row in await connection.fetch(_PINNED_NOW, list(_ODD))}


def _expected(connection: Connection) -> dict[str, str]:
    major = connection.get_server_version().major
    newer = {name: value for since, named in PINNED_SINCE.items() if major >= since for name, value in named.items()}
    return {**PINNED, **newer, "idle_in_transaction_session_timeout": "60000"}


def test_every_setting_that_is_pinned_is_tried() -> None:
    assert _ODD.keys() == PINNED.keys() | {name for named in PINNED_SINCE.values() for name in named}


async def test_a_session_has_its_own_settings_whatever_the_database_says(odd_database: Database) -> None:
    async with session(odd_database.dsn, application_name=NAME) as connection:
        assert await _told(connection) == _expected(connection)


async def test_so_has_a_connection_of_the_pool(odd_database: Database) -> None:
    async with open_pool(odd_database.dsn, application_name=NAME), reading() as connection:
        assert await _told(connection) == _expected(connection)


async def test_behind_a_pooler_a_transaction_has_and_the_session_is_left_as_it_was(odd_database: Database) -> None:
    async with open_pool(odd_database.dsn, application_name=NAME, pooled=True):
        async with reading() as connection:
            before = await _told(connection)
        async with transaction(), reading() as connection:
            inside, expected = await _told(connection), _expected(connection)
            isolation, deferrable = (await connection.fetch(_BY_TRANSACTION))[0]
        async with reading() as connection:
            after = await _told(connection)

    settled = {name for name in expected if not name.startswith("default_")}
    assert {name: inside[name] for name in settled} == {name: expected[name] for name in settled}
    assert (isolation, deferrable) == ("read committed", "off")
    assert before == after
    assert before["statement_timeout"] == "33000"


def _crossing(first: UUID, second: UUID, met: asyncio.Barrier) -> Callable[[], Awaitable[int]]:
    """Work that deadlocks the first time with another one that has its programs the other way round."""
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        async with changing("asha"):
            await Program.filter(id=first).update(title="One")
            if tries == 1:
                await met.wait()
            await Program.filter(id=second).update(title="Two")
        return tries

    return work


async def test_a_statement_is_planned_once_however_long_it_is(database: Database) -> None:
    statement, values = programs_statement(limit=20)
    assert len(statement) > ASYNCPG_KEEPS
    async with reading() as connection:
        for _ in range(2):
            await connection.fetch(statement, *values)
        kept = await connection.fetch("select statement from pg_prepared_statements")
    assert statement in {row["statement"] for row in kept}


async def test_what_deadlocks_is_carried_out_again(database: Database, sql: Connection) -> None:
    one, other = await a_program(sql), await a_program(sql)
    met = asyncio.Barrier(2)
    async with asyncio.timeout(20):
        tries = await asyncio.gather(again(_crossing(one, other, met)), again(_crossing(other, one, met)))
    assert sorted(tries) == [1, 2]


async def test_what_is_partly_committed_is_not_carried_out_again(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        async with changing("asha"):
            await Program.filter(id=program).update(title="Once")
        async with transaction() as connection:
            await query(connection, "do $$ begin raise exception 'no' using errcode = '40001'; end $$")

    with pytest.raises(DatabaseBusy):
        await again(work)
    assert tries == 1


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
async def test_what_is_crossed_for_ever_is_told_as_busy_in_the_end(database: Database, sqlstate: str) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        async with transaction() as connection:
            await query(connection, f"do $$ begin raise exception 'no' using errcode = '{sqlstate}'; end $$")

    with pytest.raises(DatabaseBusy):
        await again(work)
    assert tries == 4


async def test_what_has_waited_long_for_a_lock_does_not_wait_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orm, "_AGAIN_SECONDS", -1)
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        async with transaction() as connection:
            await query(connection, "do $$ begin raise exception 'no' using errcode = '55P03'; end $$")

    with pytest.raises(DatabaseBusy):
        await again(work)
    assert tries == 1


@pytest.mark.parametrize("greedy", list(Share))
async def test_what_one_class_of_work_waits_for_keeps_no_other_waiting(database: Database, greedy: Share) -> None:
    done, lent = asyncio.Event(), asyncio.Semaphore(0)

    async def takes(share: Share, seconds: float) -> None:
        current_share.set(share)
        async with reading(seconds):
            lent.release()
            await done.wait()

    size = greedy.value[0]
    greed = [asyncio.create_task(takes(greedy, 10)) for _ in range(size)]
    for _ in greed:
        await lent.acquire()
    with pytest.raises(Overloaded):
        await asyncio.create_task(takes(greedy, 0.1))
    others = [asyncio.create_task(takes(share, 5)) for share in Share if share is not greedy]
    for _ in others:
        await lent.acquire()
    done.set()
    await asyncio.gather(*greed, *others)
    assert pool_state().lent == 0
    await takes(greedy, 1)


async def test_a_write_that_a_read_only_database_refuses_is_told_as_that_and_keeps_no_connection(
    database: Database, sql: Connection
) -> None:
    topic = await a_topic(sql)

    async def rename() -> None:
        async with transaction() as current:
            await query(current, "set transaction read only")
            await Topic.filter(id=topic).update(name="Other")

    for _ in range(2 * POOL_SIZE):
        with pytest.raises(DatabaseRefuses) as refused:
            await rename()
        assert refused.value.trouble.kind is Kind.READ_ONLY
    assert pool_state().lent == 0
