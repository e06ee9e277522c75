"""The base of all screens: header, filter, live updates, and the notice of a window that is too small.

A screen adds its widgets (`body`), reads what it shows (`reload`), and says what is selected (`targets`, `subject`).
"""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.widgets import Input, Static

from chaishots.content.queries.history import HistoryLine
from chaishots.content.queries.search_filter import Search, read_search
from chaishots.content.queries.terminal_schedule import ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow
from chaishots.tui.actions.edit_answers import Named
from chaishots.tui.actions.possible_actions import Target, name_target
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.footer import KeyFooter
from chaishots.tui.widgets.header import Header
from chaishots.tui.widgets.row_list import Rows
from chaishots.tui.widgets.text_input import TextInput

_TYPING_SECONDS: Final = 0.06
"""The search starts after so long without a key."""
TOO_SMALL: Final = "This window is too small.\nMake it 60 columns and 16 rows, or more."


@dataclass(frozen=True)
class Subject:
    """The selected thing, by id and title; a program stands for everything in it."""

    id: UUID
    title: str
    is_program: bool = False


class FilterInput(TextInput):
    """The line of the filter; below it stands how to leave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "To what was found", id="find.list"),
        Binding("escape", "screen.back", "Show everything again", id="find.clear"),
    ]


class MainScreen(Screen[None]):
    """A screen that a number key leads to."""

    NAME: ClassVar[str]
    HAS_TARGETS: ClassVar[bool] = True
    """Whether actions can be run on what the screen shows."""
    FILTER_HINT: ClassVar[str] = "words, !without, state:draft, lang:te"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (80, "-normal"), (120, "-wide")]  # noqa: RUF012  # as Textual has it
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (20, "-mid"), (28, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the list's keys: what is typed right after it must not run commands there.
        Binding("slash", "find", "Find", id="find", priority=True),
        Binding("escape", "back", "Back", show=False, id="back"),
    ]

    rows: Rows[Any]
    """The list that has the focus; each screen has its own type of row."""

    def __init__(self, session: Session, rows: Rows[Any]) -> None:
        super().__init__()
        self.session = session
        self.rows = rows
        self.header = Header(session, self.NAME)
        self.is_ready = False
        self.search = Search()
        self._searched = ""
        self.unshown = Changed(everything=True)
        """Changes that the screen does not show yet."""

    def compose(self) -> ComposeResult:
        yield self.header
        with Container(id="body"):
            yield from self.body()
        with Horizontal(id="find-bar"):
            yield Static("/", id="find-sign", markup=False)
            yield FilterInput(placeholder=self.FILTER_HINT, id="filter")
            yield Static(id="filter-state", markup=False)
        yield Static(TOO_SMALL, id="too-small", markup=False)
        yield KeyFooter(show_command_palette=False)

    @abstractmethod
    def body(self) -> ComposeResult:
        """The widgets between header and footer."""

    @abstractmethod
    async def reload(self, changed: Changed) -> None:
        """Read what has changed again, and show it. Raises: DatabaseTrouble; the screen then stays as it is."""

    def targets(self) -> Sequence[Target]:
        """What an action would change: the marked rows, or else the selected one."""
        return ()

    def named(self) -> Sequence[Named]:
        """What is edited: the marked rows, or else the selected one."""
        return [named for target in self.targets() if (named := name_target(target))]

    def around(self) -> Named | None:
        """The row under the cursor, as what something new can stand in."""
        return next(iter(self.named()), None)

    def count_hidden_marks(self) -> int:
        """How many marked rows the list does not show at this moment."""
        return self.rows.hidden_marks

    def unmark_all(self) -> None:
        """Take every mark away."""
        self.rows.action_unmark_all()

    def subject(self) -> Subject | None:
        """The selected thing, for copying its id and for its history; None: nothing is selected."""
        return None

    def done_to_take_back(self) -> HistoryLine | ReleaseRow | None:
        """The line of the history, or the published release, that is selected and taken back; else the last step is."""
        return None

    def point_at(self, field: str) -> None:
        """Show a field of the selected thing, on screens with details."""

    def url(self, base_url: str) -> str | None:
        """The public URL of the selected lesson or program; None for what is not public, and anything else."""
        row = self.rows.row
        thing = getattr(row, "thing", None)
        if isinstance(thing, LessonRow | ProgramRow):
            if thing.status != "published":
                return None
            kind = "lessons" if isinstance(thing, LessonRow) else "programs"
            return f"{base_url.rstrip('/')}/catalog/{kind}/{thing.id}"
        return None

    def as_text(self, width: int = 0) -> str:
        """The details of the selected thing as plain text; empty when there are none. width: 0 is as they stand."""
        return ""

    def show_standing(self) -> None:
        """Show the session's new standing."""
        self.header.refresh()

    def tick(self) -> None:
        """Show that a second has passed."""
        self.header.refresh()

    async def receive(self, changed: Changed, *, is_shown: bool) -> None:
        """Show a change: now if this screen is shown, else when it is shown next."""
        self.unshown |= changed
        if is_shown and self.is_ready and self.unshown:
            await self._catch_up()

    def read_all(self) -> None:
        """Read everything that is shown anew."""
        self.unshown = Changed(everything=True)
        if self.is_mounted:
            self.catch_up()

    async def _catch_up(self) -> None:
        changed, self.unshown = self.unshown, Changed()
        try:
            await self.reload(changed)
        except BaseException:
            self.unshown |= changed
            raise

    def on_mount(self) -> None:
        self.is_ready = True
        self.rows.focus()
        self.on_screen_resume()

    def on_unmount(self) -> None:
        self.is_ready = False

    def on_screen_resume(self) -> None:
        if self.is_ready:
            self.mark_away()
            self.show_standing()
            if self.unshown:
                self.catch_up()

    @work(exclusive=True, group="reload", exit_on_error=False)
    async def catch_up(self) -> None:
        """Read again what changed while the screen was not shown."""
        await self._catch_up()

    def mark_away(self) -> None:
        """Dim the data while the database is away, as they are old."""
        self.set_class(self.session.away_since is not None, "-away")
        self.header.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A stroke is a letter where somebody types."""
        return not (action == "find" and isinstance(self.focused, Input))

    def action_find(self) -> None:
        self._find_bar.display = True
        self.set_focus(self.query_one("#filter", Input))

    @property
    def _find_bar(self) -> Horizontal:
        return self.query_one("#find-bar", Horizontal)

    def action_back(self) -> None:
        """Clear the filter, or else the marks."""
        if self.search or self._find_bar.display:
            self.query_one("#filter", Input).value = ""
            self._find_bar.display = False
            self.rows.focus()
        elif self.rows.marks or self.header.marked:
            self.rows.action_unmark_all()

    @on(Rows.Marked)
    def _show_marks(self, message: Rows.Marked) -> None:
        notes = [f"{message.count:,} marked"] if message.count else []
        notes += ["V ends the range"] if message.is_range_open else []
        self.header.marked = ", ".join(notes)
        self.header.refresh()
        self.refresh_bindings()

    @on(Input.Submitted, "#filter")
    def _leave_filter(self, message: Input.Submitted) -> None:
        if message.value == self._searched:
            self._go_to_rows()
        else:
            self._find_at_once(message.value)

    @work(exclusive=True, group="reload", exit_on_error=False)
    async def _find_at_once(self, text: str) -> None:
        # The list gets the keys with what was looked for: those typed ahead would go to another row.
        await self._search(text)
        self._go_to_rows()

    def _go_to_rows(self) -> None:
        self.rows.focus()
        if not self.search:
            self._find_bar.display = False

    @on(Input.Changed, "#filter")
    def _filter_as_typed(self, message: Input.Changed) -> None:
        self._find(message.value)

    @work(exclusive=True, group="reload", exit_on_error=False)
    async def _find(self, text: str) -> None:
        await asyncio.sleep(_TYPING_SECONDS)
        await self._search(text)

    async def _search(self, text: str) -> None:
        self._searched = text
        self.understand(text)
        self.rows.is_filtered = bool(self.search)
        self.unshown = Changed(everything=True)
        await self._catch_up()
        if self.search:
            self.go_to_first_found()

    def understand(self, text: str) -> None:
        """Take what is typed into the filter as what is looked for."""
        self.search = read_search(text)

    def go_to_first_found(self) -> None:
        """Put the cursor on the first row found."""
        self.rows.action_to_start()

    def say_found(self, text: str) -> None:
        """Show beside the filter what it found, and what was probably meant otherwise."""
        self.query_one("#filter-state", Static).update(f"{self.search.doubt}  {text}" if self.search.doubt else text)
