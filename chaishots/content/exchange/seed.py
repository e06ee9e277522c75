"""Seeding: all of a file in one transaction, or nothing of it.

What is stored already is left as it is, but for the times of lessons and releases that are still to come; where the
file has it otherwise, that is told. So a file can be seeded again after editors and the publisher have been at work.
The format is `seed_format`'s; `importing` makes what is stored match a file.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.transaction import changing
from chaishots.content.errors import BadFile
from chaishots.content.exchange import alt_texts, insert_rows, match_to_stored, seed_format
from chaishots.content.exchange.database_refusals import naming_what_is_refused
from chaishots.content.exchange.diff import find_edited
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.file_content import Content
from chaishots.content.exchange.import_report import NOTHING, Listed, Told
from chaishots.content.exchange.match_to_stored import Placed, Places
from chaishots.content.exchange.picture_paths import Upload, upload_pictures
from chaishots.content.exchange.scheduled_changes import store_changes
from chaishots.content.exchange.stored_rows import LESSONS, PROGRAMS, RELEASES, TERMS
from chaishots.content.lifecycle import Status
from chaishots.database.orm import query

_SHOWN: Final = 10
"""Things that differ from the file that are told one by one."""
MOST_BYTES: Final = 10 * 2**20
"""The bytes that a file may have: some 23,000 lessons, which take about half the time that one transaction has."""


@dataclass(frozen=True)
class Seeded:
    """How many things were created, how many lessons got another time, and how many things were left as they were.

    alts: how many pictures got alt texts. unknown: a sentence for each picture of the file that is not known here.
    edited: what was left as it was though the file has it otherwise, its steps aside.
    """

    programs: int
    terms: int
    lessons: int
    topics: int
    releases: int
    rescheduled: int
    left_alone: int
    alts: int = 0
    unknown: tuple[str, ...] = ()
    edited: Listed = NOTHING

    def __str__(self) -> str:
        counts = (
            f"{self.programs} programs, {self.terms} terms, {self.lessons} lessons, {self.topics} topics "
            f"and {self.releases} releases created, "
            f"{self.rescheduled} lessons rescheduled, {self.left_alone} things left as they were"
        )
        alts = f", {self.alts} pictures got alt texts" if self.alts else ""
        return "\n".join([counts + alts, *self.unknown, *self._differences()])

    def _differences(self) -> Iterator[str]:
        if self.edited.total:
            things = "thing differs" if self.edited.total == 1 else "things differ"
            yield f"{self.edited.total:,} {things} from the file; `chaishots import` takes what the file has:"
            yield from self.edited.lines(" ", listed=_SHOWN)


async def seed(path: Path, *, actor: str, upload: Upload | None = None) -> Seeded:
    """Store what a file says that is not there yet, and move what is still scheduled to its new time.

    A release is known by its id; a program by its id or, without one, by its exact title and primary language; a term
    or lesson by its id, else by its number. A release moves with all its lessons or, if one of them would end before
    its new time, not at all. Times such as +40s count from the start of the transaction, by the database's clock.

    Args:
        path: a YAML file in the seed format, of MOST_BYTES at most.
        actor: whom the history names.
        upload: keeps the pictures whose paths stand in the place of URLs.
    Raises: BadFile; DatabaseAway when the connection was lost. Nothing was written then.
    """
    try:
        content = seed_format.content(file_text(path, MOST_BYTES))
        await upload_pictures(content, path.parent, upload)
        async with changing(actor) as transaction:
            return await _store(content, transaction)
    except Fault as fault:
        raise fault.of_file(str(path)) from fault


def file_text(path: Path, most_bytes: int) -> bytes:
    """What a file holds. Raises: BadFile when it cannot be read or has more bytes than that."""
    try:
        with path.open("rb") as file:
            text = file.read(most_bytes + 1)
    except OSError as error:
        raise BadFile(str(path), reason=f"{error.strerror}.") from error
    if len(text) > most_bytes:
        raise BadFile(str(path), reason=f"Split the file: it is larger than {most_bytes // 2**20} MiB.")
    return text


async def _store(content: Content, transaction: TransactionalDBClient) -> Seeded:
    now = await match_to_stored.take_turn(transaction)
    faults = FaultList()
    pictures = alt_texts.by_id(content.pictures, faults)
    places = await match_to_stored.find_places(content, transaction)
    to_come = _to_come(places.lessons)
    match_to_stored.check_times([*(thing for thing in places.lessons if thing.is_new), *to_come], now, faults)
    await match_to_stored.check_releases(places, now, faults, transaction, as_stored=True)
    faults.require_none()
    everything = places.everything()
    with naming_what_is_refused({thing.id: thing.seed for thing in everything}):
        # Releases are locked before lessons, and lessons before programs, as by those who publish.
        moved, rescheduled = await _reschedule(places, now, transaction)
        new_programs = [program for program in places.programs if program.is_new]
        topics = await insert_rows.create_topics(content.topics, new_programs, transaction)
        await insert_rows.create(insert_rows.INSERT_RELEASES, places.releases, now, transaction)
        await insert_rows.create(insert_rows.INSERT_PROGRAMS, places.programs, now, transaction)
        await insert_rows.link_topics(new_programs, transaction)
        await insert_rows.create(insert_rows.INSERT_TERMS, places.terms, now, transaction)
        await insert_rows.create(insert_rows.INSERT_LESSONS, places.lessons, now, transaction)
    await store_changes(content.changes, now, transaction, only_new=True)
    alts = await alt_texts.set_alts(pictures, transaction, only_missing=True)
    return Seeded(
        programs=len(new_programs),
        terms=sum(term.is_new for term in places.terms),
        lessons=sum(lesson.is_new for lesson in places.lessons),
        topics=len(topics),
        releases=sum(release.is_new for release in places.releases),
        rescheduled=len(rescheduled),
        left_alone=sum(not thing.is_new and thing.id not in moved | rescheduled for thing in everything)
        + len(alts.same),
        alts=len(alts.changed),
        unknown=alts.unknown,
        edited=await _edited(places, now, transaction),
    )


async def _edited(places: Places, now: datetime, transaction: TransactionalDBClient) -> Listed:
    told: list[Told] = []
    for kind, things, name in (
        (RELEASES, places.releases, "name"),
        (PROGRAMS, places.programs, "title"),
        (TERMS, places.terms, "title"),
        (LESSONS, places.lessons, "title"),
    ):
        for thing, fields in await find_edited(kind, things, now, transaction):
            told.append(Told(kind.table, str(thing.id), thing.seed.values[name], thing.seed.path, fields))
    return Listed.of(told)


# release_pkey (id)
_LOCK_RELEASES: Final = """
    select id from release where id = any($1) and status = 'scheduled' order by id for no key update
"""
# lesson_of_release (release_id)
_LOCK_LESSONS_OF: Final = """
    select id, release_id, archive_at from lesson where release_id = any($1) order by id for no key update
"""
# An end that goes up goes before its release's time, one that goes down after it.
_POSTPONE_ENDS: Final = """
    update lesson set archive_at = move.archive_at
      from jsonb_to_recordset($1) as move (id uuid, archive_at timestamptz)
     where lesson.id = move.id and lesson.archive_at < move.archive_at
"""
# A time that stays keeps its zone, unless the file names another.
_MOVE_RELEASES: Final = """
    update release set publish_at = move.publish_at, publish_zone = move.publish_zone
      from jsonb_to_recordset($1) as move (id uuid, publish_at timestamptz, publish_zone text)
     where release.id = move.id
       and (release.publish_at <> move.publish_at or release.publish_zone is distinct from
            coalesce(move.publish_zone, release.publish_zone))
    returning release.id
"""
# A lesson that an editor lets end before its new time stays as it is; one in a release follows it, and its end with it.
_RESCHEDULE: Final = """
    with moved as (
        select lesson.id, coalesce(move.archive_at, lesson.archive_at) as archive_at,
               case when move.archive_at is null then lesson.archive_zone else move.archive_zone end as archive_zone,
               case when lesson.release_id is null then move.publish_at else lesson.publish_at end as publish_at,
               case when lesson.release_id is not null then lesson.publish_zone
                    when lesson.publish_at <> move.publish_at then move.publish_zone
                    else coalesce(move.publish_zone, lesson.publish_zone) end as publish_zone
          from jsonb_to_recordset($1)
            as move (id uuid, publish_at timestamptz, publish_zone text, archive_at timestamptz, archive_zone text)
          join lesson on lesson.id = move.id and lesson.status = 'scheduled'
               and (lesson.release_id is null or lesson.release_id = any($2)) for no key update of lesson
    )
    update lesson set publish_at = moved.publish_at, publish_zone = moved.publish_zone,
                      archive_at = moved.archive_at, archive_zone = moved.archive_zone
      from moved
     where lesson.id = moved.id
       and (lesson.publish_at, lesson.publish_zone, lesson.archive_at, lesson.archive_zone)
           is distinct from (moved.publish_at, moved.publish_zone, moved.archive_at, moved.archive_zone)
       and (moved.archive_at is null or moved.archive_at > moved.publish_at)
    returning lesson.id
"""


async def _reschedule(places: Places, now: datetime, transaction: TransactionalDBClient) -> tuple[set[UUID], set[UUID]]:
    # The releases and the lessons that have another time now.
    moves = _moves(places.lessons, now)
    seeds = {release.id: release.seed for release in _to_come(places.releases)}
    times = {key: seed.values_at(now)["publish_at"] for key, seed in seeds.items()}
    there = [row["id"] for row in await query(transaction, _LOCK_RELEASES, [*times])]
    lessons = await query(transaction, _LOCK_LESSONS_OF, there)
    stuck: set[UUID] = set()
    for lesson in lessons:
        end = (moves[lesson["id"]]["archive_at"] if lesson["id"] in moves else None) or lesson["archive_at"]
        if end is not None and end <= times[lesson["release_id"]]:
            stuck.add(lesson["release_id"])
    free = [release for release in there if release not in stuck]
    ends = [moves[lesson["id"]] for lesson in lessons if lesson["id"] in moves and lesson["release_id"] not in stuck]
    await query(transaction, _POSTPONE_ENDS, json.dumps(ends, default=str))
    rows = [{"id": key, "publish_at": times[key], "publish_zone": seeds[key].values["publish_zone"]} for key in free]
    moved = {row["id"] for row in await query(transaction, _MOVE_RELEASES, json.dumps(rows, default=str))}
    rescheduled = await query(transaction, _RESCHEDULE, json.dumps([*moves.values()], default=str), free)
    followed = {lesson["id"] for lesson in lessons if lesson["release_id"] in moved}
    return moved, followed | {row["id"] for row in rescheduled}


def _moves(lessons: Sequence[Placed], now: datetime) -> dict[UUID, dict[str, Any]]:  # Any: as in Values
    moves: dict[UUID, dict[str, Any]] = {}
    for lesson in _to_come(lessons):
        values = lesson.seed.values_at(now)
        archive_at = values["archive_at"] if isinstance(lesson.seed.values["archive_at"], timedelta) else None
        moves[lesson.id] = {
            "id": lesson.id,
            "publish_at": values["publish_at"],
            "publish_zone": values["publish_zone"],
            "archive_at": archive_at,
            "archive_zone": values["archive_zone"],
        }
    return moves


def _to_come(things: Sequence[Placed]) -> Iterator[Placed]:
    # A lesson's scheduled and a release's are one word.
    return (thing for thing in things if not thing.is_new and thing.seed.values["status"] == Status.SCHEDULED)
