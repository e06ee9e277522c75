"""Whoever writes, with whatever search_path (pg_restore and subscribers have an empty one); and dumps come back."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from chaishots.database.connection import Connection
from chaishots.database.migrations import migrate
from tests.builders import AN_HOUR, a_lesson, a_picture, a_program, a_public_program, a_release, a_term, a_topic
from tests.commands import postgres_program, ran
from tests.conftest import Database, in_database

CONTENT = (
    "program",
    "topic",
    "program_topic",
    "term",
    "lesson",
    "release",
    "picture",
    "activity",
    "api_token",
    "idempotency_key",
)

# Empty; and with names of ours in a schema that somebody put before.
_HOSTILE = """
    create schema hostile;
    create table hostile.lesson (id uuid);
    create table hostile.activity (id uuid);
    create function hostile.now() returns timestamptz language sql return timestamptz '1999-01-01 00:00:00Z';
    create function hostile.chaishots_refuse(text, text) returns void language sql return null::void;
"""
_PATHS = ["''", "hostile, pg_catalog, public"]

_WRITES = {
    "program": (
        "insert into public.program (title, language_primary) values ('P', 'en')",
        "update public.program set description = 'x'",
        "delete from public.program where title = 'P'",
    ),
    "topic": (
        "insert into public.topic (name) values ('T')",
        "update public.topic set name = name || '.'",
        "delete from public.topic where name = 'T.'",
    ),
    "program_topic": (
        "insert into public.program_topic select program.id, topic.id from public.program, public.topic"
        " on conflict do nothing",
        "delete from public.program_topic",
    ),
    "term": (
        "insert into public.term (program_id, term_number) select id, 9077 from public.program",
        "update public.term set title = 'x'",
        "delete from public.term where term_number = 9077",
    ),
    "lesson": (
        "insert into public.lesson (term_id, lesson_number, title, content_type, content_language_primary)"
        " select id, 9077, 'L', 'article', 'en' from public.term",
        "update public.lesson set title = title || '.'",
        "update public.lesson set status = 'archived' where status = 'published'",
        "delete from public.lesson where lesson_number = 9077",
    ),
    "release": (
        "insert into public.release (name) values ('R')",
        "update public.release set name = name || '.'",
        "update public.release set status = 'published' where status = 'scheduled'",
        "delete from public.release where name = 'R.'",
    ),
    "api_token": (
        "insert into public.api_token (name, role, token_hash) values ('t', 'viewer', sha256('t'))",
        "update public.api_token set revoked_at = pg_catalog.now()",
        "delete from public.api_token",
    ),
}


@pytest.mark.parametrize("path", _PATHS, ids=["empty", "a hostile schema in front"])
@pytest.mark.parametrize("table", _WRITES)
async def test_content_is_written_by_its_qualified_names_under_any_search_path(
    sql: Connection, table: str, path: str
) -> None:
    await filled(sql)
    await sql.execute(_HOSTILE)
    count = await sql.fetchval("select count(*) from activity")
    await sql.execute(f"set search_path = {path}")
    for statement in _WRITES[table]:
        assert (await sql.execute(statement)).split()[-1] != "0", statement
    lines = "select count(*) from public.activity"
    assert await sql.fetchval(lines) >= count + len(_WRITES[table])
    with pytest.raises(asyncpg.CheckViolationError, match="program_title"):
        await sql.execute("update public.program set title = ''")


async def test_every_function_of_ours_has_its_search_path(sql: Connection) -> None:
    without = await sql.fetch(
        """
        select proname from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
           and not exists (select from unnest(proconfig) as setting where setting like 'search\\_path=%')
        """
    )
    names = [row["proname"] for row in without]
    assert names == [], (
        f"{', '.join(names)}: end the migration with what 9_…_search_paths does: "
        "alter function … set search_path = <current_schema()>, pg_temp"
    )


async def filled(sql: Connection) -> None:
    """Put something into every table."""
    program = await a_public_program(sql)
    await sql.execute("insert into program_topic values ($1, $2)", program, await a_topic(sql, "सैन्य"))
    release = await a_release(sql)
    await a_lesson(sql, await a_term(sql, await a_program(sql)), release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() + interval '1 day'")
    await a_lesson(sql, due_in=AN_HOUR)
    await a_picture(sql, alt={"te": "కప్పు"})
    await sql.execute("insert into api_token (name, role, token_hash) values ('asha', 'viewer', sha256('asha'))")
    await sql.execute(
        "insert into idempotency_key (key, request_hash, token_id) select 'k', sha256('k'), id from api_token"
    )


async def everything(sql: Connection) -> list[list[str]]:
    return [[row[0] for row in await sql.fetch(f"select t::text from {t} t order by 1")] for t in CONTENT]


_DUMPS = {
    "whole": [],
    "data alone": ["--data-only", "--disable-triggers", "--exclude-table=aerich"],
}


@pytest.mark.parametrize("options", _DUMPS.values(), ids=_DUMPS)
async def test_a_dump_comes_back_whole(
    sql: Connection, fresh_database: Database, postgres: str, tmp_path: Path, options: Sequence[str]
) -> None:
    await filled(sql)
    dump = await ran(postgres_program("pg_dump"), *options, fresh_database.dsn)
    before = await everything(sql)
    name = f"chaishots_test_{uuid4().hex[:12]}"
    await sql.execute(f"create database {name}")
    there = in_database(postgres, name)
    try:
        if options:
            await migrate(there, application_name="tests")
        path = tmp_path / "dump.sql"
        path.write_bytes(dump)
        await ran(
            postgres_program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(path), there
        )
        restored = await asyncpg.connect(there, server_settings={"timezone": "UTC"})
        try:
            assert await everything(restored) == before
            # The triggers are at work again, and the history goes on where it was.
            last = await restored.fetchval("select max(seq) from activity")
            await restored.execute("update lesson set title = 'Changed'")
            assert await restored.fetchval("select min(seq) > $1 from activity where seq > $1", last)
            assert await restored.fetchval("select count(*) from activity where seq > $1", last) == 3
        finally:
            await restored.close()
    finally:
        await sql.execute(f"drop database {name} with (force)")
