"""Who leads: one at a time, decided by Postgres, and never longer than its session."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseAway, DatabaseRefuses, Kind
from chaishots.database.replicas import replicas
from chaishots.scheduler.election import Leadership, LeadershipLost, stand_for_election
from tests.cluster import DEADLINE_SECONDS, eventually, lock_held
from tests.conftest import Database

LEASE_SECONDS = 2


@asynccontextmanager
async def _standing(dsn: str, replica: str) -> AsyncIterator[asyncio.Queue[Leadership]]:
    """Stand for election beside the test; the queue gets the leadership once it is had."""
    had: asyncio.Queue[Leadership] = asyncio.Queue()

    async def stand() -> None:
        async with stand_for_election(dsn, replica=replica, lease_seconds=LEASE_SECONDS) as leadership:
            had.put_nowait(leadership)
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        standing = tasks.create_task(stand())
        yield had
        standing.cancel()


async def _got(queue: asyncio.Queue[Leadership]) -> Leadership:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await queue.get()


async def test_the_first_to_stand_leads_and_the_second_stands_by(fresh_database: Database, sql: Connection) -> None:
    async with _standing(fresh_database.dsn, "first") as first, _standing_after(first, fresh_database.dsn, "second"):
        seen = await eventually(lambda: _both(sql))
        assert [(replica.name, replica.leads) for replica in seen] == [("first", True), ("second", False)]


@asynccontextmanager
async def _standing_after(
    earlier: asyncio.Queue[Leadership], dsn: str, replica: str
) -> AsyncIterator[asyncio.Queue[Leadership]]:
    earlier.put_nowait(await _got(earlier))
    async with _standing(dsn, replica) as had:
        yield had


async def _both(sql: Connection) -> list | None:
    seen = await replicas(sql)
    return seen if len(seen) == 2 and seen[0].leads else None


async def test_the_second_leads_when_the_session_of_the_first_ends(fresh_database: Database, sql: Connection) -> None:
    async with (
        stand_for_election(fresh_database.dsn, replica="first", lease_seconds=LEASE_SECONDS) as first,
        _standing(fresh_database.dsn, "second") as second,
    ):
        await sql.execute("select pg_terminate_backend($1)", first.session.get_server_pid())
        await _got(second)
        leaders = [replica.name for replica in await replicas(sql) if replica.leads]
    assert leaders == ["second"]


async def test_a_leader_whose_session_ended_learns_of_it_and_cannot_write(
    fresh_database: Database, sql: Connection
) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=LEASE_SECONDS) as leadership:
        wake = asyncio.Event()
        await leadership.listen(wake.set)
        await sql.execute("select pg_terminate_backend($1)", leadership.session.get_server_pid())
        async with asyncio.timeout(DEADLINE_SECONDS):
            await wake.wait()
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
            await leadership.session.execute("select 1")


async def test_a_session_that_ended_while_nobody_looked_is_a_lead_lost(
    fresh_database: Database, sql: Connection
) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=0.4) as leadership:
        await leadership.listen(lambda: None)
        await sql.execute("select pg_terminate_backend($1)", leadership.session.get_server_pid())
        time.sleep(0.3)  # noqa: ASYNC251  # as a paused process: Postgres' farewell and the next ping are met at once
        with pytest.raises(LeadershipLost):
            await leadership.wait(asyncio.Event(), seconds=0.5)


async def test_no_setting_of_the_database_ends_the_lead(fresh_database: Database, sql: Connection) -> None:
    for setting in ("statement_timeout = '5ms'", "idle_session_timeout = '300ms'", "lock_timeout = '1ms'"):
        await sql.execute(
            f"do $$ begin execute format('alter database %I set {setting.replace(chr(39), chr(39) * 2)}',"
            " current_database()); end $$"
        )
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=LEASE_SECONDS) as leadership:
        await leadership.listen(lambda: None)
        await leadership.wait(asyncio.Event(), seconds=0.7)
        await leadership.session.execute("select pg_sleep(0.05)")
        assert [replica.leads for replica in await replicas(sql)] == [True]


async def test_a_session_that_may_write_nothing_is_left_and_says_why(fresh_database: Database, sql: Connection) -> None:
    await sql.execute(
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on',"
        " current_database()); end $$"
    )
    with pytest.raises(DatabaseRefuses) as refused:
        async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=LEASE_SECONDS):
            pass
    assert refused.value.trouble.kind is Kind.READ_ONLY


async def test_a_step_of_postgres_clock_ends_the_wait_within_a_ping(fresh_database: Database, sql: Connection) -> None:
    await sql.execute("""
        create schema stepped;
        create table stepped.ahead (seconds integer not null);
        insert into stepped.ahead values (0);
        create function stepped.clock_timestamp() returns timestamptz language sql volatile as
            'select pg_catalog.clock_timestamp() + make_interval(secs => seconds) from stepped.ahead';
    """)
    dsn = fresh_database.dsn
    beside = f"{dsn}{'&' if '?' in dsn else '?'}options=-csearch_path%3Dstepped,public,pg_catalog"
    async with stand_for_election(beside, replica="first", lease_seconds=LEASE_SECONDS) as leadership:
        await leadership.listen(lambda: None)
        await sql.execute("update stepped.ahead set seconds = 60")
        async with asyncio.timeout(LEASE_SECONDS):
            await leadership.wait(asyncio.Event(), seconds=60)


async def test_a_ping_that_postgres_has_no_time_for_is_a_sign_of_life(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("""
        create schema slow;
        create function slow.clock_timestamp() returns timestamptz language sql volatile as
            'select pg_catalog.clock_timestamp() from pg_sleep(0.2)';
    """)
    dsn = fresh_database.dsn
    beside = f"{dsn}{'&' if '?' in dsn else '?'}options=-csearch_path%3Dslow,public,pg_catalog"
    async with stand_for_election(beside, replica="first", lease_seconds=1) as leadership:
        await leadership.session.execute("set statement_timeout = '0.1 s'")  # as a batch has it
        await leadership.wait(asyncio.Event(), seconds=1.5)
        assert [replica.leads for replica in await replicas(sql)] == [True]


async def test_waiting_keeps_the_lead_for_longer_than_the_lease(fresh_database: Database, sql: Connection) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=1) as leadership:
        await leadership.wait(asyncio.Event(), seconds=2.5)
        assert [replica.leads for replica in await replicas(sql)] == [True]


async def test_a_leader_that_does_not_ping_loses_the_lead_after_the_lease(
    fresh_database: Database, sql: Connection
) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=1) as leadership:

        async def nobody_leads() -> bool:
            return not await replicas(sql)

        await eventually(nobody_leads, within=3)
        with pytest.raises(LeadershipLost):
            await leadership.wait(asyncio.Event(), seconds=10)


async def test_a_wait_that_was_cancelled_leaves_no_lock_behind(fresh_database: Database, sql: Connection) -> None:
    async with lock_held(fresh_database.dsn, PUBLISHER), _standing(fresh_database.dsn, "first"):
        await eventually(lambda: replicas(sql))
        # Cancelled while it waited; whoever stands now gets the lock once it is free.

    async def free() -> bool:
        return not await sql.fetchval("select count(*) from pg_locks where locktype = 'advisory'")

    await eventually(free)
    async with stand_for_election(fresh_database.dsn, replica="second", lease_seconds=LEASE_SECONDS):
        assert [replica.name for replica in await replicas(sql) if replica.leads] == ["second"]


async def test_a_standby_holds_no_snapshot_that_outlives_its_turn(fresh_database: Database, sql: Connection) -> None:
    async with lock_held(fresh_database.dsn, PUBLISHER), _standing(fresh_database.dsn, "first"):
        statement = """select query_start from pg_stat_activity
                        where application_name = 'chaishots:first:publisher' and wait_event = 'advisory'"""
        began = await eventually(lambda: sql.fetchval(statement))

        async def next_turn() -> bool:
            current = await sql.fetchval(statement)
            return current is not None and current > began

        await eventually(next_turn, within=4)


async def test_standing_where_no_postgres_is_says_so() -> None:
    with pytest.raises(DatabaseAway):
        async with stand_for_election(
            "postgresql://postgres@127.0.0.1:1/none", replica="first", lease_seconds=LEASE_SECONDS
        ):
            pass
