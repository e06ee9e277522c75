"""Performs actions, in the operator's name, through `content/editing`; each gives the command that undoes it.

Knows no widget. Errors of content pass through to the caller, who tells the operator.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from chaishots.content.editing.lessons import (
    archive_lesson,
    change_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.editing.many_lessons import (
    Chosen,
    Planned,
    archive_lessons,
    publish_lessons,
    restore_lessons,
    schedule_lessons,
    unschedule_lessons,
)
from chaishots.content.editing.programs import archive_program, restore_program
from chaishots.content.lifecycle import Status
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow
from chaishots.times import tell_time
from chaishots.tui.actions.possible_actions import Action, Target
from chaishots.tui.actions.release_commands import perform_release, take_out
from chaishots.tui.actions.scheduled_change_commands import perform_change
from chaishots.tui.actions.undo_last_step import Outcome, Undo
from chaishots.tui.rendering.formatting import count, plain
from chaishots.zones import name_of


async def perform(action: Action, target: Target, actor: str, at: datetime | None = None) -> Outcome:
    """Perform an action on one lesson or program; refused when its version is not the one that the operator saw.

    Args:
        at: the moment, for SCHEDULE; the moment or None (no end), for END; else not used.
    Raises: ContentError, DatabaseTrouble.
    """
    if isinstance(target, ReleaseRow):
        return await perform_release(action, target, actor, at)
    if isinstance(target, ChangeRow):
        return await perform_change(action, target, actor, at)
    if isinstance(target, ProgramRow):
        return await _change_program(action, target, actor)
    if action is Action.SCHEDULE and at is not None:
        return await _schedule(target, at, actor)
    if action is Action.TAKE_OUT:
        return await take_out([target], actor)
    if action is Action.END:
        return await _set_end(target, at, actor)
    return await _LESSON_COMMANDS[action](target, actor)


async def schedule_many(lessons: Sequence[LessonRow], times: Sequence[datetime], actor: str) -> Outcome:
    """Schedule several lessons, all or none. Raises: RowsRefused, DatabaseTrouble."""
    await schedule_lessons(
        [Planned(one.id, at, name_of(at)) for one, at in zip(lessons, times, strict=True)], actor=actor
    )
    drafts = [one.id for one in lessons if one.publish_at is None or one.status is not Status.SCHEDULED]
    earlier = [
        Planned(one.id, one.publish_at, one.publish_zone)
        for one in lessons
        if one.status is Status.SCHEDULED and one.publish_at
    ]

    async def undo() -> None:
        if earlier:
            await schedule_lessons(earlier, actor=actor)
        for lesson_id in drafts:
            await unschedule_lesson(lesson_id, actor=actor)

    named = count(len(lessons), "lesson")
    first, last = (tell_time(at, written_in=name_of(at)) for at in (times[0], times[-1]))
    when = f"at once, {first}" if times[0] == times[-1] else f"the first {first}, the last {last}"
    return Outcome(f"Scheduled {named}, {when}", Undo(f"{named} as they were before", None, undo))


async def perform_many(action: Action, lessons: Sequence[LessonRow], actor: str) -> Outcome:
    """Perform an action on several lessons, all or none. Raises: RowsRefused, DatabaseTrouble."""
    if action is Action.TAKE_OUT:
        return await take_out(lessons, actor)
    run, done, back = _MANY[action]
    await run([Chosen(lesson.id, lesson.version) for lesson in lessons], actor=actor)
    named, newest = count(len(lessons), "lesson"), [Chosen(lesson.id) for lesson in lessons]
    said = f"{named} {'is' if len(lessons) == 1 else 'are'} {done}"
    if action is Action.UNSCHEDULE:
        times = [Planned(one.id, one.publish_at, one.publish_zone) for one in lessons if one.publish_at is not None]
        return Outcome(said, Undo(f"{named} as they were before", None, lambda: schedule_lessons(times, actor=actor)))
    if back is None:
        return Outcome(said, no_way_back="Several at once cannot be taken back: restore (R), then publish or schedule.")
    return Outcome(said, Undo(f"{named} archived again", None, lambda: back(newest, actor=actor)))


async def _schedule(lesson: LessonRow, at: datetime, actor: str) -> Outcome:
    await schedule_lesson(lesson.id, at, name_of(at), version=lesson.version, actor=actor)
    said = f"{plain(lesson.title)} goes out {tell_time(at, written_in=name_of(at))}"
    if lesson.status is not Status.SCHEDULED or lesson.publish_at is None:
        return Outcome(
            said,
            Undo(f"{plain(lesson.title)} is a draft again", None, lambda: unschedule_lesson(lesson.id, actor=actor)),
        )
    return Outcome(said, _undo_to_time(lesson, lesson.publish_at, actor))


async def _unschedule(lesson: LessonRow, actor: str) -> Outcome:
    await unschedule_lesson(lesson.id, version=lesson.version, actor=actor)
    undo = _undo_to_time(lesson, lesson.publish_at, actor) if lesson.publish_at else None
    return Outcome(f"{plain(lesson.title)} is a draft again", undo)


async def _publish(lesson: LessonRow, actor: str) -> Outcome:
    await publish_lesson(lesson.id, version=lesson.version, actor=actor)
    why = "A published lesson cannot become a draft again: archive it (A) to take it down."
    return Outcome(f"{plain(lesson.title)} is public", no_way_back=why)


async def _archive(lesson: LessonRow, actor: str) -> Outcome:
    await archive_lesson(lesson.id, version=lesson.version, actor=actor)
    title = plain(lesson.title)

    async def undo() -> None:
        await restore_lesson(lesson.id, actor=actor)
        if lesson.archive_at is not None:
            end = {"archive_at": lesson.archive_at, "archive_zone": lesson.archive_zone}
            await change_lesson(lesson.id, end, actor=actor)
        if lesson.status is Status.PUBLISHED:
            await publish_lesson(lesson.id, actor=actor)
        elif lesson.status is Status.SCHEDULED and lesson.publish_at is not None:
            await schedule_lesson(lesson.id, lesson.publish_at, lesson.publish_zone, actor=actor)

    asks = (
        f"Undo: bring “{title}” back?\n\nIt was public: it is public again at once."
        if lesson.status is Status.PUBLISHED
        else None
    )
    return Outcome(f"{title} is archived", Undo(f"{title} is {lesson.status} again", asks, undo))


async def _restore(lesson: LessonRow, actor: str) -> Outcome:
    await restore_lesson(lesson.id, version=lesson.version, actor=actor)
    title = plain(lesson.title)
    return Outcome(
        f"{title} is a draft again",
        Undo(f"{title} is archived again", None, lambda: archive_lesson(lesson.id, actor=actor)),
    )


async def _set_end(lesson: LessonRow, at: datetime | None, actor: str) -> Outcome:
    end = {"archive_at": at, "archive_zone": name_of(at) if at else None}
    await change_lesson(lesson.id, end, version=lesson.version, actor=actor)
    title, before = plain(lesson.title), {"archive_at": lesson.archive_at, "archive_zone": lesson.archive_zone}

    async def undo() -> None:
        await change_lesson(lesson.id, before, actor=actor)

    said = f"{title} ends {tell_time(at, written_in=name_of(at))}" if at else f"{title} has no end any more"
    return Outcome(said, Undo(f"{title} ends as before", None, undo))


async def _change_program(action: Action, program: ProgramRow, actor: str) -> Outcome:
    title = plain(program.title)
    if action is Action.ARCHIVE:
        await archive_program(program.id, version=program.version, actor=actor)
        asks = f"Undo: restore the program “{title}”?\n\nWhat was public in it is public again at once."
        return Outcome(
            f"{title} is archived",
            Undo(f"{title} is restored", asks, lambda: restore_program(program.id, actor=actor)),
        )
    await restore_program(program.id, version=program.version, actor=actor)
    asks = f"Undo: archive the program “{title}” again?\n\nIt disappears from the catalog at once."
    return Outcome(
        f"{title} is restored",
        Undo(f"{title} is archived again", asks, lambda: archive_program(program.id, actor=actor)),
    )


def _undo_to_time(lesson: LessonRow, at: datetime, actor: str) -> Undo:
    return Undo(
        f"{plain(lesson.title)} goes out {tell_time(at)} again",
        None,
        lambda: schedule_lesson(lesson.id, at, lesson.publish_zone, actor=actor),
    )


_MANY: Final = {
    Action.PUBLISH: (publish_lessons, "public", None),
    Action.ARCHIVE: (archive_lessons, "archived", None),
    Action.RESTORE: (restore_lessons, "drafts again", archive_lessons),
    Action.UNSCHEDULE: (unschedule_lessons, "drafts again", None),
}
_LESSON_COMMANDS: dict[Action, Callable[[LessonRow, str], Awaitable[Outcome]]] = {
    Action.PUBLISH: _publish,
    Action.UNSCHEDULE: _unschedule,
    Action.ARCHIVE: _archive,
    Action.RESTORE: _restore,
}
