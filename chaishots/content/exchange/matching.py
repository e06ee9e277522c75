"""Where the things of a file are in the database, and how those that are not there yet are created.

Knows ids, numbers and names, and what the database says of a row that it refuses. Must not know files, nor what
becomes of things that are there already.
"""

import json
import re
from collections.abc import Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import slugs
from chaishots.content.editing.transaction import refusal
from chaishots.content.exchange import format as seed_format
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Content, Seed, Values
from chaishots.content.exchange.format import title_and_language
from chaishots.content.lifecycle import ReleaseStatus, Status
from chaishots.database.errors import beneath
from chaishots.database.locks import SEEDING
from chaishots.database.orm import query

BATCH: Final = 2_000
"""Rows of a statement at most: Postgres keeps no JSON beyond 256 MiB, and a description has 10,000 characters."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing of the file, the id that it has or is to have, and that of its program or term."""

    seed: Seed
    id: UUID
    parent_id: UUID | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The things of a file, each list in the order of the file."""

    releases: list[Placed]
    programs: list[Placed]
    terms: list[Placed]
    lessons: list[Placed]

    def everything(self) -> list[Placed]:
        """Releases, then programs, then terms, then lessons."""
        return [*self.releases, *self.programs, *self.terms, *self.lessons]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A thing of the file, its program or term, and its place: what it is known by beside its id."""

    seed: Seed
    parent_id: UUID | None
    place: Hashable


# Those who store a file at once take turns: the second finds what the first has stored.
_TAKE_TURN: Final = "select pg_advisory_xact_lock($1), now() as now"
_RELEASES: Final = "select id, status, publish_at from release where id = any($1)"
# By id, or by what else a thing is known by. Of several programs with one title and language, the last counts.
_PROGRAMS: Final = """
    select id, title, language_primary from program where id = any($1) or title = any($2)
     order by created_at desc, id desc
"""
# Their second halves by term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number).
_TERMS: Final = "select id, program_id, term_number from term where id = any($1) or program_id = any($2)"
_LESSONS: Final = "select id, term_id, lesson_number from lesson where id = any($1) or term_id = any($2)"
# In the order of the file, and so is the history, which goes by id.
_NEW_IDS: Final = "select chaishots_uuid7() as id from generate_series(1, $1) order by id"


async def take_turn(transaction: TransactionalDBClient) -> datetime:
    """Wait until nobody else stores a file; the moment from which its relative times count."""
    return (await query(transaction, _TAKE_TURN, SEEDING))[0]["now"]


async def find_places(content: Content, transaction: TransactionalDBClient, *, one_each: bool = False) -> Places:
    """Find the things of a file.

    Args:
        one_each: a thing that another of the file is known to be by its id stands for no second one.
    """
    ids = [release.values["id"] for release in content.releases]
    there = {row["id"] for row in await query(transaction, _RELEASES, ids)}
    releases = [Placed(seed, seed.values["id"], None, seed.values["id"] not in there) for seed in content.releases]
    seeds = content.programs
    # A program that has an id is never taken for another of its title.
    wanted = [_Wanted(seed, None, None if seed.values["id"] else title_and_language(seed)) for seed in seeds]
    titles = [seed.values["title"] for seed in seeds]
    programs = await _place(wanted, _PROGRAMS, titles, transaction, one_each=one_each)
    wanted = _parts(programs, "term_number")
    terms = await _place(wanted, _TERMS, [thing.id for thing in programs], transaction, one_each=one_each)
    wanted = _parts(terms, "lesson_number")
    lessons = await _place(wanted, _LESSONS, [thing.id for thing in terms], transaction, one_each=one_each)
    return Places(releases, programs, terms, lessons)


async def check_releases(
    things: Places, now: datetime, faults: FaultList, transaction: TransactionalDBClient, *, as_stored: bool = False
) -> None:
    """Note lessons of no release that there is, or that do not stand as theirs does.

    Args:
        faults: gets what is found.
        as_stored: the releases that are there stay as they are, and lessons that join them follow them if they can.
    """
    of_file = {release.id: release.seed.values_at(now) for release in things.releases}
    lessons = [lesson for lesson in things.lessons if lesson.seed.values["release_id"]]
    ids = {lesson.seed.values["release_id"] for lesson in lessons}
    stored: dict[UUID, Values] = {row["id"]: {**row} for row in await query(transaction, _RELEASES, [*ids])}
    releases = of_file | stored if as_stored else stored | of_file

    def require_release(lesson: Placed) -> None:
        release = releases.get(lesson.seed.values["release_id"])
        if release is None:
            raise lesson.seed.fault("release_id", rule_of("lesson_release_id_fkey"))
        follows = release["status"] in _TAKES_LESSONS and lesson.seed.values["status"] in _FOLLOWS
        # What the file does not say of a lesson follows its release, by the database's own rules.
        is_said = as_stored or lesson.is_new or not lesson.seed.absent & {"status", "publish_at"}
        if is_said and (not as_stored or (lesson.is_new and not follows)):
            lesson.seed.require_in_step(release, now)

    for lesson in lessons:
        faults.check(require_release, lesson)


def check_times(things: Iterable[Placed], now: datetime, faults: FaultList) -> None:
    """Note the times that do not fit together, once the relative ones are moments."""
    for thing in things:
        faults.check(thing.seed.values_at, now)


_TAKES_LESSONS: Final = (ReleaseStatus.OPEN, ReleaseStatus.SCHEDULED)
_FOLLOWS: Final = (Status.DRAFT, Status.SCHEDULED)


def _parts(parents: Sequence[Placed], number: str) -> list[_Wanted]:
    return [
        _Wanted(part, parent.id, (parent.id, part.values[number])) for parent in parents for part in parent.seed.parts
    ]


async def _place(
    wanted: Sequence[_Wanted],
    known: str,
    among: Sequence[str | UUID],
    transaction: TransactionalDBClient,
    *,
    one_each: bool,
) -> list[Placed]:
    ids = {thing.seed.values["id"] for thing in wanted if thing.seed.values["id"]}
    there: dict[Hashable, UUID] = {}
    by_place: dict[Hashable, UUID] = {}
    for row in await query(transaction, known, [*ids], among):
        key, *place = row.values()
        there[key] = key
        if not (one_each and key in ids):
            by_place[tuple(place)] = key
    found = [there.get(thing.seed.values["id"]) or by_place.get(thing.place) for thing in wanted]
    new_ids = await query(transaction, _NEW_IDS, found.count(None))
    unused = iter(row["id"] for row in new_ids)
    return [
        Placed(thing.seed, key or thing.seed.values["id"] or next(unused), thing.parent_id, is_new=key is None)
        for thing, key in zip(wanted, found, strict=True)
    ]


# Of two spellings of one name, the first counts: topic_name_unique (lower(name)).
_CREATE_TOPICS: Final = """
    with created as (
        insert into topic (id, name, translations, version)
        select coalesce(id, chaishots_uuid7()), name, coalesce(translations, '{}'), coalesce(version, 1)
          from jsonb_to_recordset($1) as wanted (id uuid, name text, translations jsonb, version integer)
            on conflict do nothing returning name
    )
    select name from created
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
) -> list[str]:
    """Create the topics that are not there, those of the file first, then those of its programs; their names."""
    of_programs = ({"name": name} for program in programs for name in program.seed.values["topics"])
    wanted = json.dumps([*topics, *of_programs], default=str)
    return [row["name"] for row in await query(transaction, _CREATE_TOPICS, wanted)]


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
    return values | {"slug": slugs.wished(values["title"])} if values.get("slug", ...) is None else values


def batches(things: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The things, BATCH at a time."""
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]


@contextmanager
def naming_what_is_refused(things: Mapping[UUID, Seed], *, otherwise: Seed | None = None) -> Generator[None]:
    """Raise Fault, with its place in the file, for what the database refuses.

    That is what the checks of the format miss, and what others store meanwhile; the database tells the row.

    Args:
        otherwise: the thing it is about if the database tells no row.
    """
    try:
        yield
    except Exception as error:
        meaning, cause = refusal(error), beneath(error)
        if meaning is None or not isinstance(cause, asyncpg.PostgresError):
            raise
        rule, field = str(meaning), meaning.field or "id"
        of_file = (things[UUID(key)] for key in _UUID.findall(str(cause)) if UUID(key) in things)
        thing = next(of_file, otherwise)
        if thing is None:
            kind = (cause.constraint_name or "").partition("_")[0]
            raise Fault({"topic": "topics", "release": "releases"}.get(kind, "programs"), rule) from error
        raise thing.fault(field, rule) from error
