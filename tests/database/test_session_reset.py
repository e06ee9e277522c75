"""What a user's own trigger does to the session it runs in ends with the transaction, on every kind of connection."""

from collections.abc import Awaitable, Callable

import pytest

from chaishots.database.connection import Connection, reading, session
from chaishots.database.orm import query, transaction
from chaishots.database.session_reset import may_fire_triggers, note_settings
from chaishots.scheduler.publisher import _PUBLISH_ALONE, _PUBLISH_DUE, _TAKE_STEP, _TELL_REFUSED
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("database")

SETTINGS = {
    "search_path": "",
    "statement_timeout": "100000",
    "lock_timeout": "100000",
    "idle_session_timeout": "100000",
    "TimeZone": "Asia/Kolkata",
    "DateStyle": "German, DMY",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "client_encoding": "LATIN1",
    "application_name": "psql",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable",
    "session_replication_role": "replica",
    "enable_indexscan": "off",
    "role": "pg_monitor",
}
SHOWN = "select string_agg(current_setting(name), '|' order by name) from unnest($1::text[]) as name"
LEFT = """
    select to_regclass('pg_temp.lesson') is not null
        or exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory' and objid = 4711)
"""
WRITE = "insert into odd values (1)"


async def make_odd(sql: Connection, body: str) -> None:
    await sql.execute(
        f"""
        create table if not exists odd (number integer);
        create or replace function odd() returns trigger language plpgsql as $$ begin {body} return null; end $$;
        create or replace trigger odd after insert on odd for each row execute function odd();
        grant all on odd to public;
        """
    )


def set_all() -> str:
    return "".join(f"perform set_config('{name}', '{value}', false);" for name, value in SETTINGS.items())


async def write_in_transaction() -> None:
    async with transaction() as client:
        await query(client, WRITE)


async def write_alone() -> None:
    async with reading() as connection:
        await connection.execute(WRITE)


@pytest.mark.parametrize("write", [write_in_transaction, write_alone])
async def test_a_trigger_changes_nothing_for_who_has_the_pools_connection_next(
    sql: Connection, write: Callable[[], Awaitable[None]]
) -> None:
    names = [*SETTINGS]
    async with reading() as connection:
        before, backend = await connection.fetchval(SHOWN, names), connection.get_server_pid()
    await make_odd(sql, set_all() + "create temp table lesson (id int); perform pg_advisory_lock(4711);")
    await write()
    async with reading() as connection:
        assert connection.get_server_pid() == backend
        assert await connection.fetchval(SHOWN, names) == before
        assert await connection.fetchval(LEFT) is False


async def test_a_session_keeps_what_it_was_told_and_its_locks(sql: Connection, database: Database) -> None:
    names = [*SETTINGS, "work_mem"]
    async with session(database.dsn, application_name="chaishots:tests", lock_timeout="7s") as connection:
        await connection.execute("select set_config('work_mem', '5MB', false), pg_advisory_lock(4712)")
        note_settings(connection, {"work_mem": "5MB"})
        before = await connection.fetchval(SHOWN, names)
        await make_odd(sql, set_all() + "perform set_config('work_mem', '6MB', false);")
        await connection.execute(WRITE)
        assert await connection.fetchval(SHOWN, names) == before
        async with connection.transaction():
            await connection.execute(WRITE)
        assert await connection.fetchval(SHOWN, names) == before
        assert await sql.fetchval("select pg_try_advisory_lock(4712)") is False


async def test_a_session_that_cannot_be_put_back_is_closed_and_what_was_written_stands(sql: Connection) -> None:
    await make_odd(sql, "")
    async with reading() as connection:
        backend = connection.get_server_pid()
        # No such setting: to put the session back fails.
        connection._con.own_settings["odd"] = "1"  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await connection.execute(WRITE)
    async with reading() as connection:
        assert connection.get_server_pid() != backend
        assert await connection.fetchval("select count(*) from odd") == 1


async def test_every_statement_of_the_publishers_that_writes_is_taken_for_one() -> None:
    assert all(map(may_fire_triggers, (_PUBLISH_DUE, _PUBLISH_ALONE, _TELL_REFUSED, _TAKE_STEP, WRITE)))
    assert not any(map(may_fire_triggers, ("select updated_at from lesson", "BEGIN;", "COMMIT;")))
