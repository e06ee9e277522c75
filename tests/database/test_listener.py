"""The listening session: what it hears, and what it says when it hears no more."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from chaishots.database import listener as listener_module
from chaishots.database.connection import Connection
from chaishots.database.listener import CONTENT_CHANNEL, FEED_CHANNEL, HEARD_SECONDS, Heard, Listener, concerns_nobody
from tests.builders import ASSETS, a_lesson, a_program, a_term
from tests.cluster import eventually
from tests.conftest import Database
from tests.tcp_proxy import cut_way

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

    assert await _next(heard) == Heard(is_listening=True, tables=frozenset(["program"]), programs=frozenset())


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


@contextlib.asynccontextmanager
async def running(dsn: str) -> AsyncIterator[tuple[Listener, asyncio.Queue[Heard]]]:
    """A listener that runs for as long as the block lasts, and what it has told since it began to hear."""
    told: asyncio.Queue[Heard] = asyncio.Queue()
    listener = Listener(dsn, application_name=NAME)
    listener.subscribe(told.put_nowait)
    task = asyncio.create_task(listener.run())
    try:
        assert (await _next(told)).is_listening
        yield listener, told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_by_a_sign_of_life_all_that_was_committed_before_it_was_asked_for_is_heard(
    fresh_database: Database, sql: Connection
) -> None:
    program = await a_program(sql)
    async with running(fresh_database.dsn) as (listener, told):
        for number in range(100):
            await sql.execute("update program set title = $2 where id = $1", program, f"Title {number}")
            committed_at = time.monotonic()
            listener.alive_at = -1e9
            assert await listener.has_heard()
            assert listener.alive_at >= committed_at
            assert told.get_nowait().tables == {"program"}


async def test_an_idle_session_is_asked_seldom_and_nobody_waits_for_one_that_was_asked_in_vain(
    fresh_database: Database,
) -> None:
    async with cut_way(fresh_database.dsn) as way, running(way.dsn) as (listener, told):
        asked_at = listener.alive_at
        await eventually(lambda: _is(listener.alive_at > asked_at))
        assert listener.alive_at - asked_at >= 1.5
        way.cut()
        listener.alive_at = -1e9
        began = time.monotonic()
        answers = await asyncio.gather(*(listener.has_heard() for _ in range(50)))
        waited_s = time.monotonic() - began
        again = await listener.has_heard()
        waited_again_s = time.monotonic() - began - waited_s

        assert set(answers) == {False}
        assert not again
        assert waited_s < HEARD_SECONDS + 0.5
        assert waited_again_s < 0.3
        assert await _next(told) == Heard(is_listening=False)
        way.heal()
        assert await _next(told) == Heard(is_listening=True)
        assert listener.hears(time.monotonic())


async def test_a_change_that_no_trigger_tells_of_is_noticed(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_SETTLED_SECONDS", 0.2)
    program = await a_program(sql)
    await sql.close()  # its counters are told with its end
    async with running(fresh_database.dsn) as (_, told):
        other = await asyncpg.connect(fresh_database.dsn, server_settings={"session_replication_role": "replica"})
        await other.execute("update program set title = 'Untold' where id = $1", program)
        await other.close()
        assert await _next(told) == Heard(is_listening=True, is_untold=True)
        assert told.empty()


async def test_other_work_of_the_server_is_no_change(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(listener_module, "_IDLE_SECONDS", 0.01)
    async with running(fresh_database.dsn) as (listener, told):
        for _ in range(20):
            await sql.execute("create table if not exists other (n int); insert into other values (1)")
            listener.alive_at = -1e9
            assert await listener.has_heard()
        assert told.empty()


async def test_whatever_is_the_matter_it_tries_again_and_the_log_says_so_once(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_RECONNECT_SECONDS", (0.01, 0.05))
    with capture_logs() as lines:
        async with running(fresh_database.dsn) as (listener, told):
            # Something that nobody foresaw: the question itself is refused.
            await sql.execute("alter function pg_postmaster_start_time() rename to started")
            await sql.execute(_OF_LISTENER, NAME)
            assert await _next(told) == Heard(is_listening=False)
            await eventually(lambda: _is(listener._losses > 10))
            await sql.execute("alter function started() rename to pg_postmaster_start_time")
            assert await _next(told) == Heard(is_listening=True)
    reasons = [line["reason"] for line in lines if line["event"] == "listener.lost"]
    assert len(reasons) == len(set(reasons)) <= 3
    assert any("pg_postmaster_start_time" in reason for reason in reasons)


async def test_a_session_that_is_ended_while_it_is_asked_is_one_that_was_lost(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_RECONNECT_SECONDS", (0.001, 0.01))
    monkeypatch.setattr(listener_module, "_IDLE_SECONDS", 0.001)
    async with running(fresh_database.dsn) as (_, told):
        for _ in range(40):
            await sql.execute(_OF_LISTENER, NAME)
            while (await _next(told)).is_listening:
                pass
            while not (await _next(told)).is_listening:
                pass


async def test_what_anybody_sends_as_a_position_does_no_harm(heard: asyncio.Queue[Heard], sql: Connection) -> None:
    await _next(heard)
    for payload in ("", "no number", "9" * 5_000):
        await sql.execute("select pg_notify($1, $2)", FEED_CHANNEL, payload)
        assert await _next(heard) == Heard(is_listening=True, is_of_feed=True)


async def _is(condition: bool) -> bool:
    return condition


_OTHER = json.dumps({"en": {"portrait": "https://cdn.example.com/2.jpg", "landscape": "https://cdn.example.com/3.jpg"}})


@pytest.mark.parametrize(
    ("statement", "is_gone"),
    [
        ("update lesson set status = 'archived'", True),
        ("update lesson set is_paid = true", True),
        (f"update lesson set thumbnails = '{_OTHER}'", True),
        ("""update lesson set content_urls = '{"en": "https://cdn.example.com/other.mp4"}'""", True),
        ("delete from lesson", True),
        ("delete from term", True),
        ("truncate lesson cascade", True),
        ("update program set status = 'archived'", True),
        (f"update program set posters = '{_OTHER}'", True),
        ("update lesson set title = 'Another'", False),
        ("update program set title = 'Another'", False),
        ("insert into topic (name) values ('Another')", False),
    ],
)
async def test_what_is_taken_down_is_told_as_gone(
    fresh_database: Database, sql: Connection, statement: str, is_gone: bool
) -> None:
    program = await a_program(sql, posters=ASSETS)
    await a_lesson(sql, await a_term(sql, program), status="published")
    async with running(fresh_database.dsn) as (listener, told):
        await sql.execute(statement)
        listener.alive_at = -1e9
        assert await listener.has_heard()
        heard = [told.get_nowait() for _ in range(told.qsize())]
    assert heard
    assert any(change.is_gone for change in heard) is is_gone
    assert all(change.tables for change in heard)


@pytest.mark.parametrize(
    ("payload", "programs", "is_gone"),
    [
        ("lesson", None, False),
        ("lesson gone", None, True),
        ("lesson:", set[UUID](), False),
        (f"lesson:{UUID(int=1)},{UUID(int=2)}", {UUID(int=1), UUID(int=2)}, False),
        (f"lesson:{UUID(int=1)} gone", {UUID(int=1)}, True),
        ("lesson:x", None, False),
        (f"lesson:{UUID(int=1)},", None, False),
        ("", None, False),
        (":", set[UUID](), False),
    ],
)
async def test_whom_a_change_concerns_is_read_from_what_is_told_and_what_nobody_can_read_concerns_all(
    heard: asyncio.Queue[Heard], sql: Connection, payload: str, programs: set[UUID] | None, is_gone: bool
) -> None:
    await _next(heard)
    await sql.execute("select pg_notify($1, $2)", CONTENT_CHANNEL, payload)
    told = await _next(heard)
    assert (told.programs, told.is_gone) == (programs, is_gone)
    assert concerns_nobody(payload) is (programs == set())
