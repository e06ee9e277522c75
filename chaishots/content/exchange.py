"""Seeding: all of a file in one transaction, or nothing of it.

What is stored already is left as it is, but for the times of lessons that are still to come. So a file can be seeded
again after editors and the publisher have been at work. The format is `seed_format`'s; `importing` makes what is
stored match a file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import placing, seed_format
from chaishots.content.activity import changing
from chaishots.content.errors import ContentError
from chaishots.content.lifecycle import Status
from chaishots.content.placing import Placed
from chaishots.content.seed_format import Content
from chaishots.content.seed_yaml import Fault
from chaishots.database.connection import query

MOST_BYTES: Final = 10 * 2**20
"""The bytes that a file may have: some 23,000 lessons, which take about half the time that one transaction has."""


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
        content = seed_format.content(file_text(path, MOST_BYTES))
        async with changing(actor) as transaction:
            return await _stored(content, transaction)
    except Fault as fault:
        raise BadSeed(f"{path}: {fault}", field=fault.place) from fault


def file_text(path: Path, most_bytes: int) -> bytes:
    """What a file holds. Raises: BadSeed when it cannot be read or has more bytes than that."""
    try:
        with path.open("rb") as file:
            text = file.read(most_bytes + 1)
    except OSError as error:
        raise BadSeed(f"{path}: {error.strerror}.") from error
    if len(text) > most_bytes:
        raise BadSeed(f"{path}: Split the file: it is larger than {most_bytes // 2**20} MiB.")
    return text


async def _stored(content: Content, transaction: TransactionalDBClient) -> Seeded:
    now = await placing.turn(transaction)
    places = await placing.places(content.programs, transaction)
    everything = places.everything()
    with placing.naming_what_is_refused({thing.id: thing.seed for thing in everything}):
        # Lessons are locked before programs, as by those who publish.
        rescheduled = await _reschedule(places.lessons, now, transaction)
        new_programs = [program for program in places.programs if program.is_new]
        topics = await placing.create_topics(content.topics, new_programs, transaction)
        await placing.create(placing.INSERT_PROGRAMS, places.programs, now, transaction)
        await placing.link_topics(new_programs, transaction)
        await placing.create(placing.INSERT_TERMS, places.terms, now, transaction)
        await placing.create(placing.INSERT_LESSONS, places.lessons, now, transaction)
    return Seeded(
        programs=len(new_programs),
        terms=sum(term.is_new for term in places.terms),
        lessons=sum(lesson.is_new for lesson in places.lessons),
        topics=len(topics),
        rescheduled=rescheduled,
        left_alone=sum(not thing.is_new for thing in everything) - rescheduled,
    )


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


async def _reschedule(lessons: Sequence[Placed], now: datetime, transaction: TransactionalDBClient) -> int:
    moves: dict[UUID, dict[str, Any]] = {}  # Any: as in Values
    for lesson in lessons:
        if not lesson.is_new and lesson.seed.values["status"] == Status.SCHEDULED:
            values = lesson.seed.values_at(now)
            archive_at = values["archive_at"] if isinstance(lesson.seed.values["archive_at"], timedelta) else None
            moves[lesson.id] = {"id": lesson.id, "publish_at": values["publish_at"], "archive_at": archive_at}
    return len(await query(transaction, _RESCHEDULE, json.dumps([*moves.values()], default=str)))
