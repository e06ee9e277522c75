"""Lessons in a rhythm: each of a row of drafts gets its moment, by the wall clock of a zone, all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.many_lessons import Planned, schedule_each
from chaishots.content.editing.transaction import changing
from chaishots.content.errors import InvalidContent, RowFault, RowsRefused, twice
from chaishots.database.orm import query
from chaishots.recurrence import MOST, NoRecurrence, NoSuchTimes, Recurrence
from chaishots.zones import RULE, ZoneInfo, zone_of

# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number). Lessons of a release go
# with it.
_DRAFTS: Final = """
    select lesson.id from term join lesson on lesson.term_id = term.id
     where {column} = $1 and lesson.status = 'draft' and lesson.release_id is null
     order by term.term_number, lesson.lesson_number, lesson.id limit $2
"""
_DRAFTS_OF: Final = {
    "program": _DRAFTS.format(column="term.program_id"),
    "term": _DRAFTS.format(column="term.id"),
}
_IS_THERE: Final = {kind: f"select from {kind} where id = $1" for kind in _DRAFTS_OF}
_PLACES: Final = """
    select lesson.id, lesson.title, term.term_number, lesson.lesson_number
      from unnest($1::uuid[]) with ordinality as wanted (id, place) join lesson on lesson.id = wanted.id
      join term on term.id = lesson.term_id order by wanted.place
"""


@dataclass(frozen=True)
class Drafts:
    """The drafts of a term or a program that are in no release, in their order. kind: `term` or `program`."""

    kind: str
    id: UUID


@dataclass(frozen=True)
class InSeries:
    """A lesson of a series. publish_at: in the series' zone."""

    lesson_id: UUID
    title: str
    term_number: int
    lesson_number: int
    publish_at: datetime


async def schedule_series(
    chosen: Drafts | Sequence[UUID],
    first: datetime,
    zone: str,
    recurrence: Recurrence,
    *,
    dry_run: bool = False,
    actor: str,
) -> list[InSeries]:
    """Schedule lessons one after the other.

    Args:
        chosen: lessons in their order, or the drafts of a whole.
        first: the local time, without an offset, of the first.
        zone: the IANA zone of that time.
        dry_run: do everything, tell it, and undo it.
    Raises: InvalidContent, RowsRefused, naming each that cannot be by its place.
    """
    local_zone = zone_of(zone)
    if local_zone is None:
        raise InvalidContent(RULE, field="zone")
    if isinstance(chosen, Sequence) and (faults := twice(chosen, "lesson_ids")):
        raise RowsRefused(faults)
    try:
        async with changing(actor) as transaction:
            rows = await _schedule(chosen, first, local_zone, recurrence, transaction)
            if dry_run:
                raise _Tried(rows)
            return rows
    except _Tried as tried:
        return tried.rows


class _Tried(Exception):
    """The rows are told, and nothing is kept."""

    def __init__(self, rows: list[InSeries]) -> None:
        super().__init__()
        self.rows = rows


async def _schedule(
    chosen: Drafts | Sequence[UUID],
    first: datetime,
    zone: ZoneInfo,
    recurrence: Recurrence,
    transaction: TransactionalDBClient,
) -> list[InSeries]:
    ids = await _drafts(chosen, transaction) if isinstance(chosen, Drafts) else list(chosen)
    try:
        moments = recurrence.moments(first, zone, len(ids))
    except NoRecurrence as refused:
        raise InvalidContent(str(refused), field="rule") from None
    except NoSuchTimes as refused:
        faults = [RowFault(place, "first", text) for place, text in refused.faults.items()]
        raise RowsRefused(faults) from None
    planned = [Planned(lesson_id, at, zone.key) for lesson_id, at in zip(ids, moments, strict=True)]
    await schedule_each(planned, transaction)
    places = await query(transaction, _PLACES, ids)
    return [
        InSeries(row["id"], row["title"], row["term_number"], row["lesson_number"], at)
        for row, at in zip(places, moments, strict=True)
    ]


async def _drafts(chosen: Drafts, transaction: TransactionalDBClient) -> list[UUID]:
    if not await query(transaction, _IS_THERE[chosen.kind], chosen.id):
        raise InvalidContent(f"There is no {chosen.kind} with this id.", field=f"{chosen.kind}_id")
    ids = [row["id"] for row in await query(transaction, _DRAFTS_OF[chosen.kind], chosen.id, MOST + 1)]
    if not ids:
        text = f"The {chosen.kind} has no drafts, but for those of releases: there is nothing to schedule."
        raise InvalidContent(text, field=f"{chosen.kind}_id")
    if len(ids) > MOST:
        text = f"The {chosen.kind} has more than {MOST} drafts, and a series {MOST} at most: name them in lesson_ids."
        raise InvalidContent(text, field=f"{chosen.kind}_id")
    return ids
