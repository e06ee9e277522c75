"""Which row of the database each thing of a file is: by its id, or by its title or number; or none yet.

Reads, and gives new things their ids. Must not know files, nor what is stored afterwards.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Content, Seed, Values
from chaishots.content.exchange.seed_format import title_and_language
from chaishots.content.lifecycle import ReleaseStatus, Status
from chaishots.database.advisory_locks import SEEDING
from chaishots.database.orm import query


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


async def find_places(
    content: Content, transaction: TransactionalDBClient, *, one_each: bool = False, knows_titles: bool = True
) -> Places:
    """Find the things of a file.

    Args:
        one_each: a thing that another of the file is known to be by its id stands for no second one.
        knows_titles: whether a program without an id is the one of its title and language that is stored.
    """
    ids = [release.values["id"] for release in content.releases]
    there = {row["id"] for row in await query(transaction, _RELEASES, ids)}
    releases = [Placed(seed, seed.values["id"], None, seed.values["id"] not in there) for seed in content.releases]
    seeds = content.programs
    # A program that has an id is never taken for another of its title.
    wanted = [
        _Wanted(seed, None, title_and_language(seed) if knows_titles and not seed.values["id"] else None)
        for seed in seeds
    ]
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
