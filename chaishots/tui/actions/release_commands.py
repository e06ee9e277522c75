"""What can be done with a whole release: why not now, what to ask first, and the steps with their undo."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chaishots.content.lifecycle import RELEASE_TRANSITIONS, ReleaseStatus
from chaishots.content.queries.plan import ReleaseRow
from chaishots.times import tell_time
from chaishots.tui.actions.undo import Outcome, Undo
from chaishots.tui.rendering.formatting import count, plain

BECOMES: Final[Mapping[str, ReleaseStatus]] = {
    "schedule": ReleaseStatus.SCHEDULED,
    "unschedule": ReleaseStatus.OPEN,
    "archive": ReleaseStatus.CANCELLED,
}
"""What a release becomes by an action; it has no others."""


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

    name, before = plain(release.title), release.publish_at
    if action == "schedule" and at is not None:
        await releases.schedule_release(release.id, at, version=release.version, actor=actor)
        said = f"The release {name} goes out {tell_time(at)}, {count(release.lessons, 'lesson')} at once"
        if release.status is ReleaseStatus.SCHEDULED and before is not None:
            undo = Undo(
                f"{name} goes out {tell_time(before)} again",
                None,
                lambda: releases.schedule_release(release.id, before, actor=actor),
            )
        else:
            undo = Undo(f"{name} is open again", None, lambda: releases.unschedule_release(release.id, actor=actor))
        return Outcome(said, undo)
    if action == "unschedule":
        await releases.unschedule_release(release.id, version=release.version, actor=actor)
        if before is None:
            return Outcome(f"The release {name} is open again")
        again = Undo(
            f"{name} goes out {tell_time(before)} again",
            None,
            lambda: releases.schedule_release(release.id, before, actor=actor),
        )
        return Outcome(f"The release {name} is open again", again)
    await releases.cancel_release(release.id, version=release.version, actor=actor)
    return Outcome(f"The release {name} is called off", no_way_back="A release that was called off stays so.")
