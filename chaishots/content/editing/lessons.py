"""Lessons: create, change, delete one, take it through its lifecycle, and put a term's lessons in order.

A command loads the one lesson under lock, checks the lifecycle, changes, and saves the columns it names. `version` is
what the editor last read; None means that the newest is fine.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import lifecycle
from chaishots.content.editing.load_and_save import (
    OFFSET,
    Values,
    change,
    create_part,
    database_now,
    delete,
    facts_of,
    save,
)
from chaishots.content.editing.move_term_or_lesson import lock_terms, place_lesson
from chaishots.content.editing.numbers_and_order import reorder
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import (
    IN_RELEASE,
    InvalidContent,
    InvalidTransition,
    NotFound,
    NotPublishable,
)
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import LESSON
from chaishots.content.lifecycle import Status
from chaishots.content.models import Lesson, Program
from chaishots.database.orm import query

LESSON_FIELDS: Final = frozenset(written_by(Writer.EDITOR, LESSON))
"""What `create_*` and `change_*` take; the lifecycle's own columns have commands of their own."""
MOVABLE_FIELDS: Final = LESSON_FIELDS | {"term_id"}
_LOCK_TERM_OF: Final = "select from term where id = (select term_id from lesson where id = $1) for no key update"
_PROGRAM_OF_LESSON: Final = """
    select term.program_id from lesson join term on term.id = lesson.term_id where lesson.id = $1
"""


async def create_lesson(term_id: UUID, values: Values, *, has_room: bool = False, actor: str) -> Lesson:
    """Create a draft lesson of a term from LESSON_FIELDS.

    Args:
        has_room: whether the lesson that has the number gets the next one, and so on.
    Raises: NotFound, Conflict, InvalidContent.
    """
    return await create_part(Lesson, term_id, values, LESSON_FIELDS, has_room=has_room, actor=actor)


async def change_lesson(
    lesson_id: UUID, values: Values, *, has_room: bool = False, version: int | None = None, actor: str
) -> Lesson:
    """Change some of a lesson's MOVABLE_FIELDS.

    Args:
        has_room: whether the lesson that has the new number gets the next one, and so on.
    Raises: NotFound, VersionConflict, Conflict, InvalidContent, InvalidTransition when it is public and would go to a
        program that is not.
    """
    async with changing(actor) as transaction:
        terms = await lock_terms([values["term_id"]] if "term_id" in values else [], transaction)
        if has_room and not terms:
            await query(transaction, _LOCK_TERM_OF, lesson_id)
        lesson = await lock(Lesson, lesson_id, transaction, version=version)
        placed = await place_lesson(lesson, values, terms, transaction, has_room=has_room)
        return await change(lesson, with_zone(placed), MOVABLE_FIELDS, transaction)


async def delete_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a draft or archived lesson. Raises: NotFound, VersionConflict, Conflict when it is public or scheduled."""
    lessons = Lesson.filter(id=lesson_id)
    await delete(Lesson, lesson_id, lessons=lessons, version=version, actor=actor)


async def reorder_lessons(term_id: UUID, order: Sequence[UUID], *, version: int | None = None, actor: str) -> int:
    """Number a term's lessons from 1 on in this order, which names each of them once.

    Args:
        version: the term's, whose part the order is.
    Returns: the term's version from now on.
    Raises: NotFound, VersionConflict, InvalidContent.
    """
    return await reorder(Lesson, term_id, order, version=version, actor=actor)


async def schedule_lesson(
    lesson_id: UUID, publish_at: datetime, zone: str | None = None, *, version: int | None = None, actor: str
) -> Lesson:
    """Schedule a draft lesson, or give a scheduled one another time.

    Args:
        publish_at: with its offset, and yet to come by the database's clock.
        zone: the IANA zone in which that was written; None: nobody named one.
    Raises: NotFound, VersionConflict, InvalidTransition, InvalidContent, NotPublishable when the lesson itself lacks
        something. What its program lacks may still be added until the time comes.
    """
    async with changing(actor) as transaction:
        lesson = await lock(Lesson, lesson_id, transaction, version=version)
        return await schedule(lesson, publish_at, zone, await database_now(transaction), transaction)


async def unschedule_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Make a scheduled lesson a draft again. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        return await unschedule(await lock(Lesson, lesson_id, transaction, version=version), transaction)


async def publish_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Publish a lesson now, and its program with it when that is a draft.

    Raises: NotFound, VersionConflict, InvalidTransition, NotPublishable with everything that is in the way.
    """
    async with changing(actor) as transaction:
        program = await _lock_program_of(lesson_id, transaction)
        lesson = await lock(Lesson, lesson_id, transaction, version=version)
        return await publish(lesson, program, await database_now(transaction), transaction)


async def archive_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Take a lesson down, or out of the plan. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        lesson = await lock(Lesson, lesson_id, transaction, version=version)
        return await archive(lesson, transaction)


async def restore_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Make an archived lesson a draft again, without the times it had.

    Raises: NotFound, VersionConflict, InvalidTransition.
    """
    async with changing(actor) as transaction:
        lesson = await lock(Lesson, lesson_id, transaction, version=version)
        return await restore(lesson, transaction)


def with_zone(values: Values) -> Values:
    """What to change of a lesson: another end, written without a zone, has none."""
    return {"archive_zone": None, **values} if "archive_at" in values else values


# Steps of a lesson that is locked already, and whose version was looked at.


async def schedule(
    lesson: Lesson, publish_at: datetime, zone: str | None, now: datetime, transaction: TransactionalDBClient
) -> Lesson:
    """As `schedule_lesson`. now: by the database's clock."""
    if publish_at.tzinfo is None:
        raise InvalidContent(OFFSET, field="publish_at")
    _require(lesson, Status.SCHEDULED)
    if lesson.release_id is not None:
        raise InvalidTransition(IN_RELEASE, field="release_id")
    if publish_at <= now:
        raise InvalidContent("This time has passed: choose a later one, or publish the lesson now.", field="publish_at")
    if lesson.archive_at is not None and lesson.archive_at <= publish_at:
        raise InvalidContent("Its scheduled end comes before this time: move one of the two.", field="archive_at")
    if obstacles := lifecycle.schedule_obstacles(facts_of(lesson)):
        raise NotPublishable(obstacles)
    lesson.status, lesson.publish_at, lesson.publish_zone = Status.SCHEDULED, publish_at, zone
    return await save(lesson, ["status", "publish_at", "publish_zone"], transaction)


async def unschedule(lesson: Lesson, transaction: TransactionalDBClient) -> Lesson:
    """As `unschedule_lesson`."""
    if refused := lifecycle.unschedule_refusal(lesson.status):
        raise InvalidTransition(refused, field="status")
    lesson.status, lesson.publish_at = Status.DRAFT, None
    return await save(lesson, ["status", "publish_at"], transaction)


async def publish(lesson: Lesson, program: Program, now: datetime, transaction: TransactionalDBClient) -> Lesson:
    """As `publish_lesson`. program: the lesson's, locked before it; now: by the database's clock."""
    _require(lesson, Status.PUBLISHED)
    if obstacles := lifecycle.publish_obstacles(facts_of(lesson), _program_facts(program)):
        raise NotPublishable(obstacles)
    if lesson.archive_at is not None and lesson.archive_at <= now:
        raise InvalidContent("Its scheduled end has passed: give it a later one, or none, first.", field="archive_at")
    # A time that it did not wait for is no longer its time.
    if lesson.publish_at is not None and lesson.publish_at > now:
        lesson.publish_at = None
    lesson.status = Status.PUBLISHED
    return await save(lesson, ["status", "publish_at"], transaction)


async def archive(lesson: Lesson, transaction: TransactionalDBClient) -> Lesson:
    """As `archive_lesson`."""
    _require(lesson, Status.ARCHIVED)
    lesson.status = Status.ARCHIVED
    return await save(lesson, ["status"], transaction)


async def restore(lesson: Lesson, transaction: TransactionalDBClient) -> Lesson:
    """As `restore_lesson`."""
    if refused := lifecycle.restore_refusal("lesson", lesson.status):
        raise InvalidTransition(refused, field="status")
    lesson.status, lesson.publish_at, lesson.archive_at = Status.DRAFT, None, None
    return await save(lesson, ["status", "publish_at", "archive_at"], transaction)


def _require(lesson: Lesson, becomes: Status) -> None:
    if not lifecycle.may_become(lesson.status, becomes):
        raise InvalidTransition(f"The lesson is {lesson.status} and cannot become {becomes}.", field="status")


def _program_facts(program: Program) -> lifecycle.ProgramFacts:
    return lifecycle.ProgramFacts(program.status, program.language_primary, program.posters)


async def _lock_program_of(lesson_id: UUID, transaction: TransactionalDBClient) -> Program:
    # The program before the lesson, as a change of the program does it: the other way round, two could lock each other.
    rows = await query(transaction, _PROGRAM_OF_LESSON, lesson_id)
    if not rows:
        raise NotFound("There is no lesson with this id.", field="id")
    return await lock(Program, rows[0]["program_id"], transaction)
