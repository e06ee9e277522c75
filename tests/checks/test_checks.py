"""Set-ups that are wrong, each told by name and within its time: nothing that hangs or refuses hides the rest."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from chaishots.checks import postgres_server, without_postgres
from chaishots.checks.findings import NAMES, Finding, State, ok
from chaishots.checks.run import ALL_SECONDS, Findings, look_around, needs_a_person
from chaishots.cli.database import shown_database
from chaishots.database.advisory_locks import MIGRATION, PUBLISHER
from chaishots.database.connection import Connection
from chaishots.settings import Settings
from tests.builders import a_lesson
from tests.cli.test_databases import LATER, a_port_that_replies
from tests.commands import chaishots
from tests.conftest import Database, in_database
from tests.content.queries.test_why_lesson import a_leader
from tests.poolers import pgbouncer
from tests.tcp_proxy import cut_way

DIRECT = "CHAISHOTS_DIRECT_DATABASE_URL"


async def look(url: str, folder: Path, *, direct: str | None = None, pictures: str | None = None) -> dict[str, Finding]:
    """What is found, by name."""
    given = {"DATABASE_URL": url, "CHAISHOTS_DATA_DIR": folder, "CHAISHOTS_PICTURES_URL": pictures}
    findings, settings = Findings(), Settings(**given)  # pyright: ignore[reportArgumentType]
    async with asyncio.timeout(ALL_SECONDS + 0.5):
        await look_around(settings, (url, direct or url), shown_database, findings)
    found = findings.all()
    assert [one.name for one in found] == list(NAMES)
    assert all(one.do for one in found if one.state in (State.HINT, State.FAULT)), found
    return {one.name: one for one in found}


def faults(found: dict[str, Finding]) -> dict[str, str]:
    """What needs a person, with what to do."""
    return {one.name: f"{one.message} {one.do}" for one in found.values() if one.state is State.FAULT}


@asynccontextmanager
async def a_role(sql: Connection, *statements: str, options: str = "") -> AsyncIterator[str]:
    """The name of a role of its own, for as long as the block lasts."""
    name = f"chaishots_role_{time.monotonic_ns()}"
    await sql.execute(f"create role {name} login {options}")
    try:
        for statement in statements:
            await sql.execute(statement.format(role=name))
        yield name
    finally:
        await sql.execute(f"drop owned by {name}; drop role {name}")


def as_role(dsn: str, role: str) -> str:
    """The same database, for another user."""
    return dsn.replace(f"//{urlsplit(dsn).netloc.rpartition('@')[0]}@", f"//{role}@")


async def test_with_all_well_and_a_leader_nothing_needs_a_person(fresh_database: Database, tmp_path: Path) -> None:
    async with a_leader(fresh_database):
        found = await look(fresh_database.dsn, tmp_path)
    # It is none that hears of changes.
    assert {name for name, one in found.items() if one.state is not State.OK} == {"leader"}
    assert faults(found) == {}
    assert list(tmp_path.rglob("check*")) == []


def _error(code: str, said: str) -> bytes:
    body = f"SFATAL\0VFATAL\0C{code}\0M{said}\0\0".encode()
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "an HTTP server listens there"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "an SSH server listens there"),
        ([_error("28P01", "password authentication failed")], "the user and the password"),
        ([_error("28000", "no pg_hba.conf entry")], "sslmode=require"),
        ([_error("3D000", "database does not exist")], "Create that database"),
        ([_error("53300", "sorry, too many clients already")], "raise max_connections"),
        ([_error("57P03", "the database system is starting up")], "that Postgres runs"),
        ([_error("55000", "database is not currently accepting connections")], "not currently accepting"),
        ([_error("42704", 'unrecognized configuration parameter "colour"')], "Leave that parameter out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_who_is_not_let_in_is_told_why_and_the_rest_is_not_guessed(
    replies: list[bytes], told: str, tmp_path: Path
) -> None:
    async with a_port_that_replies(*replies) as port:
        found = await look(f"postgresql://me:secret@127.0.0.1:{port}/chai?sslmode=disable", tmp_path)
    assert list(faults(found)) == ["database"]
    assert told in faults(found)["database"]
    assert "secret" not in faults(found)["database"]
    assert {one.state for name, one in found.items() if name in NAMES[4:]} == {State.SKIPPED}


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
async def test_nobody_there_is_told(host: str, tmp_path: Path) -> None:
    assert list(faults(await look(f"postgresql://me@{host}/chai", tmp_path))) == ["database"]


@pytest.mark.parametrize(
    ("statements", "name", "told"),
    [
        (["alter database {base} set default_transaction_read_only = on"], "writes", "read-only"),
        (["alter database {base} connection limit 12"], "connections", "the database's CONNECTION LIMIT 12"),
        (["delete from aerich where version like '9\\_%'"], "schema", "9_20261126114300_search_paths"),
        (
            [
                f"insert into aerich (version, app, content) values ('{LATER}', 'chaishots', '{{}}')",
                "delete from aerich where version like '9\\_%'",
            ],
            "schema",
            "another version's",
        ),
        (["create schema other", "alter database {base} set search_path = other"], "schema", "?search_path=public"),
        ([f"select pg_advisory_lock({PUBLISHER})"], "leader", "pg_terminate_backend"),
        ([f"select pg_advisory_lock({MIGRATION})"], "schema", "each start waits"),
        (["begin", "lock table lesson in access exclusive mode"], "schedule", "has locked the table lesson"),
        (["alter table lesson drop column publish_error cascade"], "schedule", "publish_error"),
        (["drop trigger tell_update on lesson"], "schema", "the trigger tell_update of lesson"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_database_that_is_not_as_it_has_to_be_is_told_by_name(
    fresh_database: Database, sql: Connection, tmp_path: Path, statements: list[str], name: str, told: str
) -> None:
    base = urlsplit(fresh_database.dsn).path.strip("/")
    # A superuser is held to no limit of connections.
    options = "superuser" if name != "connections" else ""
    async with a_role(sql, "grant all on all tables in schema public to {role}", options=options) as role:
        for statement in statements:
            await sql.execute(statement.replace("{base}", base))
        found = faults(await look(as_role(fresh_database.dsn, role), tmp_path))
        await sql.execute("rollback; select pg_advisory_unlock_all()")
        await sql.execute(f"alter database {base} reset all; alter database {base} connection limit -1")
    assert told in found[name]


async def test_what_the_role_or_others_have_for_themselves_disturbs_nothing(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    await sql.execute("create table somebodys (a int)")
    async with a_role(sql, "alter role {role} set statement_timeout = 1", options="superuser") as role:
        await sql.execute(f"revoke all on somebodys from public; alter role {role} nosuperuser")
        await sql.execute(f"grant all on all tables in schema public to {role}; revoke all on somebodys from {role}")
        found = await look(as_role(fresh_database.dsn, role), tmp_path)
    assert faults(found) == {}
    version = sql.get_server_version()
    assert found["version"].message == f"Postgres {version.major}.{version.micro}"


async def test_what_breaks_off_after_it_was_reached_is_a_fault(
    fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "_FACTS", "select pg_terminate_backend(pg_backend_pid())")
    found = await look(fresh_database.dsn, tmp_path)
    assert "broke off" in faults(found)["version"]
    assert found["database"].state is State.OK


async def test_a_newer_schema_is_named_and_needs_nobody_in_the_midst_of_an_update(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    await sql.execute("insert into aerich (version, app, content) values ($1, 'chaishots', '{}')", LATER)
    found = await look(fresh_database.dsn, tmp_path)
    assert (found["schema"].state, LATER.removesuffix(".py") in found["schema"].message) == (State.HINT, True)


async def test_what_is_overdue_is_told(fresh_database: Database, sql: Connection, tmp_path: Path) -> None:
    await a_lesson(sql, due_in=timedelta(hours=-1))
    assert "1 lessons overdue" in faults(await look(fresh_database.dsn, tmp_path))["schedule"]


async def test_a_role_is_told_what_it_lacks(fresh_database: Database, sql: Connection, tmp_path: Path) -> None:
    daily = "grant select, insert, update, delete on all tables in schema public to {role}"
    async with a_role(sql, daily) as able, a_role(sql, options="connection limit 3") as unable:
        owned = await look(as_role(fresh_database.dsn, able), tmp_path)
        lacking = faults(await look(as_role(fresh_database.dsn, unable), tmp_path))
        await sql.execute("drop schema public cascade; create schema public")
        empty = faults(await look(as_role(fresh_database.dsn, unable), tmp_path))
    assert (owned["rights"].state, "does not own" in owned["rights"].message) == (State.HINT, True)
    assert "lacks select/insert/update/delete on activity" in lacking["rights"]
    assert "the role's CONNECTION LIMIT 3" in lacking["connections"]
    assert "grant create on schema public" in empty["rights"]


async def test_an_encoding_without_all_letters_is_told(postgres: str, sql: Connection, tmp_path: Path) -> None:
    name = f"chaishots_latin_{time.monotonic_ns()}"
    await sql.execute(f"create database {name} encoding 'LATIN1' locale 'C' locale_provider libc template template0")
    try:
        found = faults(await look(in_database(postgres, name), tmp_path))
    finally:
        await sql.execute(f"drop database {name} with (force)")
    assert "LATIN1" in found["encoding"]


async def test_a_pooler_is_told_by_what_it_does(fresh_database: Database, postgres: str, tmp_path: Path) -> None:
    dsn = fresh_database.dsn
    async with pgbouncer(dsn, "transaction") as ignoring:
        alone = await look(ignoring, tmp_path)
        right = await look(ignoring, tmp_path, direct=dsn)
        elsewhere = await look(ignoring, tmp_path, direct=in_database(postgres, "postgres"))
    async with pgbouncer(dsn, "transaction", ignores=False) as strict:
        refused = await look(strict, tmp_path)
    async with pgbouncer(dsn, "session") as keeping:
        session = await look(keeping, tmp_path)
    assert [list(faults(found)) for found in (alone, refused)] == [["pooler"], ["pooler"]]
    assert all(DIRECT in faults(found)["pooler"] for found in (alone, refused))
    assert (alone["listener"].state, alone["rights"].state) == (State.SKIPPED, State.OK)
    assert (faults(right), faults(session)) == ({}, {})
    assert "same database" in faults(elsewhere)["listener"]


async def test_a_store_of_pictures_that_takes_nothing_is_told_beside_the_rest(
    fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(without_postgres, "_STORE_SECONDS", 0.5)
    (tmp_path / "file").touch()
    a_file = faults(await look(fresh_database.dsn, tmp_path, pictures=str(tmp_path / "file")))
    async with cut_way(fresh_database.dsn) as way:
        way.cut()
        address = f"http://127.0.0.1:{urlsplit(way.dsn).port}"
        for name, value in {"ENDPOINT_URL": address, "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        silent = faults(await look(fresh_database.dsn, tmp_path, pictures="s3://bucket/x"))
    assert (list(a_file), list(silent)) == (["pictures"], ["pictures"])
    assert "does not answer" in silent["pictures"]


def test_a_folder_of_pictures_is_a_hint_where_replicas_run_on_several_hosts(tmp_path: Path) -> None:
    found, hosts = ok("pictures", "a file was written"), {"a", "b"}
    folder, bucket = Settings(CHAISHOTS_DATA_DIR=tmp_path), Settings(CHAISHOTS_PICTURES_URL="s3://b")  # pyright: ignore
    states = [
        without_postgres.add_sharing(found, each, among).state
        for each, among in ((folder, hosts), (folder, {"a"}), (bucket, hosts))
    ]
    assert states == [State.HINT, State.OK, State.OK]


@pytest.mark.parametrize(
    ("name", "state", "told"),
    [
        ("CHAISHOTS_DIRECT_DATABSE_URL", State.FAULT, "is CHAISHOTS_DIRECT_DATABASE_URL meant?"),
        ("CHAISHOTS_DATABASE_URL", State.FAULT, "is DATABASE_URL meant?"),
        ("CHAISHOTS_FLAVOUR", State.HINT, "CHAISHOTS_FLAVOUR"),
        ("CHAISHOTS_SERVICE_HOST", State.OK, "each is known"),
        ("CHAISHOTS_PORT_8000_TCP_ADDR", State.OK, "each is known"),
    ],
)
def test_a_name_that_nobody_reads_is_told_with_the_one_that_may_be_meant(name: str, state: State, told: str) -> None:
    found = without_postgres.look_at_settings({"PORT": "1", name: "x"})
    assert (found.state, told in found.message) == (state, True)


def test_a_data_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert without_postgres._look_at_disk(tmp_path / "file" / "data").state is State.FAULT
    assert without_postgres._look_at_disk(tmp_path / "new" / "data").state is not State.FAULT


@pytest.mark.parametrize(("off_s", "state"), [(0.3, State.OK), (-90, State.FAULT), (3, State.FAULT)])
def test_a_clock_that_is_off_is_told(off_s: float, state: State) -> None:
    assert postgres_server._clock(off_s).state is state


@pytest.mark.parametrize(("major", "state"), [(14, State.FAULT), (15, State.OK), (18, State.OK), (19, State.HINT)])
def test_a_version_that_was_not_tried_is_told(major: int, state: State) -> None:
    facts = postgres_server.Facts(f"{major}.1", major, 0, {}, [], [], None)
    assert postgres_server._version(facts).state is state


def test_what_has_not_answered_is_no_all_clear() -> None:
    findings = Findings()
    findings.add(ok("settings", "well"), ok("disk", "well"), ok("pictures", "well"))
    found = findings.all()
    assert needs_a_person(found)
    assert [one.name for one in found if one.state is State.FAULT] == ["database"]


async def test_the_command_ends_in_time_whatever_hangs_and_prints_80_columns(fresh_database: Database) -> None:
    async with cut_way(fresh_database.dsn) as way:
        way.cut()
        ran = await chaishots("check", DATABASE_URL=way.dsn)
    assert (ran.code, ran.err) == (3, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "no reply in time" in " ".join(ran.out.split())


async def test_the_command_prints_json_and_ends_with_3_or_0(fresh_database: Database, tmp_path: Path) -> None:
    well, wrong, new = [
        await chaishots("check", "--json", CHAISHOTS_DATA_DIR=str(tmp_path), **environment)
        for environment in ({"DATABASE_URL": fresh_database.dsn}, {"CHAISHOTS_POLL_SECONDS": "soon"}, {})
    ]
    documents = [json.loads(ran.out) for ran in (well, wrong, new)]
    assert [(ran.code, document["ok"]) for ran, document in zip((well, wrong, new), documents, strict=True)] == [
        (0, True),
        (3, False),
        (0, True),
    ]
    assert [one["name"] for one in documents[0]["checks"]] == list(NAMES)
    assert documents[1]["checks"][0]["message"].startswith("CHAISHOTS_POLL_SECONDS")
    assert not (tmp_path / "postgres").exists()


async def test_nothing_of_the_database_is_changed(fresh_database: Database, tmp_path: Path) -> None:
    watching = await asyncpg.connect(fresh_database.dsn)
    counted = "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables"
    before = await watching.fetchval(counted)
    await look(fresh_database.dsn, tmp_path)
    await watching.execute("select pg_stat_force_next_flush(); select pg_stat_clear_snapshot()")
    assert await watching.fetchval(counted) == before
    await watching.close()
