"""All content in the seed format, as it was at one moment: what `importing` takes back, to the last digit.

The format leaves out what its reader fills in anyway. Times are absolute, in UTC; what there is has its id, its
version and when it was created and last changed; of pictures there are the alt texts, the files stay in their store.
History, tokens and retried requests are no content.
"""

import json
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from chaishots.content.exchange import seed_format
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.file_formats import Form
from chaishots.content.exchange.writers import WRITERS, Kind
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
# Those that are still to come: what was applied or called off is history.
_CHANGES: Final = "select * from change where status = 'scheduled' order by id"
# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number); some terms are empty.
_LESSONS: Final = """
    select lesson.*, term.id as of_term, term.term_number, term.title as term_title,
           term.translations as term_translations, term.version as term_version
      from term left join lesson on lesson.term_id = term.id
     where program_id = $1 order by term_number, lesson_number
"""


async def export_text(connection: Connection, form: Form = Form.YAML) -> AsyncIterator[str]:
    """The export's text, piece by piece; no more than some hundred lessons of it are in memory at a time.

    Args:
        connection: one in no transaction, and whose statements have time: a `session`, rather than one of the pool's.
    """
    writer = WRITERS[form]()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for kind, values in _things(connection):
            yield writer.write(kind, values)
    yield writer.end()


async def _things(connection: Connection) -> AsyncIterator[tuple[Kind, Values]]:
    for topic in await connection.fetch(_TOPICS):
        yield Kind.TOPICS, seed_format.topic_keys(_values(topic))
    async for release in connection.cursor(_RELEASES, prefetch=_FETCHED):
        yield Kind.RELEASES, seed_format.release_keys(dict(release))
    async for picture in connection.cursor(_PICTURES, prefetch=_FETCHED):
        yield Kind.PICTURES, seed_format.picture_keys(picture["id"], json.loads(picture["alt"]))
    async for program in connection.cursor(_PROGRAMS, prefetch=_FETCHED):
        yield Kind.PROGRAMS, seed_format.program_keys(_values(program))
        term = None
        async for row in connection.cursor(_LESSONS, program["id"], prefetch=_FETCHED):
            if row["of_term"] != term:
                term = row["of_term"]
                yield Kind.TERMS, _term(row)
            if row["id"] is not None:
                yield Kind.LESSONS, seed_format.lesson_keys(_values(row))
    async for change in connection.cursor(_CHANGES, prefetch=_FETCHED):
        yield Kind.CHANGES, seed_format.change_keys({**change, "patch": json.loads(change["patch"])})


def _term(row: asyncpg.Record) -> Values:
    values: Values = {"id": row["of_term"], "term_number": row["term_number"]}
    values |= {"title": row["term_title"], "translations": json.loads(row["term_translations"])}
    return seed_format.term_keys(values | {"version": row["term_version"]})


def _values(row: asyncpg.Record) -> Values:
    return {key: json.loads(value) if key in MAP_NAMES else value for key, value in row.items()}
