"""A time limit counts what the loop has had, and not what something else kept it for."""

import asyncio
import time

import pytest

from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseAway, Overloaded
from chaishots.database.timeouts_without_loop_lag import timeout_of_loop
from tests.conftest import Database


def _hold_the_loop(seconds: float) -> None:
    time.sleep(seconds)


async def test_a_loop_that_was_held_up_is_given_the_time_back() -> None:
    async with timeout_of_loop(0.3, longest=5):
        _hold_the_loop(0.5)
        await asyncio.sleep(0.1)


async def test_the_time_is_up_when_the_loop_has_had_it() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with timeout_of_loop(0.3, longest=5):
            await asyncio.Event().wait()
    assert 0.3 <= time.monotonic() - began < 5


async def test_postgres_is_away_when_it_was_waited_for_and_not_when_we_were_late(database: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with reading(0.2, longest_seconds=5) as connection:
            await connection.fetchval("select pg_sleep(5)")
    async with reading(0.2, longest_seconds=5) as connection:
        asking = asyncio.create_task(connection.fetchval("select 1"))
        await asyncio.sleep(0)
        _hold_the_loop(0.4)
        assert await asking == 1
    with pytest.raises(Overloaded):
        await _read_late()


async def _read_late() -> None:
    async with reading(0.3, longest_seconds=0.5) as connection:
        _hold_the_loop(0.6)
        await connection.fetchval("select pg_sleep(5)")
