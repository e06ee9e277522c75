"""Creates what a file has and the database lacks, and gives programs the topics that they lack.

`match_to_stored` says what is new. Must not know files, nor what becomes of things that are there already.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import slug_spelling
from chaishots.content.exchange import seed_format
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.match_to_stored import Placed
from chaishots.database.orm import query

BATCH: Final = 2_000
"""Rows of a statement at most: Postgres keeps no JSON beyond 256 MiB, and a description has 10,000 characters."""

_T = TypeVar("_T")

_HOLD_TOPICS: Final = """
    select chaishots_hold_topic_names(array(select name from jsonb_to_recordset($1) as wanted (name text)))
"""
# Of two spellings of one name, the first counts: topic_name_unique (lower(name)).
_CREATE_TOPICS: Final = """
    with wanted as (
        select distinct on (lower(name)) item ->> 'id' as id, name, item -> 'translations' as translations,
               (item ->> 'version')::integer as version, place
          from jsonb_array_elements($1) with ordinality as listed (item, place)
         cross join lateral (select item ->> 'name' as name) as named
         order by lower(name), place
    ), created as (
        insert into topic (id, name, translations, version)
        select coalesce(id::uuid, chaishots_uuid7()), name, coalesce(nullif(translations, 'null'), '{}'),
               coalesce(version, 1)
          from wanted
         where not exists (select from topic where lower(topic.name) = lower(wanted.name))
         order by place on conflict (id) do nothing returning id, name
    )
    select id, name from created
"""
_LINK_TOPICS: Final = """
    with linked as (
        insert into program_topic (program_id, topic_id)
        select distinct link.program_id, topic.id
          from jsonb_to_recordset($1) as link (program_id uuid, name text)
          join topic on lower(topic.name) = lower(link.name)
            on conflict do nothing returning program_id
    )
    select distinct program_id from linked
"""


async def create_topics(
    topics: Iterable[Values], programs: Iterable[Placed], transaction: TransactionalDBClient
) -> dict[str, UUID]:
    """Create the topics that are not there, those of the file first, then those of its programs; their ids by name."""
    of_programs = ({"name": name} for program in programs for name in program.seed.values["topics"])
    wanted = json.dumps([*topics, *of_programs], default=str)
    await query(transaction, _HOLD_TOPICS, wanted)
    return {row["name"]: row["id"] for row in await query(transaction, _CREATE_TOPICS, wanted)}


async def link_topics(programs: Iterable[Placed], transaction: TransactionalDBClient) -> set[UUID]:
    """Give programs the topics that they lack; the ids of those that got some."""
    links = json.dumps(topic_links(programs), default=str)
    return {row["program_id"] for row in await query(transaction, _LINK_TOPICS, links)}


def topic_links(programs: Iterable[Placed]) -> list[Values]:
    """The topics of programs, as the statements take them."""
    return [{"program_id": program.id, "name": name} for program in programs for name in program.seed.values["topics"]]


def _insert_into(table: str, *columns: str) -> str:
    names = ", ".join(columns)
    return f"insert into {table} ({names}) select {names} from jsonb_populate_recordset(null::{table}, $1)"


INSERT_RELEASES: Final = _insert_into("release", *seed_format.RELEASE_COLUMNS)
INSERT_PROGRAMS: Final = _insert_into("program", *seed_format.PROGRAM_COLUMNS)
INSERT_TERMS: Final = _insert_into("term", "program_id", *seed_format.TERM_COLUMNS)
INSERT_LESSONS: Final = _insert_into("lesson", "term_id", *seed_format.LESSON_COLUMNS)


async def create(statement: str, things: Iterable[Placed], now: datetime, transaction: TransactionalDBClient) -> None:
    """Insert, by one of the statements above, those of the things that are new."""
    for batch in batches([thing for thing in things if thing.is_new]):
        rows = [
            # The statement takes the one that its table has.
            {**_values_of_new(thing, now), "id": thing.id, "program_id": thing.parent_id, "term_id": thing.parent_id}
            for thing in batch
        ]
        await query(transaction, statement, json.dumps(rows, default=str))


def _values_of_new(thing: Placed, now: datetime) -> Values:
    values = thing.seed.values_at(now)
    return values | {"slug": slug_spelling.wished(values["title"])} if values.get("slug", ...) is None else values


def batches(things: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The things, BATCH at a time."""
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]
