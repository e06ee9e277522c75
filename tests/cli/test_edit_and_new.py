"""`edit` and `new`: by a script that is the editor, and by a person at a terminal."""

import json
import sys
from pathlib import Path
from uuid import UUID

import pytest

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term, a_topic, row
from tests.commands import Ran, chaishots
from tests.conftest import Database


@pytest.fixture
async def lesson(sql: Connection) -> UUID:
    return await a_lesson(sql, await a_term(sql, await a_program(sql, title="కోర్సు")), title="అల్లం టీ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files that are edited are; nothing else is there."""
    (tmp_path / "edits").mkdir()
    return tmp_path / "edits"


async def edit(database: Database, folder: Path, editor: str, *arguments: str) -> Ran:
    return await chaishots(
        *arguments,
        DATABASE_URL=database.dsn,
        EDITOR=editor,
        VISUAL="",
        TMPDIR=str(folder),
        CHAISHOTS_ZONE="Asia/Kolkata",
    )


async def test_a_script_edits_and_makes_things(
    sql: Connection, fresh_database: Database, lesson: UUID, folder: Path
) -> None:
    mend = "sed -i 's/title: అల్లం టీ/title: యాలకుల టీ/'"
    told = await edit(fresh_database, folder, mend, "edit", "అల్లం టీ")
    assert (told.code, told.err) == (0, ""), told
    assert told.out.startswith("Changed lesson యాలకుల టీ")
    assert (await row(sql, "lesson", lesson))["title"] == "యాలకుల టీ"
    assert [*folder.iterdir()] == []

    named = await edit(fresh_database, folder, "sed -i 's/name: \"\"/name: ఉగాది/'", "new", "release", "--json")
    document = json.loads(named.out)
    assert [(one["kind"], one["title"]) for one in document["created"]] == [("release", "ఉగాది")]
    assert document["changed"] == []
    same = await edit(fresh_database, folder, "true", "edit", str(lesson), "--json")
    assert json.loads(same.out) == {"created": [], "changed": []}


async def test_a_topic_is_edited_by_its_name(sql: Connection, fresh_database: Database, folder: Path) -> None:
    topic = await a_topic(sql, "Chai")
    told = await edit(fresh_database, folder, "sed -i 's/name: Chai/name: Chai time/'", "edit", "chai")
    assert (told.code, told.out) == (0, "Changed topic Chai time\n"), told
    assert (await row(sql, "topic", topic))["name"] == "Chai time"


async def test_what_is_wrong_is_told_with_its_line_and_kept(
    fresh_database: Database, lesson: UUID, folder: Path
) -> None:
    told = await edit(fresh_database, folder, "sed -i 's/title: అల్లం టీ/title: \"\"/'", "edit", str(lesson))
    assert (told.code, told.out) == (1, "")
    first, second = told.err.splitlines()
    [kept] = folder.glob("*/*.yaml")
    assert first == f"chaishots: Not stored, one thing is wrong: What was typed is in {kept}"
    line = int(second.split()[1].rstrip(","))
    assert kept.read_text().splitlines()[line - 1].strip() == 'title: ""'


@pytest.mark.parametrize(
    ("editor", "said", "is_kept"),
    [
        ("false", "The editor ended with 1, nothing was stored.", False),
        ("sh -c 'echo x >> $0; kill -9 $$'", "The editor ended with -9, nothing was stored.", True),
        ("no-such-editor", "There is no no-such-editor here: set EDITOR", False),
        ("'", "$VISUAL or $EDITOR cannot be read as a command", False),
        ("rm", "Nothing was changed.", False),
        ("sh -c 'rm $0; mkfifo $0'", "Nothing was changed.", False),
        ("sh -c 'rm $0; mkdir $0'", "Nothing was changed.", False),
        ("sh -c ': > $0'", "Nothing was changed.", False),
        ("sh -c 'head -c 10000000 /dev/zero | tr \"\\0\" a > $0'", "The text is larger than 1 MiB", True),
    ],
)
async def test_whatever_an_editor_does_is_told_in_a_sentence(
    fresh_database: Database, lesson: UUID, folder: Path, editor: str, said: str, is_kept: bool
) -> None:
    told = await edit(fresh_database, folder, editor, "edit", str(lesson))
    assert said in told.out + told.err, told
    assert "Traceback" not in told.err
    assert bool([*folder.glob("*/*.yaml")]) is is_kept
    assert ("What was typed is in" in told.err) is is_kept


async def test_somebody_else_changing_the_same_is_told_to_a_script(
    sql: Connection, fresh_database: Database, lesson: UUID, folder: Path
) -> None:
    script = folder / "editor.py"
    script.write_text(
        f"""
import asyncio, asyncpg, os, sys
from pathlib import Path

async def change():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    await connection.execute("update lesson set title = 'Theirs' where id = '{lesson}'")

asyncio.run(change())
file = Path(sys.argv[1])
file.write_text(file.read_text().replace("title: అల్లం టీ", "title: Mine"))
"""
    )
    told = await edit(fresh_database, folder, f"{sys.executable} {script}", "edit", str(lesson))
    assert told.code == 1
    assert "Somebody else has changed the same" in told.err
    assert (await row(sql, "lesson", lesson))["title"] == "Theirs"


async def test_a_scheduled_change_is_edited_by_its_id(
    sql: Connection, fresh_database: Database, lesson: UUID, folder: Path
) -> None:
    change = await sql.fetchval(
        "insert into change (object_type, object_id, patch, apply_at)"
        " values ('lesson', $1, '{\"title\": \"One\"}', now() + interval '1 day') returning id",
        lesson,
    )
    told = await edit(fresh_database, folder, "sed -i 's/title: One/title: Two/'", "edit", str(change))
    assert (told.code, told.err) == (0, ""), told
    assert await sql.fetchval("select patch ->> 'title' from change") == "Two"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("edit",), "Missing argument 'THING…'"),
        (("edit", "nothing like it"), "There is no lesson, program, term"),
        (("new", "lesson"), "Name a term"),
        (("new", "topic", "x"), "A topic stands in nothing"),
        (("new", "term", "అల్లం టీ"), "is no program, which a term needs"),
        (("new", "cat"), "'cat' is not one of"),
    ],
)
async def test_what_cannot_be_opened_is_told(
    fresh_database: Database, lesson: UUID, folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    told = await edit(fresh_database, folder, "true", *arguments)
    assert told.code in (1, 2)
    assert said in told.err
    assert [*folder.iterdir()] == []
