"""Content in from YAML: all of a file in one transaction, or nothing of it.

What is stored already is left as it is, but for the times of lessons that are still to come. So a file can be seeded
again after editors and the publisher have been at work. The format is `seed_format`'s.
"""

import json
import re
from collections.abc import Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import IntegrityError, OperationalError

from chaishots.content import seed_format
from chaishots.content.activity import changing
from chaishots.content.errors import ContentError, explained
from chaishots.content.lifecycle import Status
from chaishots.content.seed_format import Seed, title_and_language
from chaishots.content.seed_yaml import Fault
from chaishots.database.connection import query

MOST_BYTES: Final = 10 * 2**20
"""The bytes that a file may have: some 23,000 lessons, which take about half the time that one transaction has."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOCK: Final = 0x43686169_0002  # "Chai", 2


class BadSeed(ContentError):
    """A seed file that cannot be read or breaks a rule: the file, the path within it, and the rule."""

    code = "bad_seed"


@dataclass(frozen=True)
class Seeded:
    """How many things were created, how many lessons got another time, and how many things were left as they were."""

    programs: int
    terms: int
    lessons: int
    topics: int
    rescheduled: int
    left_alone: int

    def __str__(self) -> str:
        return (
            f"{self.programs} programs, {self.terms} terms, {self.lessons} lessons and {self.topics} topics created, "
            f"{self.rescheduled} lessons rescheduled, {self.left_alone} things left as they were"
        )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A thing of the file, the id that it has or is to have, and that of its program or term."""

    seed: Seed
    id: UUID
    parent_id: UUID | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A thing of the file, its program or term, and its place: what it is known by beside its id."""

    seed: Seed
    parent_id: UUID | None
    place: Hashable


async def seed(path: Path, *, actor: str) -> Seeded:
    """Store what a file says that is not there yet, and move the lessons that are still scheduled to their new times.

    A program is known by its id or, without one, by its exact title and primary language; a term or lesson by its id,
    else by its number. Times such as +40s count from the start of the transaction, by the database's clock.

    Args:
        path: a YAML file in the seed format, of MOST_BYTES at most.
        actor: whom the history names.
    Raises: BadSeed; DatabaseAway when the connection was lost. Nothing was written then.
    """
    try:
        programs = seed_format.programs(_text(path))
        async with changing(actor) as transaction:
            return await _stored(programs, transaction)
    except Fault as fault:
        raise BadSeed(f"{path}: {fault}", field=fault.place) from fault


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadSeed(f"{path}: {error.strerror}.") from error
    if len(text) > MOST_BYTES:
        raise BadSeed(f"{path}: Split the file: it is larger than {MOST_BYTES // 2**20} MiB.")
    return text


# Those who seed at once take turns: the second finds what the first has stored.
_TAKE_TURN: Final = "select pg_advisory_xact_lock($1), now() as now"


async def _stored(seeds: Sequence[Seed], transaction: TransactionalDBClient) -> Seeded:
    now: datetime = (await query(transaction, _TAKE_TURN, _LOCK))[0]["now"]
    programs = await _placed_programs(seeds, transaction)
    terms = await _placed_parts(_TERMS, "term_number", programs, transaction)
    lessons = await _placed_parts(_LESSONS, "lesson_number", terms, transaction)
    everything = [*programs, *terms, *lessons]
    with _naming_what_is_refused({thing.id: thing.seed for thing in everything}):
        # Lessons are locked before programs, as by those who publish.
        rescheduled = await _reschedule(lessons, now, transaction)
        topics = await _create_topics(programs, transaction)
        await _insert(_INSERT_PROGRAMS, programs, now, transaction)
        await _link_topics(programs, transaction)
        await _insert(_INSERT_TERMS, terms, now, transaction)
        await _insert(_INSERT_LESSONS, lessons, now, transaction)
    return Seeded(
        programs=sum(program.is_new for program in programs),
        terms=sum(term.is_new for term in terms),
        lessons=sum(lesson.is_new for lesson in lessons),
        topics=topics,
        rescheduled=rescheduled,
        left_alone=sum(not thing.is_new for thing in everything) - rescheduled,
    )


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


async def _placed_programs(seeds: Sequence[Seed], transaction: TransactionalDBClient) -> list[_Placed]:
    # A program that has an id is never taken for another of its title.
    wanted = [_Wanted(seed, None, None if seed.values["id"] else title_and_language(seed)) for seed in seeds]
    return await _placed(wanted, _PROGRAMS, [seed.values["title"] for seed in seeds], transaction)


async def _placed_parts(
    known: str, number: str, parents: Sequence[_Placed], transaction: TransactionalDBClient
) -> list[_Placed]:
    wanted = [
        _Wanted(part, parent.id, (parent.id, part.values[number])) for parent in parents for part in parent.seed.parts
    ]
    return await _placed(wanted, known, [parent.id for parent in parents], transaction)


async def _placed(
    wanted: Sequence[_Wanted], known: str, among: Sequence[str | UUID], transaction: TransactionalDBClient
) -> list[_Placed]:
    ids = [thing.seed.values["id"] for thing in wanted if thing.seed.values["id"]]
    there: dict[Hashable, UUID] = {}
    for row in await query(transaction, known, ids, among):
        key, *place = row.values()
        there[key] = there[tuple(place)] = key
    found = [there.get(thing.seed.values["id"]) or there.get(thing.place) for thing in wanted]
    new_ids = await query(transaction, _NEW_IDS, found.count(None))
    unused = iter(row["id"] for row in new_ids)
    return [
        _Placed(thing.seed, key or thing.seed.values["id"] or next(unused), thing.parent_id, is_new=key is None)
        for thing, key in zip(wanted, found, strict=True)
    ]


# Of two spellings of one name, the first counts: topic_name_unique (lower(name)).
_CREATE_TOPICS: Final = """
    with created as (
        insert into topic (name) select value from jsonb_array_elements_text($1) on conflict do nothing returning id
    )
    select count(*) from created
"""
_LINK_TOPICS: Final = """
    insert into program_topic (program_id, topic_id)
    select distinct link.program_id, topic.id
      from jsonb_to_recordset($1) as link (program_id uuid, name text)
      join topic on lower(topic.name) = lower(link.name)
"""


async def _create_topics(programs: Sequence[_Placed], transaction: TransactionalDBClient) -> int:
    names = [name for program in programs if program.is_new for name in program.seed.values["topics"]]
    return (await query(transaction, _CREATE_TOPICS, json.dumps(names)))[0]["count"]


async def _link_topics(programs: Sequence[_Placed], transaction: TransactionalDBClient) -> None:
    links = [
        {"program_id": program.id, "name": name}
        for program in programs
        if program.is_new
        for name in program.seed.values["topics"]
    ]
    await query(transaction, _LINK_TOPICS, json.dumps(links, default=str))


def _insert_into(table: str, *columns: str) -> str:
    names = ", ".join(columns)
    return f"insert into {table} ({names}) select {names} from jsonb_populate_recordset(null::{table}, $1)"


_INSERT_PROGRAMS: Final = _insert_into("program", *seed_format.PROGRAM_COLUMNS)
_INSERT_TERMS: Final = _insert_into("term", "program_id", *seed_format.TERM_COLUMNS)
_INSERT_LESSONS: Final = _insert_into("lesson", "term_id", *seed_format.LESSON_COLUMNS)


async def _insert(statement: str, things: Sequence[_Placed], now: datetime, transaction: TransactionalDBClient) -> None:
    rows = [
        # The statement takes the one that its table has.
        {**thing.seed.values_at(now), "id": thing.id, "program_id": thing.parent_id, "term_id": thing.parent_id}
        for thing in things
        if thing.is_new
    ]
    await query(transaction, statement, json.dumps(rows, default=str))


# A lesson that an editor lets end before its new time stays as it is.
_RESCHEDULE: Final = """
    with moved as (
        select lesson.id, move.publish_at, coalesce(move.archive_at, lesson.archive_at) as archive_at
          from jsonb_to_recordset($1) as move (id uuid, publish_at timestamptz, archive_at timestamptz)
          join lesson on lesson.id = move.id and lesson.status = 'scheduled' for no key update of lesson
    )
    update lesson set publish_at = moved.publish_at, archive_at = moved.archive_at
      from moved
     where lesson.id = moved.id
       and (lesson.publish_at, lesson.archive_at) is distinct from (moved.publish_at, moved.archive_at)
       and (moved.archive_at is null or moved.archive_at > moved.publish_at)
    returning lesson.id
"""


async def _reschedule(lessons: Sequence[_Placed], now: datetime, transaction: TransactionalDBClient) -> int:
    moves: dict[UUID, dict[str, Any]] = {}  # Any: as in Values
    for lesson in lessons:
        if not lesson.is_new and lesson.seed.values["status"] == Status.SCHEDULED:
            values = lesson.seed.values_at(now)
            archive_at = values["archive_at"] if isinstance(lesson.seed.values["archive_at"], timedelta) else None
            moves[lesson.id] = {"id": lesson.id, "publish_at": values["publish_at"], "archive_at": archive_at}
    return len(await query(transaction, _RESCHEDULE, json.dumps([*moves.values()], default=str)))


@contextmanager
def _naming_what_is_refused(things: Mapping[UUID, Seed]) -> Generator[None]:
    # What the checks of the format miss, and what others store meanwhile, the database refuses; it tells the row.
    try:
        yield
    except (IntegrityError, OperationalError) as error:
        cause = error.args[0]
        if not isinstance(cause, asyncpg.IntegrityConstraintViolationError):
            raise
        meaning = explained(cause.constraint_name)
        rule = str(meaning) if meaning else f"{cause.message}."
        field = (meaning and meaning.field) or "id"
        of_file = (things[UUID(key)] for key in _UUID.findall(cause.detail or "") if UUID(key) in things)
        thing = next(of_file, None)
        raise (thing.fault(field, rule) if thing else Fault("programs", rule)) from error
