"""What an editor does: each command is one transaction, checks the lifecycle, and leaves its line in the history.

A command loads the one thing under lock, checks, changes, and saves the columns it names. `version` is what the
editor last read; None means that the newest is fine.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model
from tortoise.queryset import QuerySet

from chaishots.content import lifecycle
from chaishots.content.editing.records import (
    OFFSET,
    Values,
    changed,
    database_now,
    inserted,
    locked,
    require_fields,
    require_version,
    saved,
)
from chaishots.content.editing.transaction import changing, refusal
from chaishots.content.errors import (
    IN_RELEASE,
    Conflict,
    ContentError,
    InvalidContent,
    InvalidTransition,
    NotFound,
    NotPublishable,
    RowFault,
    RowsRefused,
    twice,
)
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.models import Lesson, Program, Term, Topic
from chaishots.database.orm import query

PROGRAM_FIELDS: Final = frozenset({"title", "description", "language_primary", "languages_available", "posters"})
TERM_FIELDS: Final = frozenset({"term_number", "title"})
LESSON_FIELDS: Final = frozenset(
    {
        "lesson_number",
        "title",
        "content_type",
        "duration_ms",
        "is_paid",
        "content_language_primary",
        "content_languages_available",
        "content_urls",
        "subtitle_urls",
        "thumbnails",
        "archive_at",
    }
)
"""What `create_*` and `change_*` take; the lifecycle's own columns have commands of their own."""

_NAMED: Final = 5
"""Lessons that a refusal to delete names at most."""

# One statement: the numbers are unique, but only at its end (deferrable).
_RENUMBER: Final = """
    update {table} set {number} = place from unnest($1::uuid[]) with ordinality as wanted (id, place)
     where {table}.id = wanted.id and {number} <> place
"""

# topic_name_unique (lower(name)).
_ADD_TOPIC: Final = "insert into topic (name) values ($1) on conflict (lower(name)) do nothing"
_FIND_TOPIC: Final = "select id from topic where lower(name) = lower($1)"

_PROGRAM_OF_LESSON: Final = """
    select term.program_id from lesson join term on term.id = lesson.term_id where lesson.id = $1
"""

M = TypeVar("M", bound=Model)


async def create_program(values: Values, *, topics: Sequence[str] = (), actor: str) -> Program:
    """Create a draft program from PROGRAM_FIELDS, with topics by name. Raises: InvalidContent."""
    require_fields(values, PROGRAM_FIELDS)
    async with changing(actor) as transaction:
        program = await inserted(Program, values, transaction)
        await _set_topics(program, topics, transaction)
        return program


async def change_program(
    program_id: UUID, values: Values, *, topics: Sequence[str] | None = None, version: int | None = None, actor: str
) -> Program:
    """Change some of a program's PROGRAM_FIELDS, and its topics unless None.

    A map is merged into the one there is; a language or variant given as None goes (JSON Merge Patch, RFC 7396).

    Raises: NotFound, VersionConflict, InvalidContent.
    """
    async with changing(actor) as transaction:
        program = await locked(Program, program_id, transaction)
        require_version(program, version)
        if topics is not None:
            await _set_topics(program, topics, transaction)
        return await changed(program, values, PROGRAM_FIELDS, transaction)


async def delete_program(program_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a program with its terms and lessons. Raises: NotFound, VersionConflict, Conflict when some are public."""
    async with changing(actor) as transaction:
        program = await locked(Program, program_id, transaction)
        require_version(program, version)
        await _require_none_in_use(Lesson.filter(term__program_id=program_id), "program", transaction)
        await program.delete(using_db=transaction)


async def archive_program(program_id: UUID, *, version: int | None = None, actor: str) -> Program:
    """Hide a program and all that is in it. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        program = await locked(Program, program_id, transaction)
        require_version(program, version)
        return await _to_status(program, ProgramStatus.ARCHIVED, transaction)


async def restore_program(program_id: UUID, *, version: int | None = None, actor: str) -> Program:
    """Bring an archived program back: public when it has public lessons, else as a draft.

    Raises: NotFound, VersionConflict, InvalidTransition, InvalidContent.
    """
    async with changing(actor) as transaction:
        program = await locked(Program, program_id, transaction)
        require_version(program, version)
        if program.status is not ProgramStatus.ARCHIVED:
            raise InvalidTransition(
                f"The program is {program.status}: only an archived one is restored.", field="status"
            )
        lessons = Lesson.filter(term__program_id=program_id, status=Status.PUBLISHED).using_db(transaction)
        return await _to_status(program, lifecycle.restored(has_published_lessons=await lessons.exists()), transaction)


async def create_topic(name: str, *, actor: str) -> Topic:
    """Create a topic. Raises: Conflict when there is one of this name in any case, InvalidContent."""
    return await _create(Topic, {"name": name}, frozenset({"name"}), actor)


async def rename_topic(topic_id: UUID, name: str, *, version: int | None = None, actor: str) -> Topic:
    """Give a topic another name, in every program that has it.

    Raises: NotFound, VersionConflict, Conflict, InvalidContent.
    """
    async with changing(actor) as transaction:
        topic = await locked(Topic, topic_id, transaction)
        require_version(topic, version)
        return await changed(topic, {"name": name}, frozenset({"name"}), transaction)


async def delete_topic(topic_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a topic, and take it from every program that has it. Raises: NotFound, VersionConflict."""
    async with changing(actor) as transaction:
        topic = await locked(Topic, topic_id, transaction)
        require_version(topic, version)
        await topic.delete(using_db=transaction)


async def create_term(program_id: UUID, values: Values, *, actor: str) -> Term:
    """Create a term of a program from TERM_FIELDS. Raises: NotFound, Conflict, InvalidContent."""
    return await _create(Term, values, TERM_FIELDS, actor, program_id=program_id)


async def change_term(term_id: UUID, values: Values, *, version: int | None = None, actor: str) -> Term:
    """Change some of a term's TERM_FIELDS. Raises: NotFound, VersionConflict, Conflict, InvalidContent."""
    async with changing(actor) as transaction:
        term = await locked(Term, term_id, transaction)
        require_version(term, version)
        return await changed(term, values, TERM_FIELDS, transaction)


async def delete_term(term_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a term with its lessons. Raises: NotFound, VersionConflict, Conflict when some are public or scheduled."""
    async with changing(actor) as transaction:
        term = await locked(Term, term_id, transaction)
        require_version(term, version)
        await _require_none_in_use(Lesson.filter(term_id=term_id), "term", transaction)
        await term.delete(using_db=transaction)


async def reorder_terms(program_id: UUID, order: Sequence[UUID], *, actor: str) -> None:
    """Number a program's terms from 1 on in this order, which names each of them once.

    Raises: NotFound, InvalidContent.
    """
    async with changing(actor) as transaction:
        await locked(Program, program_id, transaction)
        present = await query(transaction, "select id from term where program_id = $1", program_id)
        _require_each_once(order, {row["id"] for row in present}, "terms")
        await query(transaction, _RENUMBER.format(table="term", number="term_number"), list(order))


async def reorder_lessons(term_id: UUID, order: Sequence[UUID], *, actor: str) -> None:
    """Number a term's lessons from 1 on in this order, which names each of them once.

    Raises: NotFound, InvalidContent.
    """
    async with changing(actor) as transaction:
        await locked(Term, term_id, transaction)
        present = await query(transaction, "select id from lesson where term_id = $1", term_id)
        _require_each_once(order, {row["id"] for row in present}, "lessons")
        await query(transaction, _RENUMBER.format(table="lesson", number="lesson_number"), list(order))


async def create_lesson(term_id: UUID, values: Values, *, actor: str) -> Lesson:
    """Create a draft lesson of a term from LESSON_FIELDS. Raises: NotFound, Conflict, InvalidContent."""
    return await _create(Lesson, values, LESSON_FIELDS, actor, term_id=term_id)


async def change_lesson(lesson_id: UUID, values: Values, *, version: int | None = None, actor: str) -> Lesson:
    """Change some of a lesson's LESSON_FIELDS. Raises: NotFound, VersionConflict, Conflict, InvalidContent."""
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        require_version(lesson, version)
        return await changed(lesson, values, LESSON_FIELDS, transaction)


async def delete_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a draft or archived lesson. Raises: NotFound, VersionConflict, Conflict when it is public or scheduled."""
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        require_version(lesson, version)
        await _require_none_in_use(Lesson.filter(id=lesson_id), "lesson", transaction)
        await lesson.delete(using_db=transaction)


async def schedule_lessons(times: Sequence[tuple[UUID, datetime]], *, actor: str) -> None:
    """Schedule or reschedule many lessons, all or none.

    Raises: RowsRefused, naming each that cannot be, or is named twice, by its place in `times`. Of those that a trigger
        or constraint of the database refuses, the first is named.
    """
    faults = twice([lesson_id for lesson_id, _ in times], "lesson_id")
    if faults:
        raise RowsRefused(faults)
    async with changing(actor) as transaction:
        now = await database_now(transaction)
        # By id, so that two who schedule the same lessons wait for each other instead of locking each other out.
        for place, (lesson_id, publish_at) in sorted(enumerate(times), key=lambda row: row[1][0]):
            try:
                lesson = await locked(Lesson, lesson_id, transaction)
                await _schedule(lesson, publish_at, now, transaction)
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


async def schedule_lesson(lesson_id: UUID, publish_at: datetime, *, version: int | None = None, actor: str) -> Lesson:
    """Schedule a draft lesson, or give a scheduled one another time.

    Args:
        publish_at: with its offset, and yet to come by the database's clock.
    Raises: NotFound, VersionConflict, InvalidTransition, InvalidContent, NotPublishable when the lesson itself lacks
        something. What its program lacks may still be added until the time comes.
    """
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        require_version(lesson, version)
        return await _schedule(lesson, publish_at, await database_now(transaction), transaction)


async def unschedule_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Make a scheduled lesson a draft again. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        if lesson.status is not Status.SCHEDULED:
            raise InvalidTransition(
                f"The lesson is {lesson.status}: only a scheduled one is unscheduled.", field="status"
            )
        _require(lesson, Status.DRAFT, version)
        lesson.status, lesson.publish_at = Status.DRAFT, None
        return await saved(lesson, ["status", "publish_at"], transaction)


async def publish_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Publish a lesson now, and its program with it when that is a draft.

    Raises: NotFound, VersionConflict, InvalidTransition, NotPublishable with everything that is in the way.
    """
    async with changing(actor) as transaction:
        program = await _locked_program_of(lesson_id, transaction)
        lesson = await locked(Lesson, lesson_id, transaction)
        _require(lesson, Status.PUBLISHED, version)
        if obstacles := lifecycle.publish_obstacles(_lesson_facts(lesson), _program_facts(program)):
            raise NotPublishable(obstacles)
        now = await database_now(transaction)
        if lesson.archive_at is not None and lesson.archive_at <= now:
            raise InvalidContent(
                "Its scheduled end has passed: give it a later one, or none, first.", field="archive_at"
            )
        # A time that it did not wait for is no longer its time.
        if lesson.publish_at is not None and lesson.publish_at > now:
            lesson.publish_at = None
        lesson.status = Status.PUBLISHED
        return await saved(lesson, ["status", "publish_at"], transaction)


async def archive_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Take a lesson down, or out of the plan. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        _require(lesson, Status.ARCHIVED, version)
        lesson.status = Status.ARCHIVED
        return await saved(lesson, ["status"], transaction)


async def restore_lesson(lesson_id: UUID, *, version: int | None = None, actor: str) -> Lesson:
    """Make an archived lesson a draft again, without the times it had.

    Raises: NotFound, VersionConflict, InvalidTransition.
    """
    async with changing(actor) as transaction:
        lesson = await locked(Lesson, lesson_id, transaction)
        if lesson.status is not Status.ARCHIVED:
            raise InvalidTransition(f"The lesson is {lesson.status}: only an archived one is restored.", field="status")
        _require(lesson, Status.DRAFT, version)
        lesson.status, lesson.publish_at, lesson.archive_at = Status.DRAFT, None, None
        return await saved(lesson, ["status", "publish_at", "archive_at"], transaction)


async def _schedule(lesson: Lesson, publish_at: datetime, now: datetime, transaction: TransactionalDBClient) -> Lesson:
    if publish_at.tzinfo is None:
        raise InvalidContent(OFFSET, field="publish_at")
    _require(lesson, Status.SCHEDULED, None)
    if lesson.release_id is not None:
        raise InvalidTransition(IN_RELEASE, field="release_id")
    if publish_at <= now:
        raise InvalidContent("This time has passed: choose a later one, or publish the lesson now.", field="publish_at")
    if lesson.archive_at is not None and lesson.archive_at <= publish_at:
        raise InvalidContent("Its scheduled end comes before this time: move one of the two.", field="archive_at")
    if obstacles := lifecycle.schedule_obstacles(_lesson_facts(lesson)):
        raise NotPublishable(obstacles)
    lesson.status, lesson.publish_at = Status.SCHEDULED, publish_at
    return await saved(lesson, ["status", "publish_at"], transaction)


def _require(lesson: Lesson, becomes: Status, version: int | None) -> None:
    require_version(lesson, version)
    if not lifecycle.may_become(lesson.status, becomes):
        raise InvalidTransition(f"The lesson is {lesson.status} and cannot become {becomes}.", field="status")


def _require_each_once(order: Sequence[UUID], present: set[UUID], name: str) -> None:
    if len(order) != len(present) or set(order) != present:
        raise InvalidContent(f"Name each of the {len(present)} {name} once, and no other.", field="order")


async def _require_none_in_use(lessons: QuerySet[Lesson], name: str, transaction: TransactionalDBClient) -> None:
    public = lessons.filter(status__in=[Status.PUBLISHED, Status.SCHEDULED]).order_by("lesson_number", "id")
    found = await public.limit(_NAMED + 1).using_db(transaction)
    if found:
        named = ", ".join(f"{lesson.title} ({lesson.status}, {lesson.id})" for lesson in found[:_NAMED])
        more = " and more" if len(found) > _NAMED else ""
        raise Conflict(f"Archive or unschedule first, then delete the {name}: {named}{more}.", field="lessons")


def _lesson_facts(lesson: Lesson) -> lifecycle.LessonFacts:
    return lifecycle.LessonFacts(lesson.status, lesson.content_language_primary, lesson.content_urls, lesson.thumbnails)


def _program_facts(program: Program) -> lifecycle.ProgramFacts:
    return lifecycle.ProgramFacts(program.status, program.language_primary, program.posters)


async def _locked_program_of(lesson_id: UUID, transaction: TransactionalDBClient) -> Program:
    # The program before the lesson, as a change of the program does it: the other way round, two could lock each other.
    rows = await query(transaction, _PROGRAM_OF_LESSON, lesson_id)
    if not rows:
        raise NotFound("There is no lesson with this id.", field="id")
    return await locked(Program, rows[0]["program_id"], transaction)


async def _set_topics(program: Program, names: Sequence[str], transaction: TransactionalDBClient) -> None:
    # In the order of their names: two editors that create the same new topics would lock each other out otherwise.
    first_spelling = {name.lower(): name for name in reversed(names)}
    wanted = [await _topic(first_spelling[name], transaction) for name in sorted(first_spelling)]
    present = await program.topics.all().using_db(transaction)
    if gone := [topic for topic in present if topic not in wanted]:
        await program.topics.remove(*gone, using_db=transaction)
    if new := list(dict.fromkeys(topic for topic in wanted if topic not in present)):
        await program.topics.add(*new, using_db=transaction)


async def _topic(name: str, transaction: TransactionalDBClient) -> Topic:
    # Somebody else may be making it at this moment: then theirs is waited for, and used.
    await query(transaction, _ADD_TOPIC, name)
    (row,) = await query(transaction, _FIND_TOPIC, name)
    return await Topic.get(id=row["id"], using_db=transaction)


async def _create(model: type[M], values: Values, allowed: frozenset[str], actor: str, **parents: UUID) -> M:
    require_fields(values, allowed)
    async with changing(actor) as transaction:
        return await inserted(model, {**values, **parents}, transaction)


async def _to_status(program: Program, status: ProgramStatus, transaction: TransactionalDBClient) -> Program:
    if status not in lifecycle.PROGRAM_TRANSITIONS[program.status]:
        raise InvalidTransition(f"The program is {program.status} and cannot become {status}.", field="status")
    program.status = status
    return await saved(program, ["status"], transaction)
