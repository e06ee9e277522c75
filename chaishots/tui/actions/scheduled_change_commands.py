"""What can be done with a scheduled change: why not, what to ask first, and the steps with their undo."""

from datetime import datetime

from chaishots.content.lifecycle import ChangeStatus
from chaishots.content.queries.terminal_schedule import ChangeRow
from chaishots.times import tell_time
from chaishots.tui.actions.undo_last_step import Outcome, Undo
from chaishots.tui.rendering.formatting import plain
from chaishots.zones import name_of


def why_not_change_of(action: str, change: ChangeRow) -> str | None:
    """Why the action cannot be done with a change; None when it can."""
    if change.status is not ChangeStatus.SCHEDULED:
        return f"The change is {change.status}."
    if action == "schedule" and change.release_id is not None:
        return "It is applied with its release: move that, or cancel the change (A)."
    if action in ("schedule", "archive"):
        return None
    return "A scheduled change gets another moment (s) or is cancelled (A); its thing itself is on Content (1)."


def question_about_change(change: ChangeRow) -> str:
    """What to ask before a change is cancelled."""
    if change.is_end:
        return f"Keep “{plain(change.title)}” up?\n\nIts end, with the release, is cancelled."
    return (
        f"Cancel the change of {change.fields} of the {change.object_type} “{plain(change.title)}”?\n\n"
        "It stays as it is then. This cannot be taken back: schedule another one."
    )


async def perform_change(action: str, change: ChangeRow, actor: str, at: datetime | None) -> Outcome:
    """Move it, or cancel it. Raises: ContentError, DatabaseTrouble."""
    from chaishots.content.editing import scheduled_changes

    title = plain(change.title)
    before_at = change.apply_at
    if action == "schedule" and at is not None and before_at is not None:
        moved = {"apply_at": at, "publish_zone": name_of(at)}
        await scheduled_changes.change_change(change.id, moved, version=change.version, actor=actor)
        before = {"apply_at": before_at, "publish_zone": change.publish_zone}
        return Outcome(
            f"The change of {title} is applied {tell_time(at, written_in=name_of(at))}",
            Undo(
                f"The change of {title} is applied {tell_time(before_at)} again",
                None,
                lambda: scheduled_changes.change_change(change.id, before, actor=actor),
            ),
        )
    await scheduled_changes.cancel_change(change.id, version=change.version, actor=actor)
    return Outcome(f"The change of {title} is cancelled", no_way_back="A change that was cancelled stays so.")
