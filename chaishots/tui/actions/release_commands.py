"""What can be done with a release and what is in it: why not now, what to ask first, and the steps with their undo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chaishots.content.lifecycle import RELEASE_TRANSITIONS, ReleaseStatus, Status
from chaishots.content.queries.terminal_schedule import ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.times import tell_time
from chaishots.tui.actions.undo_last_step import Outcome, Undo
from chaishots.tui.rendering.formatting import count, plain
from chaishots.zones import name_of

BECOMES: Final[Mapping[str, ReleaseStatus]] = {
    "schedule": ReleaseStatus.SCHEDULED,
    "unschedule": ReleaseStatus.OPEN,
    "archive": ReleaseStatus.CANCELLED,
}
"""What a release becomes by an action; it has no others."""


@dataclass(frozen=True)
class ChosenRelease:
    """The release that lessons are put in: one there is, or None for a new one of this name."""

    release: ReleaseRow | None
    name: str


def why_not_release(action: str, release: ReleaseRow) -> str | None:
    """Why the action cannot be done with a release; None when it can."""
    if action not in BECOMES:
        return "A release is scheduled (s), opened again (D) or called off (A), as a whole; P would not wait for it."
    if BECOMES[action] in RELEASE_TRANSITIONS[release.status]:
        return None
    return f"The release is {release.status}."


def question_about(action: str, release: ReleaseRow) -> str:
    """What to ask before a release is opened again or called off."""
    lessons = count(release.lessons, "lesson")
    if action == "unschedule":
        return f"Open the release “{plain(release.title)}” again?\n\nIts {lessons} will not go public at its time."
    return (
        f"Call off the release “{plain(release.title)}” for good?\n\n"
        f"Its {lessons} become drafts of no release. This cannot be taken back."
    )


async def perform_release(action: str, release: ReleaseRow, actor: str, at: datetime | None) -> Outcome:
    """Do it. Raises: ContentError, DatabaseTrouble."""
    from chaishots.content.editing import releases

    name, before, zone = plain(release.title), release.publish_at, release.publish_zone
    again = None
    if release.status is ReleaseStatus.SCHEDULED and before is not None:
        again = Undo(
            f"{name} goes out {tell_time(before, written_in=zone)} again",
            None,
            lambda: releases.schedule_release(release.id, before, zone, actor=actor),
        )
    if action == "schedule" and at is not None:
        await releases.schedule_release(release.id, at, name_of(at), version=release.version, actor=actor)
        when = tell_time(at, written_in=name_of(at))
        said = f"The release {name} goes out {when}, {count(release.lessons, 'lesson')} at once"
        opened = Undo(f"{name} is open again", None, lambda: releases.unschedule_release(release.id, actor=actor))
        return Outcome(said, again or opened)
    if action == "unschedule":
        await releases.unschedule_release(release.id, version=release.version, actor=actor)
        return Outcome(f"The release {name} is open again", again)
    await releases.cancel_release(release.id, version=release.version, actor=actor)
    return Outcome(f"The release {name} is called off", no_way_back="A release that was called off stays so.")


def tell_joining(lessons: Sequence[LessonRow]) -> str:
    """What happens to lessons that are put in a release, in a line for the dialog that asks which."""
    timed = sum(lesson.status is Status.SCHEDULED for lesson in lessons)
    if not timed:
        return "They take the time of the release." if len(lessons) > 1 else "It takes the time of the release."
    own = (
        "its own time is"
        if len(lessons) == 1
        else f"{timed:,} of them {'has' if timed == 1 else 'have'} a time, which is"
    )
    return f"{own[0].upper()}{own[1:]} forgotten: the release has one for all."


async def put_in_release(lessons: Sequence[LessonRow], chosen: ChosenRelease, actor: str) -> Outcome:
    """Put lessons in a release, all or none; make it where it is a new one.

    Raises: RowsRefused, another ContentError, DatabaseTrouble.
    """
    from chaishots.content.editing import many_lessons, releases

    ids, named = [lesson.id for lesson in lessons], count(len(lessons), "lesson")
    if chosen.release is None:
        release = await releases.create_release(chosen.name, ids, actor=actor)
    else:
        release = await releases.add_lessons(chosen.release.id, ids, actor=actor)
    name = plain(release.name)
    timed = [
        many_lessons.Planned(one.id, one.publish_at, one.publish_zone)
        for one in lessons
        if one.status is Status.SCHEDULED and one.publish_at is not None
    ]

    async def undo() -> None:
        if chosen.release is None:
            await releases.delete_release(release.id, version=release.version, actor=actor)
        else:
            await releases.take_out_lessons(release.id, ids, actor=actor)
        if timed:
            await many_lessons.schedule_lessons(timed, actor=actor)

    at = release.publish_at
    then = (
        f": {'it goes' if len(ids) == 1 else 'they go'} out {tell_time(at, written_in=release.publish_zone)}"
        if at is not None
        else ""
    )
    made = "is made of" if chosen.release is None else "has"
    said = f"The release {name} {made} {named}{'' if chosen.release is None else ' more'}{then}"
    gone = f"the release {name} is gone" if chosen.release is None else f"{named} taken out of the release {name} again"
    return Outcome(said, Undo(gone, None, undo))


async def take_out(lessons: Sequence[LessonRow], actor: str) -> Outcome:
    """Take lessons out of the release that they are in, all or none. Raises: ContentError, DatabaseTrouble."""
    from chaishots.content.editing import releases

    release_id, ids = lessons[0].release_id, [lesson.id for lesson in lessons]
    assert release_id is not None  # asked by `why_not`
    release = await releases.take_out_lessons(release_id, ids, actor=actor)
    told = plain(lessons[0].title) if len(lessons) == 1 else count(len(lessons), "lesson")
    name = plain(release.name)
    undo = Undo(
        f"{told} is in the release {name} again" if len(lessons) == 1 else f"{told} are in the release {name} again",
        None,
        lambda: releases.add_lessons(release_id, ids, actor=actor),
    )
    return Outcome(f"Taken out of the release {name}: {told}", undo)
