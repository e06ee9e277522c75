"""What somebody takes out of the schema by hand is named and brought back, whatever the version of Postgres."""

import json

from chaishots.database import schema_parts
from chaishots.database.connection import Connection
from chaishots.database.schema_parts import Lost, Part, expected, find_lost
from tests.commands import chaishots
from tests.conftest import Database
from tests.schema_parts import parts_of

_CHANGED = """
    drop trigger tell_update on lesson; alter table term disable trigger record_update; drop index lesson_due;
    alter table lesson drop constraint lesson_title; drop function chaishots_tell_all cascade;
    alter table webhook drop column url cascade; drop table program_words cascade;
"""
_BACK = {
    "the constraint lesson_title of lesson",
    "the index lesson_due of lesson",
    "the trigger record_update of term",
    "the trigger tell_update of lesson",
}


async def test_the_file_names_what_the_migrations_make(sql: Connection) -> None:
    made, kept = json.loads(await parts_of(sql)), json.loads(schema_parts.FILE.read_text("utf-8"))
    # How a statement is written differs between versions of Postgres.
    assert [part[:3] for part in made] == [part[:3] for part in kept], "run: python -m tests.schema_parts"


_DROPS = {
    "trigger": "drop trigger {name} on {owner}",
    "index": "drop index {name}",
    "constraint": "alter table {owner} drop constraint if exists {name} cascade",  # it may have gone with another
}


async def test_each_statement_makes_what_it_is_of(sql: Connection) -> None:
    parts = [Part(*key, statement=made) for key, made in expected().items() if made]
    async with sql.transaction():
        for part in reversed(Lost(parts).mendable):
            await sql.execute(_DROPS[part.kind].format(name=part.name, owner=part.owner))
        lost = await find_lost(sql)
        assert {str(part) for part in lost.parts} == {str(part) for part in parts}
        for part in lost.mendable:
            assert part.statement
            await sql.execute(part.statement)
        assert not await find_lost(sql)


async def test_what_was_taken_out_by_hand_is_told_and_brought_back(fresh_database: Database, sql: Connection) -> None:
    await sql.execute(_CHANGED)
    told = " | ".join(str(part) for part in (await find_lost(sql)).parts)
    also = ("the function chaishots_tell_all()", "the column url of webhook", "the table program_words")
    assert all(name in told for name in (*_BACK, *also))
    assert "the trigger record_update of term, which is switched off" in told

    status = await chaishots("status", DATABASE_URL=fresh_database.dsn)
    assert status.code == 3
    assert "Damage     Somebody changed the schema by hand: it lacks the " in status.out
    assert "chaishots migrate --mend" in status.out

    mended = await chaishots("migrate", "--mend", DATABASE_URL=fresh_database.dsn)
    assert mended.code == 1, mended
    assert {f"brought back {name}" for name in _BACK} <= {*mended.out.splitlines()}
    assert "could not bring back the trigger tell of topic: function chaishots_tell_all() does not exist" in mended.err
    assert "from a backup" in mended.err
    assert not {str(part) for part in (await find_lost(sql)).parts} & _BACK


async def test_a_user_whose_sessions_fire_no_trigger_is_told(sql: Connection) -> None:
    await sql.execute("set session_replication_role = replica")
    assert "session_replication_role" in (await find_lost(sql)).trouble().text
