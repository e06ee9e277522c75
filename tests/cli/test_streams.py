"""What the commands do with standard input and output, files and signals, whatever becomes of those."""

import asyncio
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from chaishots.safe_text import is_safe
from tests.builders import AN_HOUR, a_lesson, a_program, a_term, a_topic
from tests.cluster import eventually
from tests.commands import chaishots, ended, started
from tests.conftest import Database

HOSTILE = "h\x1b[31m\u202e\x9b31m\u2066\u2028\ufeffక్\u200cష"
TITLE = "h\u2066e\u2069\ufeffక్\u200cష"  # what a title may hold of it
SEED = f'programs:\n  - title: "{TITLE.encode("unicode-escape").decode()}"\n    language_primary: te\n'
WHENEVER = "2099-01-01T00:00:00Z"


async def test_content_comes_in_through_standard_input_and_goes_out_exactly(
    fresh_database: Database, sql: Connection
) -> None:
    seeded = await chaishots("seed", "-", typed=SEED.encode(), DATABASE_URL=fresh_database.dsn)
    exported = await chaishots("export", DATABASE_URL=fresh_database.dsn)
    await sql.execute("truncate program cascade")
    imported = await chaishots("import", "-", typed=exported.out.encode(), DATABASE_URL=fresh_database.dsn)

    assert (seeded.code, exported.code, imported.code) == (0, 0, 0), seeded.err + imported.err
    assert is_safe(exported.out.replace("\n", ""))
    assert await sql.fetchval("select title from program") == unicodedata.normalize("NFC", TITLE)


async def test_nothing_hostile_reaches_the_terminal_through_any_command(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    await sql.execute("alter table program drop constraint program_title")  # each lets no escape in
    await sql.execute("alter table term drop constraint term_title")
    await sql.execute("alter table lesson drop constraint lesson_title")
    await sql.execute("alter table topic drop constraint topic_name")
    program = await a_program(sql, title=HOSTILE, posters={})
    lesson = await a_lesson(sql, await a_term(sql, program, title=HOSTILE), title=HOSTILE, due_in=AN_HOUR)
    await a_topic(sql, HOSTILE)
    file = tmp_path / f"{HOSTILE.replace('/', '')}.yaml"
    file.write_text(SEED)
    bad = tmp_path / f"bad{file.name}"
    bad.write_text(SEED + f'    "{HOSTILE.encode("unicode-escape").decode()}": 1\n')
    commands: list[list[str]] = [
        *(["status"], ["status", "--json"], ["why", str(lesson)], ["why", str(lesson), "--json"], ["export"]),
        *(["rehearse", "--until", WHENEVER], ["seed", str(file)], ["import", "--dry-run", str(file)]),
        *(["import", str(bad)], ["seed", HOSTILE], ["why", HOSTILE], [HOSTILE], ["token", "revoke", HOSTILE]),
    ]
    for command in commands:
        ran = await chaishots(*command, DATABASE_URL=fresh_database.dsn, LOGNAME=HOSTILE)
        assert ran.out + ran.err, command
        assert is_safe((ran.out + ran.err).replace("\n", "")), (command, ran)
        assert "unforeseen" not in ran.err


async def test_a_hostile_reason_of_postgres_is_shown_as_an_escape(fresh_database: Database, sql: Connection) -> None:
    await sql.execute(
        r"""create function refuse() returns trigger language plpgsql as
            $$ begin raise exception using message = E'no\x1b[31m\n\u202e', errcode = '57014'; end $$;
            create trigger refuse before insert on api_token execute function refuse()"""
    )
    ran = await chaishots("token", "create", "x", "--role", "viewer", DATABASE_URL=fresh_database.dsn)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "no\\x1b[31m \\u202e" in ran.err


@pytest.mark.parametrize("command", [["export"], ["--help"]], ids=" ".join)
async def test_a_reader_that_leaves_ends_a_command_as_a_pipe_does(command: list[str], fresh_database: Database) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    process = await started(*command, stdout=writes, DATABASE_URL=fresh_database.dsn)
    os.close(writes)
    ran = await ended(process)
    assert (ran.code, ran.err) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    ("closed", "code", "says"), [("<&-", 0, b""), (">&-", 1, b"Bad file descriptor"), ("2>&-", 0, b"")]
)
async def test_a_stream_that_is_closed_stops_nothing_but_what_needs_it(
    closed: str, code: int, says: bytes, fresh_database: Database
) -> None:
    ran = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", f'"$0" -m chaishots migrate {closed}', sys.executable],
        capture_output=True,
        env=os.environ | {"DATABASE_URL": fresh_database.dsn},
    )
    assert ran.returncode == code, ran
    assert says in ran.stderr
    assert ran.stderr.count(b"\n") == (1 if says else 0)


@pytest.mark.parametrize(
    ("command", "number"),
    [
        (["migrate"], signal.SIGTERM),
        (["import", "-"], signal.SIGINT),
        (["export"], signal.SIGTERM),
        (["publish-due"], signal.SIGINT),
        (["token", "create", "x", "--role", "viewer"], signal.SIGHUP),
    ],
    ids=["migrate", "import", "export", "publish-due", "token"],
)
async def test_a_signal_ends_a_command_with_one_line_and_nothing_half_done(
    command: list[str], number: signal.Signals, fresh_database: Database, sql: Connection
) -> None:
    await a_lesson(sql, due_in=-AN_HOUR)
    if command == ["migrate"]:
        await sql.execute("delete from aerich where version like '9\\_%'")
    counts = "select (select count(*) from program), (select count(*) from api_token), (select count(*) from aerich)"
    before = await sql.fetchrow(counts)
    async with sql.transaction():
        await sql.execute("lock table lesson, topic, api_token, aerich in access exclusive mode")
        reads, writes = os.pipe()
        os.write(writes, SEED.encode())
        os.close(writes)
        process = await started(*command, stdin=reads, DATABASE_URL=fresh_database.dsn)
        os.close(reads)
        waiting = "select count(*) from pg_locks where not granted and database = $1"
        oid = await sql.fetchval("select oid from pg_database where datname = current_database()")
        await eventually(lambda: sql.fetchval(waiting, oid))
        process.send_signal(number)
        ran = await ended(process)
    assert ran.code == 128 + number
    assert ran.err.split() == ["chaishots:", "Stopped", "before", "it", "was", "done."]
    assert await sql.fetchrow(counts) == before
    assert await sql.fetchval("select status from lesson") == "scheduled"


@pytest.mark.parametrize("locale", ["C", ""])
async def test_telugu_is_shown_whatever_the_locale(locale: str, fresh_database: Database, sql: Connection) -> None:
    await a_lesson(sql, title="తెలుగు అక్షరాలు", due_in=AN_HOUR)
    given = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "", "DATABASE_URL": fresh_database.dsn}
    ran = await chaishots("status", **given)
    assert (ran.code, ran.err) == (3, "")  # nobody leads
    assert "తెలుగు అక్షరాలు" in ran.out
