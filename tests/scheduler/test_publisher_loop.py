"""The publisher's life in one process: what it waits for, what it says, and that nothing ends it."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from chaishots.content.queries.publisher_health import probe_publishing as publishing_stands
from chaishots.content.queries.why_lesson import why
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from chaishots.database.replicas import Replica, replicas, stranger
from chaishots.scheduler import publisher_loop
from chaishots.scheduler.batch_outcome import Batch
from chaishots.scheduler.publisher import publish_due
from chaishots.scheduler.publisher_loop import publish_on_time
from chaishots.status import read_state
from tests.builders import a_lesson, a_public_program, a_term
from tests.cluster import eventually, lock_held
from tests.conftest import Database

LEASE_SECONDS = 2


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The lines logged, in order."""
    with capture_logs() as logged:
        yield logged


@asynccontextmanager
async def publishing(database: Database, sql: Connection) -> AsyncIterator[asyncio.Task[None]]:
    """A replica called brew that publishes beside the test."""
    task = asyncio.create_task(
        publish_on_time(database.dsn, replica="brew", lease_seconds=LEASE_SECONDS, poll_seconds=60)
    )
    try:
        await eventually(lambda: _leader(sql))
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _leader(sql: Connection) -> Replica | None:
    return next((replica for replica in await replicas(sql) if replica.leads), None)


def _events(lines: list[Any]) -> list[str]:
    return [line["event"] for line in lines]


async def test_what_falls_due_beside_a_locked_lesson_does_not_wait_with_it(
    fresh_database: Database, sql: Connection
) -> None:
    term = await a_term(sql, await a_public_program(sql))
    locked = await a_lesson(sql, term, due_in=timedelta(seconds=-1))
    holder = await asyncpg.connect(fresh_database.dsn)
    await holder.execute("begin")
    await holder.execute("select from lesson where id = $1 for update", locked)
    others = [await a_lesson(sql, term, due_in=timedelta(seconds=1 + 0.4 * place)) for place in range(5)]
    try:
        async with publishing(fresh_database, sql):
            await eventually(lambda: _all_published(sql, others))
            late = await sql.fetch(
                "select extract(epoch from published_at - publish_at) * 1000 as ms from lesson where id = any($1)",
                others,
            )
            assert await sql.fetchval("select status from lesson where id = $1", locked) == "scheduled"
            await holder.execute("rollback")
            await eventually(lambda: _all_published(sql, [locked]))
    finally:
        await holder.close()
    assert sorted(row["ms"] for row in late)[len(late) // 2] < 50


async def _all_published(sql: Connection, lessons: list[Any]) -> bool:
    return await sql.fetchval("select bool_and(status = 'published') from lesson where id = any($1)", lessons)


async def test_a_session_that_a_trigger_names_otherwise_has_its_name_again(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute(
        """
        create function rename() returns trigger language plpgsql as $$
            begin set application_name = 'psql'; return new; end $$;
        create trigger rename before update on lesson for each row execute function rename();
        """
    )
    lesson = await a_lesson(sql, due_in=timedelta(seconds=-1))
    async with publishing(fresh_database, sql):
        await eventually(lambda: _all_published(sql, [lesson]))
        await eventually(lambda: _leader(sql))


async def test_who_has_a_table_locked_is_told_in_the_log_and_the_lead_is_kept(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    holder = await asyncpg.connect(fresh_database.dsn, server_settings={"application_name": "psql"})
    lesson = await a_lesson(sql, due_in=timedelta(seconds=1.5))
    try:
        async with publishing(fresh_database, sql):
            await eventually(lambda: _logged(lines, "publisher.leads"))
            led_since = await _leader(sql)
            await holder.execute("begin; lock table activity")
            await eventually(lambda: _logged(lines, "publisher.waits"))
            await holder.execute("rollback")
            await eventually(lambda: _all_published(sql, [lesson]))
            assert await _leader(sql) == led_since
            await eventually(lambda: _logged(lines, "publisher.well"))
    finally:
        await holder.close()
    (told,) = [line for line in lines if line["event"] == "publisher.waits"]
    assert f"Process {holder.get_server_pid()} (psql, idle in transaction since" in told["reason"]
    assert "the table activity" in told["reason"]
    assert f"pg_terminate_backend({holder.get_server_pid()})" in told["action"]


async def _logged(lines: list[Any], event: str) -> bool:
    return event in _events(lines)


async def test_a_fault_of_ours_is_told_once_and_publishing_goes_on_by_itself(
    fresh_database: Database, sql: Connection, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_due, failures = publisher_loop.publish_due, [0]

    async def broken(*given: Any, **named: Any) -> Any:
        failures[0] += 1
        if failures[0] <= 3:
            raise TypeError("a bug")
        return await publish_due(*given, **named)

    monkeypatch.setattr(publisher_loop, "publish_due", broken)
    lesson = await a_lesson(sql, due_in=timedelta(seconds=-1))
    async with publishing(fresh_database, sql):
        await eventually(lambda: _all_published(sql, [lesson]))
        await eventually(lambda: _logged(lines, "publisher.well"))  # told after it is seen
    ours = [event for event in _events(lines) if event.startswith("publisher.")]
    assert ours[:2] == ["publisher.leads", "publisher.failed"]
    assert ours[-2:] == ["publisher.well", "publisher.leads"]
    assert ours.count("publisher.failed") == 1


async def test_a_disk_that_is_full_is_shown_to_everybody_until_there_is_room(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    await sql.execute("""
        create function full_disk() returns trigger language plpgsql as
            $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger full_disk before update on lesson for each statement execute function full_disk();
    """)
    lesson = await a_lesson(sql, due_in=timedelta(seconds=-1))
    task = asyncio.create_task(
        publish_on_time(fresh_database.dsn, replica="brew", lease_seconds=LEASE_SECONDS, poll_seconds=60)
    )
    try:
        await eventually(lambda: _in_trouble(sql, "53100"))
        await sql.execute("drop trigger full_disk on lesson")
        await eventually(lambda: _all_published(sql, [lesson]))
        await eventually(lambda: _in_trouble(sql, None))
    finally:
        task.cancel()
        await asyncio.wait([task])
    refused = [line for line in lines if line["event"] == "publisher.refused"]
    assert [line["kind"] for line in refused] == ["disk_full"]
    assert "publisher.leads" in _events(lines)


async def _in_trouble(sql: Connection, sqlstate: str | None) -> bool:
    return {replica.trouble for replica in await replicas(sql)} == {sqlstate}


async def test_a_stranger_who_holds_the_lock_is_named_with_how_to_end_it_until_it_is_gone(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    lesson = await a_lesson(sql, due_in=timedelta(seconds=-1))
    async with lock_held(fresh_database.dsn, PUBLISHER) as holder:
        pid = holder.get_server_pid()
        await holder.execute("set application_name = 'a stranger'")
        task = asyncio.create_task(
            publish_on_time(fresh_database.dsn, replica="brew", lease_seconds=LEASE_SECONDS, poll_seconds=60)
        )
        await eventually(lambda: _has(lines, "publisher.waits"))
        standing = await publishing_stands(sql)
        answer = await why(sql, lesson)
        state = await read_state(sql)
    try:
        await eventually(lambda: _all_published(sql, [lesson]))
        await eventually(lambda: _has(lines, "publisher.well"))
    finally:
        task.cancel()
        await asyncio.wait([task])

    told = next(line for line in lines if line["event"] == "publisher.waits")
    assert f"Process {pid} (a stranger, user postgres" in told["reason"]
    assert f"pg_terminate_backend({pid})" in told["action"]
    assert standing.stranger is not None
    assert standing.stranger.pid == pid
    assert (answer.reasons[0].code, f"Process {pid}" in answer.reasons[0].text) == ("no_leader", True)
    assert f"Process {pid} (a stranger" in state.text()
    assert state.needs_attention


async def test_a_replica_that_leads_is_no_stranger_to_one_that_stands_by(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    async with publishing(fresh_database, sql):
        assert await stranger(sql) is None


async def test_what_is_due_is_found_soon_though_no_trigger_has_told_of_it(
    fresh_database: Database, sql: Connection
) -> None:
    lesson = await a_lesson(sql, due_in=timedelta(hours=1))
    async with publishing(fresh_database, sql):
        await sql.execute("set session_replication_role = replica")
        await sql.execute("update lesson set publish_at = now() where id = $1", lesson)
        await eventually(lambda: _all_published(sql, [lesson]), within=LEASE_SECONDS + 1)


async def test_edits_of_what_is_public_wake_nobody_and_one_of_what_is_scheduled_does(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def counting(*about: Any, **more: Any) -> Batch:
        nonlocal looks
        looks += 1
        return await publish_due(*about, **more)

    monkeypatch.setattr(publisher_loop, "publish_due", counting)
    program = await a_public_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=timedelta(hours=1))
    async with publishing(fresh_database, sql):
        await eventually(lambda: _is_more(looks, 0))
        before = looks
        for number in range(20):
            await sql.execute("update lesson set title = $1 where status = 'published'", f"Title {number}")
        await sql.execute("update lesson set title = 'Later' where id = $1", lesson)
        await eventually(lambda: _is_more(looks, before))
    assert looks - before <= 2


async def test_what_was_published_is_not_looked_at_again_and_what_else_was_done_is(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[Batch] = []
    rested: list[tuple[float, float]] = []
    """After each publish: how long it was until the next look, and how long it was to be."""
    ended_at = math.inf

    async def noting(*about: Any, **more: Any) -> Batch:
        nonlocal ended_at
        if did and did[-1].published and did[-1].seconds_to_next:
            rested.append((time.monotonic() - ended_at, did[-1].seconds_to_next))
        did.append(await publish_due(*about, **more))
        ended_at = time.monotonic()
        return did[-1]

    monkeypatch.setattr(publisher_loop, "publish_due", noting)
    term = await a_term(sql, await a_public_program(sql))
    async with publishing(fresh_database, sql):
        lessons = [await a_lesson(sql, term, due_in=timedelta(hours=1)) for _ in range(4)]
        async with sql.transaction():
            for number, lesson in enumerate(lessons):
                moment = "update lesson set publish_at = clock_timestamp() + $2 where id = $1"
                await sql.execute(moment, lesson, timedelta(seconds=0.4 + 0.1 * number))
            # A change, that it ends at once: what follows of one is seen by the next look alone.
            await sql.execute(
                """insert into change (object_type, object_id, patch, apply_at)
                   select 'lesson', $1, jsonb_build_object('archive_at', now() + interval '1.1 s'),
                          now() + interval '1 s'""",
                lessons[0],
            )

        async def is_archived() -> bool:
            return any(batch.archived for batch in did)

        await eventually(is_archived)

    assert len(rested) == 4
    assert all(was > to_be / 2 for was, to_be in rested), rested
    assert [batch.is_settled for batch in did if batch.published] == [True] * 4
    assert [batch.is_settled for batch in did if batch.applied or batch.archived] == [False] * 2


async def _is_more(number: int, than: int) -> bool:
    return number > than


async def _has(lines: list[Any], event: str) -> bool:
    return event in _events(lines)
