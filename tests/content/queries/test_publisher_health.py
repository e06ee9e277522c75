"""Whether Postgres would take what is to be published, as whoever asks is told before anything is due."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from chaishots.content.queries.publisher_health import Writes, probe_publishing, probe_publishing_and
from chaishots.database.connection import Connection, session
from chaishots.database.errors import Kind, Trouble
from chaishots.database.replicas import name_in_trouble
from tests.cluster import eventually
from tests.conftest import Database

_LIMITED = """
    do $$ begin if to_regrole('limited') is null then create role limited; end if; end $$;
    grant all on all tables in schema public to limited; revoke {} from limited; set role limited
"""


async def test_a_postgres_that_takes_it_is_told_so_and_nothing_is_left_behind(
    fresh_database: Database, sql: Connection
) -> None:
    standing = await probe_publishing(sql)
    assert (standing.trouble, standing.writes, standing.leader) == (None, Writes.OK, None)
    assert not sql.is_in_transaction()
    assert await sql.fetchval("select count(*) from activity") == 0
    assert await sql.fetchval("select pg_current_xact_id_if_assigned()") is None


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ("set default_transaction_read_only = on", Kind.READ_ONLY, "read-only"),
        ("alter table lesson rename publish_error to fault", Kind.SCHEMA, "publish_error"),
        ("alter table program drop column posters cascade", Kind.SCHEMA, "posters"),
        ("alter table release rename to releases", Kind.SCHEMA, "release"),
        (_LIMITED.format("update on lesson"), Kind.PERMISSION, "lesson"),
        (_LIMITED.format("insert on activity"), Kind.PERMISSION, "activity"),
        (_LIMITED.format("update on program"), Kind.PERMISSION, "program"),
        ("alter table activity rename column action to deed", Kind.SCHEMA, "action"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_postgres_refuses_is_found_with_no_lesson_there(
    sql: Connection, change: str, kind: Kind, says: str
) -> None:
    await sql.execute(change)
    standing = await probe_publishing(sql)
    assert standing.trouble is not None
    assert standing.trouble.kind is kind
    assert standing.writes is Writes.REFUSED
    assert says in standing.trouble.of_writes
    assert standing.trouble.action
    assert not sql.is_in_transaction()


async def test_what_a_replica_met_is_told_where_it_cannot_be_found_by_trying(
    fresh_database: Database, sql: Connection
) -> None:
    async with session(fresh_database.dsn, application_name=name_in_trouble("brew", "53100")):
        standing = await probe_publishing(sql)
    assert standing.trouble is not None
    assert standing.trouble.kind is Kind.DISK_FULL
    assert "its disk is full" in standing.trouble.of_writes


@pytest.mark.parametrize("table", ["lesson", "program", "release", "activity"])
async def test_who_has_a_table_locked_is_named_and_what_can_be_read_is_read(
    fresh_database: Database, sql: Connection, table: str
) -> None:
    holder = await asyncpg.connect(fresh_database.dsn, server_settings={"application_name": "psql"})
    try:
        await holder.execute(f"begin; lock table {table}")
        standing, counted = await probe_publishing_and(
            sql, lambda connection: connection.fetchval("select count(*) from lesson")
        )
    finally:
        await holder.close()
    assert standing.trouble is not None
    assert standing.writes is Writes.WAITING
    assert f"Process {holder.get_server_pid()} (psql, idle in transaction since" in standing.trouble.text
    assert f"the table {table}" in standing.trouble.text
    assert f"pg_terminate_backend({holder.get_server_pid()})" in standing.trouble.action
    assert counted == (None if table == "lesson" else 0)


async def test_who_waits_to_lock_a_table_is_named_with_whom_it_waits_for(
    fresh_database: Database, sql: Connection
) -> None:
    reader, alters = [await asyncpg.connect(fresh_database.dsn) for _ in range(2)]
    try:
        await reader.execute("begin; select from lesson")
        waiting = asyncio.ensure_future(alters.execute("alter table lesson add column more text"))
        await eventually(lambda: sql.fetchval("select count(*) from pg_locks where not granted"))
        standing = await probe_publishing(sql)
        await reader.execute("rollback")
        await waiting
    finally:
        await reader.close()
        await alters.close()
    assert standing.trouble is not None
    assert f"(behind process {reader.get_server_pid()})" in standing.trouble.text
    assert f"pg_terminate_backend({reader.get_server_pid()})" in standing.trouble.action


async def test_inside_a_transaction_nothing_is_tried_that_would_end_it(sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("create temporary table mine ()")
        assert (await probe_publishing(sql)).trouble is None
        await sql.execute("select from mine")


async def test_rows_that_postgres_hides_are_a_trouble_though_nothing_is_refused(
    fresh_database: Database, sql: Connection
) -> None:
    role = f"reads_{uuid4().hex[:8]}"
    await sql.execute(
        f"create role {role}; grant all on all tables in schema public to {role}; "
        f"alter table lesson enable row level security; set role {role}"
    )
    try:
        told = (await probe_publishing(sql)).trouble
        assert told is not None
        assert told.text == f"Postgres hides rows of the table lesson from the user {role}: row-level security is on."
        await sql.execute(f"reset role; {told.action.partition(': ')[2].partition(';')[0]}; set role {role}")
        assert (await probe_publishing(sql)).trouble is None
    finally:
        await sql.execute(f"reset role; alter table lesson disable row level security; drop owned by {role}")
        await sql.execute(f"drop role {role}")


async def test_a_session_that_only_a_superuser_may_end_is_told_as_one(
    fresh_database: Database, sql: Connection
) -> None:
    role = f"reads_{uuid4().hex[:8]}"
    await sql.execute(f"create role {role}; grant all on all tables in schema public to {role}; set role {role}")
    holder = await asyncpg.connect(fresh_database.dsn, server_settings={"application_name": "psql"})
    try:
        await holder.execute("begin; lock table activity")
        told = (await probe_publishing(sql)).trouble
        await holder.execute("rollback")
        assert told is not None
        assert told.text.startswith(f"Process {holder.get_server_pid()} (psql, user ")
        assert (
            f"as a superuser, for it is another user's: select pg_terminate_backend({holder.get_server_pid()})"
            in told.action
        )
    finally:
        await holder.close()
        await sql.execute(f"reset role; drop owned by {role}")
        await sql.execute(f"drop role {role}")


async def test_commits_that_wait_for_a_standby_are_told_and_end_by_what_is_advised(
    fresh_database: Database, sql: Connection
) -> None:
    waits, name = await asyncpg.connect(fresh_database.dsn), f"gone_{uuid4().hex[:8]}"
    await sql.execute(f"alter system set synchronous_standby_names = '{name}'")
    try:
        await sql.execute("select pg_reload_conf()")
        await eventually(lambda: _is_set(sql, name))
        waiting = asyncio.ensure_future(waits.execute("create table waits_for_standby ()"))
        told = await eventually(lambda: _told(sql))
        assert told is not None
        assert name in told.text
        advised = told.action.partition("superuser: ")[2].partition(" End no session")[0]
        for statement in filter(str.strip, advised.rstrip(".").split("; ")):
            await sql.execute(statement)
        async with asyncio.timeout(20):
            await waiting
    finally:
        await sql.execute("alter system reset synchronous_standby_names")
        await sql.execute("select pg_reload_conf()")
        await waits.close()


async def _is_set(sql: Connection, name: str) -> bool:
    return await sql.fetchval("show synchronous_standby_names") == name


async def _told(sql: Connection) -> Trouble | None:
    return (await probe_publishing(sql)).trouble
