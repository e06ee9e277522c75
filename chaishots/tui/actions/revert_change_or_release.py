"""Takes a line of the history back, whoever made it: asked first, with what it was, or what a release did.

The operator's own last step, behind the same key, is `undo_last_step.py`'s; `app.py` chooses between the two.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from chaishots.content.errors import ChangedSince, InvalidTransition
from chaishots.content.queries.history import HistoryLine
from chaishots.times import tell_time
from chaishots.tui.actions.undo_last_step import Outcome
from chaishots.tui.rendering.details import changed_text
from chaishots.tui.rendering.formatting import count, plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chaishots.content.editing.revert_change import MadeLine
    from chaishots.content.editing.revert_release import RevertedRelease

_NAMED = 5


async def take_back_line(
    line: HistoryLine, actor: str, confirm: "Callable[[str, str], Awaitable[bool]]"
) -> Outcome | None:
    """Ask, and take it back; None: the operator would rather not. Raises: ContentError, DatabaseTrouble."""
    if line.action == "release.publish" and line.object_id is not None:
        return await take_back_release(line.object_id, line.title or "", actor, confirm)
    from chaishots.content.editing.revert_change import revert_change

    what, force = plain(f"{line.action} {line.title or ''}".rstrip()), False
    try:
        tried = await revert_change(line.seq, dry_run=True, actor=actor)
    except ChangedSince as since:
        if not await confirm(f"{since.told}.\n\nTake {what} back all the same?", "Take back"):
            return None
        force = True
        tried = await revert_change(line.seq, force=True, dry_run=True, actor=actor)
    if not tried.lines:
        raise InvalidTransition(f"Nothing of {what} is left to take back: all stands as before.")
    will = "\n".join(_step_text(made) for made in tried.lines)
    said = f"Take back {what}, by {plain(line.by)}, {tell_time(line.at)}?\n\nThat will be:\n{will}"
    if not await confirm(said, "Take back"):
        return None
    await revert_change(line.seq, force=force, actor=actor)
    return Outcome(f"Taken back: {what}", no_way_back="Take back the line that this made, on Activity (4).")


def _step_text(made: "MadeLine") -> str:
    # What is so only now goes without saying where nothing was before: topics, members.
    changed = changed_text(made.before, made.after) if made.before and made.after else ""
    return f"  {changed or made.action}"


async def take_back_release(
    release_id: UUID, title: str, actor: str, confirm: "Callable[[str, str], Awaitable[bool]]"
) -> Outcome | None:
    """Ask, with what it would do, and take a published release back; None: the operator would rather not.

    Raises: ContentError, DatabaseTrouble.
    """
    from chaishots.content.editing.revert_release import revert_release

    name, force = plain(title), False
    try:
        tried = await revert_release(release_id, dry_run=True, actor=actor)
    except ChangedSince as since:
        if not await confirm(f"{since.told}.\n\nTake the release {name} back all the same?", "Take back"):
            return None
        force = True
        tried = await revert_release(release_id, dry_run=True, force=True, actor=actor)
    if not tried.lessons and not tried.changes:
        raise InvalidTransition(f"Nothing of the release {name} is left to take back.")
    if not await confirm(f"Take the release “{name}” back?\n\n{_foreseen(tried)}", "Take back"):
        return None
    await revert_release(release_id, force=force, actor=actor)
    return Outcome(f"The release {name} is taken back", no_way_back="Restore (R) what went down, lesson by lesson.")


def _foreseen(tried: "RevertedRelease") -> str:
    lines = [
        *(f"  goes down: {plain(lesson.title)}" for lesson in tried.lessons[:_NAMED]),
        *([f"  and {count(len(tried.lessons) - _NAMED, 'more')}"] if len(tried.lessons) > _NAMED else ()),
        *(f"  as it was: {', '.join(change.fields)} of {plain(change.title)}" for change in tried.changes[:_NAMED]),
        *([f"  and {count(len(tried.changes) - _NAMED, 'more')}"] if len(tried.changes) > _NAMED else ()),
        "",
        *(
            f"  {plain(program.title)}: then {count(program.lessons, 'public lesson')}"
            if program.is_public
            else f"  {plain(program.title)}: not public any more"
            for program in tried.programs[:_NAMED]
        ),
    ]
    return "\n".join(lines)
