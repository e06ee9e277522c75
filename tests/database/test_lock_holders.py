"""Whom an edit waited for in vain is told by number and name."""

import asyncio

import asyncpg
import pytest

from chaishots.content.editing.transaction import changing
from chaishots.content.models import Program
from chaishots.database.connection import Connection
from chaishots.database.troubles import DatabaseBusy
from tests.builders import a_program
from tests.conftest import Database


async def test_an_edit_says_who_has_locked_what_it_waits_for(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    holder = await asyncpg.connect(database.dsn, server_settings={"application_name": "night shift"})
    async with holder.transaction():
        await holder.execute("select from program where id = $1 for update", program)
        with pytest.raises(DatabaseBusy) as refused:
            async with changing("asha", seconds=1):
                await Program.filter(id=program).update(title="Chai")
    told = str(refused.value)
    assert told.startswith(
        f"What was to be changed is locked by process {holder.get_server_pid()} (night shift, idle in"
    )
    assert "UTC); nothing was changed." in told
    assert f"pg_terminate_backend({holder.get_server_pid()})" in refused.value.trouble.action
    await holder.close()


async def test_the_first_of_those_who_wait_for_one_another_is_named(database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    first, second = [await asyncpg.connect(database.dsn) for _ in range(2)]
    async with first.transaction():
        await first.execute("select from program where id = $1 for update", program)
        waiting = asyncio.create_task(second.execute("select from program where id = $1 for update", program))
        with pytest.raises(DatabaseBusy, match=rf"process {first.get_server_pid()} "):
            async with changing("asha", seconds=1):
                await Program.filter(id=program).update(title="Chai")
    await waiting
    for each in (first, second):
        await each.close()
