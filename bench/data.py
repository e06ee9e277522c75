"""The catalogs that are measured: the peer's standard data, and the same in other sizes, each a database of its own.

Knows SQL and nothing of what is measured.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.migrations import migrate
from tests.conftest import in_database

TERMS: Final = 3
LESSONS_A_TERM: Final = 10
LESSONS_A_PROGRAM: Final = TERMS * LESSONS_A_TERM
STANDARD_PROGRAMS: Final = 200

# The same texts and URLs as the peer's, so that both send as much. 8 of 10 lessons are published.
_PROGRAMS: Final = """
    insert into program (slug, title, description, language_primary, languages_available, posters, status, published_at)
    select 'program-' || i, 'Program ' || i, 'What a learner takes away from program ' || i || '.', 'en', '{en,hi}',
           jsonb_build_object('en', jsonb_build_object(
               'portrait', 'https://cdn.example.com/p/' || i || '/en/portrait.jpg',
               'landscape', 'https://cdn.example.com/p/' || i || '/en/landscape.jpg')),
           'published', now() - i * interval '1 minute'
      from generate_series(1, $1) i
"""
_SLUGS: Final = "insert into program_slug (slug, program_id) select slug, id from program"
FOUND: Final = """
    insert into program_words (program_id, words) select id, chaishots_words_of(program) from program;
    insert into lesson_words (lesson_id, words) select id, chaishots_words_of(title, summary, translations) from lesson
"""
_TERMS: Final = f"""
    insert into term (program_id, term_number, title)
    select program.id, t, 'Term ' || t from program, generate_series(1, {TERMS}) t
"""
_LESSONS: Final = f"""
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_languages_available, content_urls, thumbnails, status, publish_at, published_at)
    select term.id, l, 'Lesson ' || l, 'video', 600000, 'en', '{{en,hi}}',
           jsonb_build_object('en', 'https://cdn.example.com/l/' || term.id || '/' || l || '/en.mp4',
                              'hi', 'https://cdn.example.com/l/' || term.id || '/' || l || '/hi.mp4'),
           jsonb_build_object('en', jsonb_build_object(
               'portrait', 'https://cdn.example.com/l/' || term.id || '/' || l || '/p.jpg',
               'landscape', 'https://cdn.example.com/l/' || term.id || '/' || l || '/l.jpg')),
           case when l <= 8 then 'published' else 'scheduled' end,
           case when l > 8 then now() + interval '1 day' end,
           case when l <= 8 then now() end
      from term, generate_series(1, {LESSONS_A_TERM}) l
"""


async def a_catalog(postgres: str, programs: int) -> str:
    """Make a database with so many programs of 30 lessons each, and give its DSN.

    Args:
        postgres: the DSN of any database in a Postgres where databases may be made; a superuser's.
    """
    name = f"bench_{programs}_{time.monotonic_ns()}"
    await _execute(postgres, f"create database {name}")
    dsn = in_database(postgres, name)
    await migrate(dsn, application_name="bench")
    sql = await asyncpg.connect(dsn)
    try:
        # Without triggers: a million lines of history would take minutes and are not read here. The rules hold.
        await sql.execute("set session_replication_role = replica; set synchronous_commit = off")
        await sql.execute(_PROGRAMS, programs)
        for statement in (_SLUGS, _TERMS, _LESSONS, FOUND, "vacuum analyze", "checkpoint"):
            await sql.execute(statement)
    finally:
        await sql.close()
    return dsn


async def newest_program(sql: Connection) -> str:
    """The id of the program that stands first in the list."""
    return str(await sql.fetchval("select id from program order by published_at desc, id desc limit 1"))


async def newest_program_in(dsn: str) -> str:
    """The same, of a database."""
    sql = await asyncpg.connect(dsn)
    try:
        return await newest_program(sql)
    finally:
        await sql.close()


@asynccontextmanager
async def a_database(postgres: str, name: str) -> AsyncGenerator[str]:
    """The URL of a migrated database of this server, which is dropped at the end."""
    name = f"chaishots_{name}_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"create database {name}")
    try:
        dsn = in_database(postgres, name)
        await migrate(dsn, application_name="bench")
        yield dsn
    finally:
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
