"""Every command at a bad hour of the database: what it says and its exit code, in one table. Never a traceback.

Each takes a process of a second. So `make test` tries a few commands at each hour, `make faults` the others too.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson
from tests.cluster import eventually
from tests.commands import Ran, chaishots, ended, started
from tests.conftest import Database

COMMANDS = {
    "migrate": ["migrate"],
    "import": ["import", "-"],
    "dry-run": ["import", "--dry-run", "-"],
    "export": ["export"],
    "publish-due": ["publish-due"],
    "status": ["status"],
    "why": ["why", "00000000-0000-0000-0000-000000000001"],
    "rehearse": ["rehearse", "--until", "2099-01-01T00:00:00Z"],
    "token": ["token", "create", "x", "--role", "viewer"],
    "tokens": ["token", "list"],
}
FEW = ("migrate", "import", "status")
FILE = b"programs:\n  - {title: Chai, language_primary: en}\n"
WORKS = {
    "migrate": (0, "up to date"),
    "import": (0, "1 created"),
    "export": (0, "programs:"),
    "publish-due": (0, ""),
    "status": (0, "nothing is scheduled"),
    "why": (1, "There is no lesson, program, term or release with this id."),
    "rehearse": (0, "Nothing is blocked."),
    "token": (0, "chai_"),
}
REFUSED = ["import", "dry-run", "export", "publish-due", "why", "rehearse", "token", "tokens"]
ONLY_READ = {
    **dict.fromkeys(["import", "dry-run", "publish-due", "token"], (1, "Postgres refuses it: read-only (")),
    "export": (0, "programs: []"),
    "status": (3, "Postgres refuses writes: read-only ("),
    "rehearse": (0, "Nothing is blocked."),
    "tokens": (0, "There are no tokens yet."),
}
# How a role or its database is, and what becomes of each command then.
TABLE = {
    "nothing in it": ("alter role {role} superuser", WORKS),
    "a limit of 1 ms": ("alter role {role} superuser; alter role {role} set statement_timeout = 1", WORKS),
    "read-only": ("alter role {role} superuser; alter role {role} set default_transaction_read_only = on", ONLY_READ),
    "no rights": (
        "select",
        {
            **dict.fromkeys([*REFUSED, "migrate"], (1, "Postgres refuses it: permission is missing (")),
            "status": (3, "Postgres refuses writes: permission is missing ("),
        },
    ),
    "a schema that it may not use": (
        "revoke usage on schema public from public",
        dict.fromkeys(
            ["migrate", "import", "status"],
            (1, "The content is in the schema public, which the user chaishots_test_"),
        ),
    ),
    "no schema": (
        "drop schema public cascade; create schema public",
        dict.fromkeys([*REFUSED, "status"], (1, "The database has no schema yet. Run `chaishots migrate`.")),
    ),
    "a search_path that leads past it": (
        "create schema app; alter role {role} superuser; alter role {role} set search_path = app",
        dict.fromkeys(
            [*REFUSED, "migrate", "status"],
            (1, "The content is in the schema public, and the search_path of this session (app) leads past it."),
        ),
    ),
    "a search_path to nowhere": (
        "alter role {role} superuser; alter role {role} set search_path = ''",
        dict.fromkeys(["migrate", "status", "why"], (1, "alter role … set search_path), or name the schema in")),
    ),
    "a search_path with another schema before it": (
        "create schema app; alter role {role} superuser; alter role {role} set search_path = app, public",
        {"migrate": WORKS["migrate"], "status": WORKS["status"]},
    ),
    "the same, and a migration is missing": (
        "create schema app; alter role {role} superuser; alter role {role} set search_path = app, public;"
        " delete from aerich where version like '9\\_%'",
        {"migrate": (1, "schema public, and the search_path of this session (app, public) has app before it.")},
    ),
    "no connection left": (
        "alter role {role} connection limit 0",
        dict.fromkeys(
            ["status", "export", "import"], (1, "The database lets nobody in (too many connections for role")
        ),
    ),
    "no login": (
        "alter role {role} nologin",
        dict.fromkeys(["migrate", "status", "export"], (1, "is not permitted to log in). Let it log in")),
    ),
}


@asynccontextmanager
async def a_role(sql: Connection, dsn: str) -> AsyncIterator[tuple[str, str]]:
    """A role that may connect and nothing else: its name, and the URL with which it does."""
    name = f"chaishots_test_{uuid4().hex[:12]}"
    await sql.execute(f"create role {name} login password 'secret'")
    parts = urlsplit(dsn)
    try:
        yield name, urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.netloc.rpartition('@')[2]}"))
    finally:
        await sql.execute(f"drop owned by {name}; drop role {name}")


def of_commands(names: Iterable[str]) -> list[object]:
    """The few as they are, the others for the campaign."""
    return [pytest.param(name, marks=() if name in FEW else pytest.mark.campaign) for name in names]


@pytest.mark.parametrize("hour", TABLE)
@pytest.mark.parametrize("others", [False, pytest.param(True, marks=pytest.mark.campaign)], ids=["few", "the others"])
async def test_every_command_says_what_is_the_matter(
    hour: str, others: bool, fresh_database: Database, sql: Connection
) -> None:
    prepare, every = TABLE[hour]
    expected = {name: says for name, says in every.items() if (name not in FEW) is others}
    async with a_role(sql, fresh_database.dsn) as (role, url):
        await sql.execute(prepare.format(role=role))
        for name, (code, says) in expected.items():
            ran = await chaishots(*COMMANDS[name], typed=FILE, DATABASE_URL=url)
            assert ran.code == code, (name, ran)
            assert says in ran.out + ran.err, (name, ran)
            assert_told_in_a_line(ran)


async def test_a_migration_that_fails_says_why_beside_how_the_schema_stands(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("delete from aerich where version like '23\\_%'")  # its columns are there

    ran = await chaishots("migrate", DATABASE_URL=fresh_database.dsn)

    assert ran.code == 1
    assert "it lacks 23_" in ran.err
    assert "already exists." in ran.err
    assert_told_in_a_line(ran)


@pytest.mark.parametrize("name", of_commands([*REFUSED, "status"]))
async def test_a_database_that_is_away_is_named_by_every_command(name: str) -> None:
    ran = await chaishots(*COMMANDS[name], typed=FILE, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/chai")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("chaishots: 127.0.0.1:1/chai: The database was not reached (Connection refused).")
    assert_told_in_a_line(ran)


@pytest.mark.parametrize("name", of_commands(["migrate", "import", "export", "publish-due", "token"]))
async def test_a_session_that_a_restart_ends_is_told_and_nothing_is_half_done(
    name: str, fresh_database: Database, sql: Connection
) -> None:
    await a_lesson(sql, due_in=-AN_HOUR)
    if name == "migrate":
        await sql.execute("delete from aerich where version like '9\\_%'")
        # Where the database was copied or emptied before, numbers begin anew.
        await sql.execute("select setval(pg_get_serial_sequence('aerich', 'id'), (select max(id) from aerich))")
    counts = "select (select count(*) from program), (select count(*) from api_token), (select count(*) from aerich)"
    before = await sql.fetchrow(counts)
    waiting = """
        select pid from pg_locks where not granted
           and database = (select oid from pg_database where datname = current_database()) limit 1
    """
    async with sql.transaction():
        locked = "aerich" if name == "migrate" else "lesson, topic, api_token"
        await sql.execute(f"lock table {locked} in access exclusive mode")
        process = await started(*COMMANDS[name], stdin=asyncio.subprocess.PIPE, DATABASE_URL=fresh_database.dsn)
        ending = asyncio.create_task(ended(process, FILE))
        pid = await eventually(lambda: sql.fetchval(waiting))
        await sql.execute("select pg_terminate_backend($1)", pid)
        if name != "migrate":
            ran = await ending
    if name == "migrate":  # waits for a Postgres that restarts, and goes on
        assert (await ending).code == 0
        return
    assert (ran.code, ran.out) == (1, "")
    assert "The session with the database broke off (" in ran.err
    assert_told_in_a_line(ran)
    assert await sql.fetchrow(counts) == before
    assert await sql.fetchval("select status from lesson") == "scheduled"


def assert_told_in_a_line(ran: Ran) -> None:
    assert len(ran.err.splitlines()) <= 1, ran
    assert "unforeseen" not in ran.err
    assert "secret" not in ran.err
    assert "Traceback" not in ran.err
