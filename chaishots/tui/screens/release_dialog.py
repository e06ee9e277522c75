"""Asks which release lessons are put in: one there is, found as one types, or a new one of the name that was typed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from chaishots.content.queries.terminal_schedule import ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.database.errors import DatabaseTrouble
from chaishots.times import here
from chaishots.tui.actions.dialog_interface import FindReleases
from chaishots.tui.actions.release_commands import ChosenRelease, tell_joining
from chaishots.tui.rendering.formatting import cell, count, plain
from chaishots.tui.rendering.release_rows import draw_release_state
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.problem_dialog import ProblemDialog
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.row_list import Rows
from chaishots.tui.widgets.text_input import TextInput

_TYPING_SECONDS: Final = 0.06
_WITH_DAY: Final = 60


@dataclass(frozen=True)
class OfferedRow(Row):
    """A release, or a new one of this name, or a note."""

    release: ReleaseRow | None = None
    name: str = ""
    note: str = ""


class AskRelease(ProblemDialog[ChosenRelease | None]):
    """Asks for a release.

    find: reads those that can take lessons. typed: what stands there at first. problem: what was wrong with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="release.cancel"),
        Binding("down", "move(1)", show=False, id="release.down"),
        Binding("up", "move(-1)", show=False, id="release.up"),
    ]
    DEFAULT_CSS = "AskRelease { align: center middle; background: $background 50%; }"

    def __init__(self, lessons: Sequence[LessonRow], find: FindReleases, typed: str = "", problem: str = "") -> None:
        super().__init__(problem)
        self._lessons = lessons
        self._find = find
        self._typed = typed
        self._shown_of: str | None = None
        """What was typed when the rows that are shown were read."""
        self._is_chosen = False
        self._rows = Rows[OfferedRow](self._draw, empty="Looking …", id="releases")
        self._rows.is_steered = True

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall -compact") as box:
            first = plain(self._lessons[0].title)
            box.border_title = "Put in a release"
            yield Static(f"“{first}”" if len(self._lessons) == 1 else count(len(self._lessons), "lesson"), markup=False)
            yield Static(self.told(), id="told")
            yield TextInput(self._typed, placeholder="find a release, or type the name of a new one", id="name")
            yield self._rows
            yield Answers(("Enter", "put in"), ("↓ ↑", "choose"), ("Esc", "cancel"))

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._look(self._typed)

    @on(Input.Changed)
    def _filter_as_typed(self, message: Input.Changed) -> None:
        self._is_chosen = False
        if message.value != self._typed:
            self.tell("")
        self._look(message.value)

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        if self._shown_of == message.value:
            self._rows.action_choose()
        else:
            self._is_chosen = True  # once that is read
            self._look(message.value)

    @on(Rows.Chosen)
    def _take(self, message: Rows.Chosen) -> None:
        if isinstance(message.row, OfferedRow):
            self.dismiss(ChosenRelease(message.row.release, message.row.name))

    def action_move(self, by: int) -> None:
        self._rows.action_move(by)

    @work(exclusive=True, group="releases", exit_on_error=False)
    async def _look(self, text: str) -> None:
        if text:
            await asyncio.sleep(_TYPING_SECONDS)
        try:
            found = await self._find(text)
        except DatabaseTrouble as error:
            self._is_chosen = False
            self.tell(f"{error.trouble} Enter looks again.")
            return
        name = text.strip()
        rows = [OfferedRow(one.id, release=one, name=name) for one in found]
        same = next((place for place, one in enumerate(found) if one.title.casefold() == name.casefold()), None)
        if name:
            rows.append(OfferedRow("new", name=name))
        else:
            none = "" if rows else "There is no release to come yet. "
            rows.append(OfferedRow("note", stops=False, note=f"{none}Type a name to make a new one."))
        self._rows.replace(rows)
        self._rows.action_to_start()
        if same is not None:
            self._rows.move_to(rows[same].key)
        self._shown_of = text
        if self._is_chosen:
            self._rows.action_choose()

    def _draw(self, row: OfferedRow, width: int, styles: Styles) -> Text:
        if row.release is None:
            new = Text("+ a new release: ", style=styles.accent).append(plain(row.name), styles.strong)
            return new if row.stops else Text(row.note, style=styles.muted)
        release = row.release
        line = draw_release_state(release, styles)
        line.append(cell(f"◆ {release.lessons:,}", 8), styles.accent)
        at = "" if release.publish_at is None else f"{here(release.publish_at):%d %b %Y %H:%M}"
        if width >= _WITH_DAY:
            return line.append(cell(at, 19), styles.muted).append(plain(release.title), styles.strong)
        return line.append(plain(release.title), styles.strong).append(f"  {at}" if at else "", styles.muted)

    def hint(self, styles: Styles) -> Text:
        return Text(tell_joining(self._lessons), style=styles.muted)
