"""What the commands say of a database that cannot be used: one line that names it and says what to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chaishots.cli.database import shown_database
from chaishots.database import connection as connections
from chaishots.database.connection import Connection, session
from chaishots.database.errors import DatabaseAway, Kind, trouble_of_state
from chaishots.database.migrations import standing
from tests.builders import a_public_program
from tests.commands import chaishots, ended, started
from tests.conftest import Database

LATER = "99_20990101000000_later.py"


@asynccontextmanager
async def a_port_that_replies(*replies: bytes) -> AsyncIterator[int]:
    """The number of a port where no Postgres is: whatever it is sent, it sends the next reply, and then ends."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in replies:
            await reader.read(1024)
            writer.write(each)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("replies", "query", "told"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "", "an HTTP server listens there"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "?sslmode=disable", "an HTTP server listens there"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "", "an SSH server listens there"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "?sslmode=disable", "an SSH server listens there"),
        ([b"J\0\0\0\x0a8.0.36\0\x08\0\0\0"], "", "a MySQL or MariaDB listens there"),
        ([b"\x15\x03\x03\0\x02\x02\x46"], "?sslmode=disable", "a server that speaks TLS from the first byte"),
        ([b"N"], "?sslmode=require", "sslmode=disable"),
        ([b"S", b"this is no TLS"], "?sslmode=require", "sslmode=disable"),
    ],
    ids=[
        "HTTP",
        "HTTP, plain",
        "SSH",
        "SSH, plain",
        "MySQL",
        "TLS, plain",
        "a Postgres without TLS",
        "no TLS after all",
    ],
)
async def test_what_waiting_does_not_mend_ends_at_once_with_one_line(
    replies: list[bytes], query: str, told: str
) -> None:
    async with a_port_that_replies(*replies) as port:
        ran = await chaishots("migrate", DATABASE_URL=f"postgresql://me:secret@127.0.0.1:{port}/chai{query}")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert ran.err.startswith(f"chaishots: 127.0.0.1:{port}/chai: The database was not reached (")
    assert told in ran.err
    assert "secret" not in ran.err


async def test_a_start_waits_for_one_that_closes_without_a_word() -> None:
    async with a_port_that_replies() as port:
        starting = await started("migrate", DATABASE_URL=f"postgresql://me@127.0.0.1:{port}/chai?sslmode=disable")
        assert starting.stderr is not None
        line = await starting.stderr.readline()
        starting.terminate()
        assert (b"database.awaited" in line, (await ended(starting)).code) == (True, 143)


async def test_a_port_that_says_nothing_ends_within_its_own_time_and_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.1)
    silence = asyncio.Event()

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silence.wait()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DatabaseAway) as met:
            async with session(f"postgresql://me@127.0.0.1:{port}/chai", application_name="tests"):
                pass
        silence.set()
    assert not met.value.trouble.passes
    assert "firewall" in met.value.trouble.action


@pytest.mark.parametrize(
    ("sqlstate", "kind", "passes", "advice"),
    [
        ("57P03", Kind.AWAY, True, "that Postgres runs"),
        ("53300", Kind.AWAY, True, "max_connections"),
        ("28P01", Kind.LOGIN, False, "password"),
        ("28000", Kind.LOGIN, False, "sslmode=require"),
        ("3D000", Kind.LOGIN, False, "Create that database"),
    ],
)
def test_who_is_not_let_in_is_told_why(sqlstate: str, kind: Kind, passes: bool, advice: str) -> None:
    trouble = trouble_of_state(sqlstate)
    assert (trouble.kind, trouble.passes) == (kind, passes)
    assert advice in trouble.action


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db.example.com:5433/chai", "db.example.com:5433/chai"),
        ("postgresql://me:se%2Fcret@a:1,b:2/chai", "a:1,b:2/chai"),
        ("postgres://me@/chai?host=/run/postgres&port=5433", "this machine/chai"),
        ("postgresql:///chai?host=db&port=5433&password=secret", "db:5433/chai"),
        ("postgresql://[::1]:5432/%E0%B0%9A", "[::1]:5432/చ"),
        ("postgresql://db/a%1b%5B31mb%E2%80%AE", "db/a\\x1b[31mb\\u202e"),
    ],
)
def test_a_database_is_named_by_its_host_and_name_alone(url: str, shown: str) -> None:
    assert shown_database(url) == shown


async def test_a_newer_schema_is_told_by_name_and_is_not_exported(fresh_database: Database, sql: Connection) -> None:
    await a_public_program(sql)
    await sql.execute("insert into aerich (version, app, content) values ($1, 'chaishots', '{}')", LATER)
    migrated, exported = [await chaishots(name, DATABASE_URL=fresh_database.dsn) for name in ("migrate", "export")]

    assert migrated.code == 0, migrated.err
    assert "newer than this version" in migrated.out
    assert LATER.removesuffix(".py") in migrated.out
    assert (exported.code, exported.out) == (1, "")
    assert LATER.removesuffix(".py") in exported.err


async def test_a_schema_of_another_version_that_lacks_some_of_ours_is_not_migrated(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("insert into aerich (version, app, content) values ($1, 'chaishots', '{}')", LATER)
    await sql.execute("delete from aerich where version like '9\\_%'")
    ran = await chaishots("migrate", DATABASE_URL=fresh_database.dsn)

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "another version's" in ran.err
    assert (await standing(fresh_database.dsn, application_name="tests")).unknown == (LATER,)


async def test_an_older_schema_is_told_by_name(fresh_database: Database, sql: Connection) -> None:
    await sql.execute("delete from aerich where version like '9\\_%'")
    await sql.execute("alter table lesson drop column publish_error cascade")
    ran = await chaishots("rehearse", "--until", "2099-01-01T00:00:00Z", DATABASE_URL=fresh_database.dsn)

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "older than this version" in ran.err
    assert "9_20261126114300_search_paths" in ran.err
