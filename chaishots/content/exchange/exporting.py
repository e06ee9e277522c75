"""All content as YAML in the seed format, as it was at one moment: what `importing` takes back, to the last digit.

The format leaves out what its reader fills in anyway. Times are absolute, in UTC; what there is has its id, its
version and when it was created and last changed; of pictures there are the alt texts, the files stay in their store.
History, tokens and retried requests are no content.
"""

import json
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from chaishots.content.exchange import format as seed_format
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.yaml import written_item
from chaishots.content.fields import MAP_NAMES
from chaishots.database.connection import Connection

_FETCHED: Final = 500
"""Rows that are had at a time."""

_TOPICS: Final = 'select id, name, translations, version from topic order by name collate "C"'
_RELEASES: Final = "select * from release order by id"
_PICTURES: Final = "select id, alt from picture where alt <> '{}' order by id"
# program_pkey (id)
_PROGRAMS: Final = """
    select program.*, array(
               select topic.name from program_topic join topic on topic.id = topic_id
                where program_id = program.id order by topic.name collate "C") as topics
      from program order by id
"""
# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number); some terms are empty.
_LESSONS: Final = """
    select lesson.*, term.id as of_term, term.term_number, term.title as term_title,
           term.translations as term_translations, term.version as term_version
      from term left join lesson on lesson.term_id = term.id
     where program_id = $1 order by term_number, lesson_number
"""


async def export_text(connection: Connection) -> AsyncIterator[str]:
    """The export's text, piece by piece; no more than some hundred lessons of it are in memory at a time.

    Args:
        connection: one in no transaction, and whose statements have time: a `session`, rather than one of the pool's.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        topics = [seed_format.topic_keys(_values(row)) for row in await connection.fetch(_TOPICS)]
        yield "topics:\n" if topics else "topics: []\n"
        for topic in topics:
            yield written_item(topic, 2)
        async for piece in _releases(connection):
            yield piece
        async for piece in _pictures(connection):
            yield piece
        is_first = True
        async for program in connection.cursor(_PROGRAMS, prefetch=_FETCHED):
            yield "programs:\n" if is_first else ""
            is_first = False
            async for piece in _program(program, connection):
                yield piece
        yield "programs: []\n" if is_first else ""


async def _releases(connection: Connection) -> AsyncIterator[str]:
    is_first = True
    async for release in connection.cursor(_RELEASES, prefetch=_FETCHED):
        yield "releases:\n" if is_first else ""
        is_first = False
        yield written_item(seed_format.release_keys(dict(release)), 2)


async def _pictures(connection: Connection) -> AsyncIterator[str]:
    is_first = True
    async for picture in connection.cursor(_PICTURES, prefetch=_FETCHED):
        yield "pictures:\n" if is_first else ""
        is_first = False
        yield written_item(seed_format.picture_keys(picture["id"], json.loads(picture["alt"])), 2)


async def _program(program: asyncpg.Record, connection: Connection) -> AsyncIterator[str]:
    yield written_item(seed_format.program_keys(_values(program)), 2)
    term = None
    async for row in connection.cursor(_LESSONS, program["id"], prefetch=_FETCHED):
        if row["of_term"] != term:
            yield "    terms:\n" if term is None else ""
            yield _term(row)
            term = row["of_term"]
        if row["id"] is not None:
            yield written_item(seed_format.lesson_keys(_values(row)), 10)


def _term(row: asyncpg.Record) -> str:
    values: Values = {"id": row["of_term"], "term_number": row["term_number"]}
    values |= {"title": row["term_title"], "translations": json.loads(row["term_translations"])}
    values |= {"version": row["term_version"]}
    # The first of its rows has a lesson, if it has any.
    return written_item(seed_format.term_keys(values), 6) + ("        lessons:\n" if row["id"] else "")


def _values(row: asyncpg.Record) -> Values:
    return {key: json.loads(value) if key in MAP_NAMES else value for key, value in row.items()}
