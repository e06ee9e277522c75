"""Taking a step, under the operator's name, through `content/editing`; and what takes it back.

Knows no widget. Every error of content passes through: whoever asked tells the operator.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chaishots.content.editing.lessons import (
    archive_lesson,
    change_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    schedule_lessons,
    unschedule_lesson,
)
from chaishots.content.editing.programs import archive_program, restore_program
from chaishots.content.lifecycle import Status
from chaishots.content.queries.tree import LessonRow, ProgramRow
from chaishots.tui.actions.actions import Step, Target
from chaishots.tui.rendering.formatting import count, local, plain


@dataclass(frozen=True)
class Undo:
    """How the last step is taken back: what that is called, what to ask first (None: nothing), and the doing of it."""

    text: str
    question: str | None
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Done:
    """What was done; `undo` is None where the lifecycle has no way back, and `no_way_back` says why."""

    text: str
    undo: Undo | None = None
    no_way_back: str = ""


async def take(step: Step, target: Target, actor: str, at: datetime | None = None) -> Done:
    """Take a step with one lesson or program, as it was when the operator saw it last.

    Args:
        at: for SCHEDULE the moment; for END the moment, or None for no end.
    Raises: ContentError, DatabaseTrouble.
    """
    if isinstance(target, ProgramRow):
        return await _program(step, target, actor)
    if step is Step.SCHEDULE and at is not None:
        return await _schedule(target, at, actor)
    if step is Step.END:
        return await _end(target, at, actor)
    return await _LESSON_STEPS[step](target, actor)


async def schedule_many(lessons: Sequence[LessonRow], times: Sequence[datetime], actor: str) -> Done:
    """Schedule several lessons, all or none. Raises: RowsRefused, DatabaseTrouble."""
    await schedule_lessons([(one.id, at) for one, at in zip(lessons, times, strict=True)], actor=actor)
    drafts = [one.id for one in lessons if one.publish_at is None or one.status != Status.SCHEDULED]
    earlier = [(one.id, one.publish_at) for one in lessons if one.status == Status.SCHEDULED and one.publish_at]

    async def back() -> None:
        if earlier:
            await schedule_lessons(earlier, actor=actor)
        for lesson_id in drafts:
            await unschedule_lesson(lesson_id, actor=actor)

    named = count(len(lessons), "lesson")
    return Done(f"Scheduled {named}", Undo(f"{named} as they were before", None, back))


async def _schedule(lesson: LessonRow, at: datetime, actor: str) -> Done:
    await schedule_lesson(lesson.id, at, version=lesson.version, actor=actor)
    said = f"{plain(lesson.title)} goes out {local(at)}"
    if lesson.status != Status.SCHEDULED or lesson.publish_at is None:
        return Done(said, Undo(f"{plain(lesson.title)} is a draft again", None, _unscheduling(lesson.id, actor)))
    return Done(said, _undo_to_time(lesson, lesson.publish_at, actor))


async def _unschedule(lesson: LessonRow, actor: str) -> Done:
    await unschedule_lesson(lesson.id, version=lesson.version, actor=actor)
    undo = _undo_to_time(lesson, lesson.publish_at, actor) if lesson.publish_at else None
    return Done(f"{plain(lesson.title)} is a draft again", undo)


async def _publish(lesson: LessonRow, actor: str) -> Done:
    await publish_lesson(lesson.id, version=lesson.version, actor=actor)
    why = "A published lesson cannot become a draft again: archive it (A) to take it down."
    return Done(f"{plain(lesson.title)} is public", no_way_back=why)


async def _archive(lesson: LessonRow, actor: str) -> Done:
    await archive_lesson(lesson.id, version=lesson.version, actor=actor)
    title = plain(lesson.title)

    async def back() -> None:
        await restore_lesson(lesson.id, actor=actor)
        if lesson.archive_at is not None:
            await change_lesson(lesson.id, {"archive_at": lesson.archive_at}, actor=actor)
        if lesson.status == Status.PUBLISHED:
            await publish_lesson(lesson.id, actor=actor)
        elif lesson.status == Status.SCHEDULED and lesson.publish_at is not None:
            await schedule_lesson(lesson.id, lesson.publish_at, actor=actor)

    asks = (
        f"Undo: bring “{title}” back?\n\nIt was public: it is public again at once."
        if lesson.status == Status.PUBLISHED
        else None
    )
    return Done(f"{title} is archived", Undo(f"{title} is {lesson.status} again", asks, back))


async def _restore(lesson: LessonRow, actor: str) -> Done:
    await restore_lesson(lesson.id, version=lesson.version, actor=actor)
    title = plain(lesson.title)
    return Done(f"{title} is a draft again", Undo(f"{title} is archived again", None, _archiving(lesson.id, actor)))


async def _end(lesson: LessonRow, at: datetime | None, actor: str) -> Done:
    await change_lesson(lesson.id, {"archive_at": at}, version=lesson.version, actor=actor)
    title, before = plain(lesson.title), lesson.archive_at

    async def back() -> None:
        await change_lesson(lesson.id, {"archive_at": before}, actor=actor)

    said = f"{title} ends {local(at)}" if at else f"{title} has no end any more"
    return Done(said, Undo(f"{title} ends as before", None, back))


async def _program(step: Step, program: ProgramRow, actor: str) -> Done:
    title = plain(program.title)
    if step is Step.ARCHIVE:
        await archive_program(program.id, version=program.version, actor=actor)
        asks = f"Undo: restore the program “{title}”?\n\nWhat was public in it is public again at once."
        return Done(
            f"{title} is archived",
            Undo(f"{title} is restored", asks, lambda: restore_program(program.id, actor=actor)),
        )
    await restore_program(program.id, version=program.version, actor=actor)
    asks = f"Undo: archive the program “{title}” again?\n\nIt disappears from the catalog at once."
    return Done(
        f"{title} is restored",
        Undo(f"{title} is archived again", asks, lambda: archive_program(program.id, actor=actor)),
    )


def _undo_to_time(lesson: LessonRow, at: datetime, actor: str) -> Undo:
    return Undo(
        f"{plain(lesson.title)} goes out {local(at)} again",
        None,
        lambda: schedule_lesson(lesson.id, at, actor=actor),
    )


def _unscheduling(lesson_id: UUID, actor: str) -> Callable[[], Awaitable[object]]:
    return lambda: unschedule_lesson(lesson_id, actor=actor)


def _archiving(lesson_id: UUID, actor: str) -> Callable[[], Awaitable[object]]:
    return lambda: archive_lesson(lesson_id, actor=actor)


_LESSON_STEPS: dict[Step, Callable[[LessonRow, str], Awaitable[Done]]] = {
    Step.PUBLISH: _publish,
    Step.UNSCHEDULE: _unschedule,
    Step.ARCHIVE: _archive,
    Step.RESTORE: _restore,
}
