"""How the controller asks and tells, and what it acts on: `screens/dialogs.py` and the screens do it on the terminal.

Pure: no more than the shapes of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from chaishots.content.lifecycle import Obstacle
from chaishots.content.queries.terminal_schedule import ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.time_input import Moments, ReadMoments
from chaishots.tui.actions.edit_answers import New, Review, Whose
from chaishots.tui.actions.picture_input import Places, Typed
from chaishots.tui.actions.possible_actions import Target
from chaishots.tui.actions.release_commands import ChosenRelease

if TYPE_CHECKING:  # loaded with the first edit
    from chaishots.content.exchange.text_editing.quick_form import FormField

FindReleases = Callable[[str], Awaitable[Sequence[ReleaseRow]]]
"""The releases that can take lessons, and whose names have these words. Raises: DatabaseTrouble."""
Severity = Literal["information", "warning", "error"]


class Dialogs(Protocol):
    """How the operator is asked and told; `screens/dialogs.py` does it on the terminal."""

    async def run_editor(self, command: Sequence[str]) -> int:
        """Have the terminal for a program until it ends; its exit code. Raises: OSError."""
        ...

    async def edit_here(self, text: str, line: int) -> str | None:
        """Edit a text in the terminal itself; None: given up."""
        ...

    async def review(self, lines: Sequence[str], *, can_wait: bool) -> Review:
        """Ask whether an edit is to be stored."""
        ...

    async def whose(self, lines: Sequence[str]) -> Whose:
        """Ask whose change stays, where two have changed the same."""
        ...

    async def fill_form(
        self, title: str, fields: "Sequence[FormField]", check: Callable[[dict[str, str]], object], problem: str
    ) -> dict[str, str] | None:
        """Have a form filled in, until `check` raises no NoLength; None: the operator cancels."""
        ...

    async def ask_new(self, choices: Sequence[New]) -> New | None:
        """Ask what is to be made; None: the operator cancels."""
        ...

    async def confirm(self, question: str, title: str) -> bool:
        """Ask yes or no."""
        ...

    async def ask_moments(self, heading: str, titles: Sequence[str], read: ReadMoments, note: str) -> Moments | None:
        """Ask for a moment; None: the operator cancels."""
        ...

    async def show_obstacles(self, title: str, obstacles: Sequence[Obstacle]) -> str | None:
        """Show what is in the way; returns the field to go to, None for none."""
        ...

    async def ask_picture(self, places: Places, typed: Typed, problem: str) -> Typed | None:
        """Ask for a picture's path and place, of those there are; None: the operator cancels."""
        ...

    async def ask_release(
        self, lessons: Sequence[LessonRow], find: FindReleases, typed: str, problem: str
    ) -> ChosenRelease | None:
        """Ask which release lessons are put in, one there is or a new one; None: the operator cancels."""
        ...

    def tell(self, text: str, severity: Severity) -> None:
        """Show a sentence in the corner."""
        ...


class Selection(Protocol):
    """What the operator acts on: the list of a screen."""

    def targets(self) -> Sequence[Target]:
        """The marked rows, or else the selected one."""
        ...

    def count_hidden_marks(self) -> int:
        """How many marked rows the list does not show."""
        ...

    def unmark_all(self) -> None:
        """Take every mark away."""
        ...

    def point_at(self, field: str) -> None:
        """Show a field of the selected row."""
        ...
