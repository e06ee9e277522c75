"""Many lessons at once, all or none: create, change, schedule, publish, archive, restore.

A refusal names every lesson at fault by its place in the request, so that one answer tells all that is to mend.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.constraints import error_for_constraint
from chaishots.content.editing import lessons
from chaishots.content.editing.load_and_save import Values, change, database_now, insert, require_fields
from chaishots.content.editing.move_term_or_lesson import lock_terms, place_lesson
from chaishots.content.editing.numbers_and_order import make_room
from chaishots.content.editing.transaction import changing, refusal
from chaishots.content.editing.versions import lock, require_version
from chaishots.content.errors import ContentError, NotFound, NotPublishable, RowFault, RowsRefused, twice
from chaishots.content.models import Lesson, Program
from chaishots.database.orm import query


@dataclass(frozen=True)
class Planned:
    """A lesson and its moment. zone: the IANA zone in which that was written; None: nobody named one."""

    lesson_id: UUID
    publish_at: datetime
    zone: str | None = None


@dataclass(frozen=True)
class Chosen:
    """One of many lessons. version: what the editor last read; None means that the newest is fine."""

    lesson_id: UUID
    version: int | None = None


_Step = Callable[[Lesson, int, TransactionalDBClient], Awaitable[Lesson]]
"""What is done with a lesson that is locked, given its place among those asked for."""

# Two lessons may take each other's number, in whatever order they come.
_NUMBERS_LATER: Final = "set constraints lesson_number_unique deferred"
_NUMBERS_NOW: Final = "set constraints lesson_number_unique immediate"
_LOCK_TERMS: Final = "select id from term where id = any($1) order by id for no key update"
# lesson_number_unique (term_id, lesson_number)
_SAME_NUMBER: Final = """
    select lesson.id from lesson
     where lesson.id = any($1)
       and exists (select from lesson other where other.term_id = lesson.term_id
                      and other.lesson_number = lesson.lesson_number and other.id <> lesson.id)
"""
_PROGRAMS: Final = """
    select lesson.id, term.program_id from lesson join term on term.id = lesson.term_id where lesson.id = any($1)
"""


async def create_lessons(rows: Sequence[tuple[UUID, Values]], *, has_room: bool = False, actor: str) -> list[UUID]:
    """Create draft lessons, each of its term, from LESSON_FIELDS; their ids, in the order of the rows.

    Args:
        has_room: whether lessons that have the numbers already get the next ones; else those numbers are refused.
    Raises: RowsRefused.
    """
    async with changing(actor) as transaction:
        # Terms are locked by id, so that two who create lessons of the same terms wait for each other.
        wanted = sorted({term_id for term_id, _ in rows})
        there = {row["id"] for row in await query(transaction, _LOCK_TERMS, wanted)}

        async def create(place: int) -> Lesson:
            term_id, values = rows[place]
            require_fields(values, lessons.LESSON_FIELDS)
            if term_id not in there:
                raise NotFound("There is no term with this id.", field="term_id")
            if has_room:
                await make_room(Lesson, term_id, values["lesson_number"], transaction)
            return await insert(Lesson, {**values, "term_id": term_id}, transaction)

        await query(transaction, _NUMBERS_LATER)
        order = sorted(range(len(rows)), key=lambda place: (rows[place][0], rows[place][1]["lesson_number"]))
        created = await _all_or_none(order, create)
        ids = [created[place].id for place in range(len(rows))]
        await _require_numbers(ids, transaction)
        await query(transaction, _NUMBERS_NOW)
        return ids


async def change_lessons(chosen: Sequence[Chosen], changes: Sequence[Values], *, actor: str) -> None:
    """Change MOVABLE_FIELDS of many lessons, each as `change_lesson` does. They may swap their numbers.

    Raises: RowsRefused.
    """

    async def step(lesson: Lesson, place: int, transaction: TransactionalDBClient) -> Lesson:
        placed = await place_lesson(lesson, changes[place], terms, transaction, has_room=False)
        return await change(lesson, lessons.with_zone(placed), lessons.MOVABLE_FIELDS, transaction)

    async with _each_once(chosen, actor) as transaction:
        terms = await lock_terms([values["term_id"] for values in changes if "term_id" in values], transaction)
        await query(transaction, _NUMBERS_LATER)
        await _step_each(chosen, step, transaction)
        await _require_numbers([each.lesson_id for each in chosen], transaction)
        await query(transaction, _NUMBERS_NOW)


async def schedule_lessons(
    times: Sequence[Planned], *, versions: Sequence[int | None] | None = None, actor: str
) -> None:
    """Schedule or reschedule many lessons.

    Args:
        versions: what the editor last read of each; None means that the newest are fine.
    Raises: RowsRefused, naming each that cannot be, or is named twice, by its place in `times`. Of those that a trigger
        or constraint of the database refuses, the first is named.
    """
    read = versions or [None] * len(times)
    chosen = [Chosen(planned.lesson_id, version) for planned, version in zip(times, read, strict=True)]
    async with _each_once(chosen, actor) as transaction:
        await _schedule(times, chosen, transaction)


async def schedule_each(times: Sequence[Planned], transaction: TransactionalDBClient) -> None:
    """As `schedule_lessons`, for lessons that are named once, as part of another change."""
    await _schedule(times, [Chosen(planned.lesson_id) for planned in times], transaction)


async def _schedule(times: Sequence[Planned], chosen: Sequence[Chosen], transaction: TransactionalDBClient) -> None:
    now = await database_now(transaction)

    async def step(lesson: Lesson, place: int, transaction: TransactionalDBClient) -> Lesson:
        planned = times[place]
        return await lessons.schedule(lesson, planned.publish_at, planned.zone, now, transaction)

    await _step_each(chosen, step, transaction)


async def publish_lessons(chosen: Sequence[Chosen], *, actor: str) -> None:
    """Publish many lessons now, and their draft programs with them. Raises: RowsRefused."""
    async with _each_once(chosen, actor) as transaction:
        rows = await query(transaction, _PROGRAMS, [each.lesson_id for each in chosen])
        program_ids: dict[UUID, UUID] = {row["id"]: row["program_id"] for row in rows}
        # Programs before lessons, as for one.
        programs = {key: await lock(Program, key, transaction) for key in sorted({*program_ids.values()})}
        now = await database_now(transaction)

        async def step(lesson: Lesson, _: int, transaction: TransactionalDBClient) -> Lesson:
            return await lessons.publish(lesson, programs[program_ids[lesson.id]], now, transaction)

        await _step_each(chosen, step, transaction)


async def archive_lessons(chosen: Sequence[Chosen], *, actor: str) -> None:
    """Take many lessons down, or out of the plan. Raises: RowsRefused."""
    async with _each_once(chosen, actor) as transaction:
        await _step_each(chosen, lambda lesson, _, within: lessons.archive(lesson, within), transaction)


async def restore_lessons(chosen: Sequence[Chosen], *, actor: str) -> None:
    """Make many archived lessons drafts again, without the times they had. Raises: RowsRefused."""
    async with _each_once(chosen, actor) as transaction:
        await _step_each(chosen, lambda lesson, _, within: lessons.restore(lesson, within), transaction)


async def unschedule_lessons(chosen: Sequence[Chosen], *, actor: str) -> None:
    """Make many scheduled lessons drafts again; their times are forgotten. Raises: RowsRefused."""
    async with _each_once(chosen, actor) as transaction:
        await _step_each(chosen, lambda lesson, _, within: lessons.unschedule(lesson, within), transaction)


def _each_once(chosen: Sequence[Chosen], actor: str) -> AbstractAsyncContextManager[TransactionalDBClient]:
    if faults := twice([each.lesson_id for each in chosen], "lesson_id"):
        raise RowsRefused(faults)
    return changing(actor)


async def _step_each(chosen: Sequence[Chosen], step: _Step, transaction: TransactionalDBClient) -> None:
    async def take(place: int) -> Lesson:
        lesson = await lock(Lesson, chosen[place].lesson_id, transaction)
        require_version(lesson, chosen[place].version)
        return await step(lesson, place, transaction)

    # By id, so that two who change the same lessons wait for each other instead of locking each other out.
    await _all_or_none(sorted(range(len(chosen)), key=lambda place: chosen[place].lesson_id), take)


async def _all_or_none(places: Sequence[int], take: Callable[[int], Awaitable[Lesson]]) -> dict[int, Lesson]:
    taken: dict[int, Lesson] = {}
    faults: list[RowFault] = []
    for place in places:
        try:
            taken[place] = await take(place)
        except NotPublishable as refused:
            faults += [RowFault(place, obstacle.field, obstacle.text) for obstacle in refused.obstacles]
        except ContentError as refused:
            faults.append(RowFault(place, refused.field, str(refused)))
        except Exception as error:
            # Its transaction is over: those that come after are not looked at.
            if refused := refusal(error):
                faults.append(RowFault(place, refused.field, str(refused)))
                break
            raise
    if faults:
        raise RowsRefused(sorted(faults, key=lambda fault: fault.row))
    return taken


async def _require_numbers(ids: Sequence[UUID], transaction: TransactionalDBClient) -> None:
    same = {row["id"] for row in await query(transaction, _SAME_NUMBER, list(ids))}
    rule = str(error_for_constraint("lesson_number_unique"))
    if faults := [RowFault(place, "lesson_number", rule) for place, key in enumerate(ids) if key in same]:
        raise RowsRefused(faults)
