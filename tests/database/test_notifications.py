"""The listening session: what it hears, and what it says when it hears no more."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chaishots.database.connection import Connection
from chaishots.database.notifications import Heard, Listener
from tests.builders import a_program
from tests.conftest import Database

NAME = "chaishots:tests:listener"
_OF_LISTENER = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"


@pytest.fixture
async def heard(fresh_database: Database) -> AsyncIterator[asyncio.Queue[Heard]]:
    """What a subscriber is told, by a listener that runs as long as the test."""
    told: asyncio.Queue[Heard] = asyncio.Queue()
    listener = Listener(fresh_database.dsn, application_name=NAME)
    listener.subscribe(told.put_nowait)
    running = asyncio.create_task(listener.run())
    yield told
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _next(told: asyncio.Queue[Heard]) -> Heard:
    async with asyncio.timeout(10):
        return await told.get()


async def test_a_subscriber_is_told_of_the_start_and_of_every_table_that_changes(
    heard: asyncio.Queue[Heard], sql: Connection
) -> None:
    assert await _next(heard) == Heard(is_listening=True)

    await a_program(sql)

    assert await _next(heard) == Heard(is_listening=True, tables=frozenset(["program"]))


async def test_a_lost_session_is_told_before_anything_else_is_and_so_is_its_return(
    heard: asyncio.Queue[Heard], sql: Connection
) -> None:
    assert (await _next(heard)).is_listening

    await sql.execute(_OF_LISTENER, NAME)

    assert await _next(heard) == Heard(is_listening=False)
    assert await _next(heard) == Heard(is_listening=True)
    await a_program(sql)
    assert (await _next(heard)).tables == {"program"}


async def test_who_has_unsubscribed_is_told_nothing(fresh_database: Database, sql: Connection) -> None:
    left: list[Heard] = []
    stayed: asyncio.Queue[Heard] = asyncio.Queue()
    listener = Listener(fresh_database.dsn, application_name=NAME)
    leave = listener.subscribe(left.append)
    listener.subscribe(stayed.put_nowait)
    leave()
    running = asyncio.create_task(listener.run())
    try:
        await _next(stayed)
        await a_program(sql)
        await _next(stayed)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert left == []
