"""Whom an edit waited for in vain is told by number and name."""

import asyncio

import asyncpg
import pytest

from chaishots.content.editing.transaction import changing
from chaishots.content.models import Program
from chaishots.database.connection import Connection, reading
from chaishots.database.errors import DatabaseBusy
from chaishots.database.lock_timeouts import hears_of_waits, name_blocker
from chaishots.database.pool_shares import Share, current_share
from tests.builders import a_program
from tests.conftest import Database


async def test_an_edit_says_who_has_locked_what_it_waits_for(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    holder = await asyncpg.connect(database.dsn, server_settings={"application_name": "night shift"})
    async with holder.transaction():
        await holder.execute("select from program where id = $1 for update", program)
        with pytest.raises(DatabaseBusy) as refused:
            async with changing("asha", seconds=3):
                await Program.filter(id=program).update(title="Chai")
    told = str(refused.value)
    assert told.startswith(
        f"What was to be changed is locked by process {holder.get_server_pid()} (night shift, idle in"
    )
    assert "UTC); nothing was changed." in told
    assert f"pg_terminate_backend({holder.get_server_pid()})" in refused.value.trouble.action
    await holder.close()


async def test_who_waits_for_a_lock_hears_of_it_before_giving_up(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    holder = await asyncpg.connect(database.dsn, server_settings={"application_name": "night shift"})
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def edit() -> None:
        hears_of_waits.set(lambda blocker: heard.set_result(blocker.explain_wait()))
        async with changing("asha", seconds=30):
            await Program.filter(id=program).update(title="Chai")

    async with holder.transaction():
        await holder.execute("select from program where id = $1 for update", program)
        editing = asyncio.create_task(edit())
        async with asyncio.timeout(10):
            told = await heard
    await editing  # it went through once the lock was left
    assert told.startswith(f"Waiting for process {holder.get_server_pid()} (night shift, idle in transaction since ")
    assert told.endswith("which has locked what is to be changed; nothing is changed yet.")
    assert await sql.fetchval("select title from program where id = $1", program) == "Chai"
    await holder.close()


async def test_the_first_of_those_who_wait_for_one_another_is_named(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    first, second = [await asyncpg.connect(database.dsn) for _ in range(2)]
    async with first.transaction():
        await first.execute("select from program where id = $1 for update", program)
        waiting = asyncio.create_task(second.execute("select from program where id = $1 for update", program))
        with pytest.raises(DatabaseBusy, match=rf"process {first.get_server_pid()} "):
            async with changing("asha", seconds=3):
                await Program.filter(id=program).update(title="Chai")
    await waiting
    for each in (first, second):
        await each.close()


async def test_nobody_looks_for_a_holder_once_the_wait_is_over() -> None:
    async with name_blocker(0, 60, reading):
        pass

    assert "holders" not in {task.get_name() for task in asyncio.all_tasks()}


async def _count_lessons(pids: list[int]) -> None:
    async with reading(60) as connection:
        pids.append(connection.get_server_pid())
        await connection.fetchval("select count(*) from lesson")


async def test_a_read_of_a_table_that_is_locked_says_by_whom_and_leaves_nobody_waiting(
    database: Database, sql: Connection
) -> None:
    holder = await asyncpg.connect(database.dsn, server_settings={"application_name": "night shift"})
    async with holder.transaction():
        await holder.execute("lock table lesson in access exclusive mode")
        pids: list[int] = []
        with pytest.raises(DatabaseBusy) as refused:
            await _count_lessons(pids)
        waiting = await sql.fetchval("select count(*) from pg_locks where not granted")
        async with reading() as connection:
            assert [connection.get_server_pid()] == pids
            assert await connection.fetchval("select 1") == 1
    told = refused.value.trouble
    assert told.text.startswith(f"What was asked for is locked by process {holder.get_server_pid()} (night shift, idle")
    assert "UTC)" in told.text
    assert f"pg_terminate_backend({holder.get_server_pid()})" in told.action
    assert told.sqlstate == "55P03"
    assert waiting == 0
    await holder.close()


async def test_who_has_a_table_locked_is_found_though_probes_wait_for_it_too(
    database: Database, sql: Connection
) -> None:
    async def probe() -> None:
        current_share.set(Share.PROBES)  # there is but one connection for them
        await _count_lessons([])

    holder = await asyncpg.connect(database.dsn)
    async with holder.transaction():
        await holder.execute("lock table lesson in access exclusive mode")
        told = await asyncio.gather(probe(), _count_lessons([]), return_exceptions=True)
    assert [isinstance(each, DatabaseBusy) and each.trouble.sqlstate for each in told] == ["55P03", "55P03"]
    await holder.close()


async def test_what_takes_long_and_waits_for_nobody_is_left_at_it(database: Database) -> None:
    async with reading() as connection:
        assert await connection.fetchval("select true from pg_sleep(1.3)")
