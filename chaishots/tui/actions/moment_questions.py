"""What is asked before something gets a moment: when, with what stands now beside the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chaishots.content.lifecycle import Status
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.time_input import Moments, read_moments
from chaishots.times import team_zone, tell_time
from chaishots.tui.actions.dialog_interface import Dialogs
from chaishots.tui.rendering.formatting import count
from chaishots.tui.state.session import Session

_NEVER: Final = Moments(at=datetime(9999, 1, 1, tzinfo=UTC))
"""No end. A day away from the last moment there is, which no other zone can tell."""


@dataclass(frozen=True)
class End:
    """The scheduled end that was asked for; None takes it away."""

    at: datetime | None


class MomentQuestions:
    """Asks for moments in a dialog; each answer is None when it was closed without one."""

    def __init__(self, session: Session, dialogs: Dialogs) -> None:
        self._session = session
        self._dialogs = dialogs

    def read(self, text: str) -> Moments:
        """What was typed, by the database's clock and in the team's zone. Raises: NotUnderstood."""
        return read_moments(text, self._session.clock.now(), team_zone())

    async def ask_for_release(self, release: ReleaseRow) -> datetime | None:
        """When a release is to go out."""
        note = f"Its {count(release.lessons, 'lesson')} go out at once at that moment."
        if release.publish_at is not None:
            at = tell_time(release.publish_at, written_in=release.publish_zone)
            note = f"It goes out {at} as it stands.\n{note}"
        moments = await self._dialogs.ask_moments("Schedule the release", [release.title], self.read, note)
        return None if moments is None else moments.at

    async def ask_for_change(self, change: ChangeRow) -> datetime | None:
        """When a change that waits is to be applied instead."""
        assert change.apply_at is not None  # asked by `why_not`
        note = f"It is applied {tell_time(change.apply_at, written_in=change.publish_zone)} as it stands."
        heading = f"Another moment for the change of {change.fields}"
        moments = await self._dialogs.ask_moments(heading, [change.title], self.read, note)
        return None if moments is None else moments.at

    async def ask_for_lessons(self, lessons: Sequence[LessonRow], hidden: int) -> Sequence[datetime] | None:
        """When each of some lessons is to go out, of which so many are not in the list at this moment."""
        note = f"({hidden} of them not in the list at this moment)" if hidden else ""
        if len(lessons) == 1 and lessons[0].publish_at is not None and lessons[0].status is Status.SCHEDULED:
            note = f"It goes out {tell_time(lessons[0].publish_at, written_in=lessons[0].publish_zone)} as it stands."
        moments = await self._dialogs.ask_moments("Schedule", [lesson.title for lesson in lessons], self.read, note)
        return None if moments is None else moments.of(len(lessons))

    async def ask_for_end(self, lesson: LessonRow) -> End | None:
        """When a lesson is to be archived by itself, or never."""
        note = "It is archived by itself at that moment. Type never for no end."
        if lesson.archive_at is not None:
            note = f"It ends {tell_time(lesson.archive_at)} as it stands.\n{note}"
        moments = await self._dialogs.ask_moments("Scheduled end", [lesson.title], self._read_end, note)
        return None if moments is None else End(None if moments is _NEVER else moments.at)

    def _read_end(self, text: str) -> Moments:
        return _NEVER if text.strip().lower() == "never" else self.read(text)
