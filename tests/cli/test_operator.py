"""Who did it: what the history knows whoever runs a command by."""

from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from tests.builders import a_lesson
from tests.commands import chaishots
from tests.conftest import Database

NAME = "ఆశా రావు"
SEED = """
programs:
  - slug: chai
    title: Chai
    language_primary: en
    languages_available: [en]
"""


async def _actors(sql: Connection) -> set[str]:
    lines = await sql.fetch("select actor from activity where actor <> session_user")
    return {line["actor"] for line in lines}


async def test_every_command_that_writes_does_it_by_the_operators_name(
    sql: Connection, fresh_database: Database, tmp_path: Path
) -> None:
    lesson = await a_lesson(sql)
    file = tmp_path / "chai.yaml"
    file.write_text(SEED)
    written: list[int] = []
    for arguments in (
        ("publish", str(lesson)),
        ("archive", str(lesson)),
        ("restore", str(lesson)),
        ("schedule", str(lesson), "2100-01-01 18:00"),
        ("token", "create", "asha", "--role", "viewer"),
        ("token", "revoke", "asha"),
        ("seed", str(file)),
    ):
        ran = await chaishots(*arguments, DATABASE_URL=fresh_database.dsn, CHAISHOTS_OPERATOR=NAME)
        assert ran.code == 0, ran
        written.append(await sql.fetchval("select count(*) from activity where actor = $1", NAME))
    assert written == sorted(set(written))
    assert await _actors(sql) == {NAME}


async def test_without_one_it_is_the_login_made_harmless(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql)
    login = {"LOGNAME": "ra\x1b[2Jvi" + "i" * 100, "DATABASE_URL": fresh_database.dsn}
    assert (await chaishots("publish", str(lesson), **login)).code == 0
    assert await _actors(sql) == {("ra\\x1b[2Jvi" + "i" * 100)[:64]}


@pytest.mark.parametrize("name", ["asha\nravi", "\x1b]0;x\x07", "x" * 65, "   "])
async def test_a_name_that_cannot_be_shown_stops_the_start_with_one_line(fresh_database: Database, name: str) -> None:
    ran = await chaishots("token", "list", DATABASE_URL=fresh_database.dsn, CHAISHOTS_OPERATOR=name)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("chaishots: CHAISHOTS_OPERATOR ")
    assert ran.err.strip().isprintable()
