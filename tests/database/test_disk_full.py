"""Room on Postgres' disk is looked for by writing, which leaves nothing; what keeps a full disk full is named."""

from chaishots.database.connection import Connection
from chaishots.database.disk_full import MUCH_BYTES, find_no_room, idle_slot, name_slot
from chaishots.database.errors import Kind, trouble_of_state

_NO_ROOM = """
    create function no_room() returns event_trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
    create event trigger no_room on ddl_command_end when tag in ('CREATE TABLE') execute function no_room();
"""


async def test_where_there_is_room_nothing_is_told_and_nothing_left(sql: Connection) -> None:
    assert await find_no_room(sql) is None
    assert not sql.is_in_transaction()
    assert await sql.fetchval("select count(*) from pg_class where relname = 'chaishots_room'") == 0


async def test_a_disk_that_is_full_is_told_and_the_session_goes_on(sql: Connection) -> None:
    await sql.execute(_NO_ROOM)
    found = await find_no_room(sql)
    assert found is not None
    assert found.text.startswith("Postgres refuses writes: its disk is full (")
    assert (found.kind, found.action) == (Kind.DISK_FULL, "Make room on the disk of Postgres' data.")
    assert await sql.fetchval("select 1") == 1


async def test_where_no_temporary_table_may_be_made_nothing_is_told_of_it(sql: Connection) -> None:
    await sql.execute("set default_transaction_read_only = on")
    assert await find_no_room(sql) is None
    await sql.execute("reset default_transaction_read_only")


async def test_a_slot_that_nobody_reads_is_named_with_what_it_keeps(sql: Connection) -> None:
    name = "a_reader"
    await sql.execute("select pg_create_physical_replication_slot($1, true)", name)
    try:
        told = await idle_slot(sql, 0)
        assert await idle_slot(sql, MUCH_BYTES) is None
        # Little is kept, so that it would be no help.
        assert await name_slot(sql, full := trouble_of_state("53100")) == full
    finally:
        await sql.execute("select pg_drop_replication_slot($1)", name)
    assert told is not None
    assert f"select pg_drop_replication_slot('{name}')" in told
