"""Dialogs in the middle of the screen: yes or no, a moment, what is in the way; and a text to read or copy.

Each returns a typed answer. Neither Enter nor the key that opened it means yes.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.console import Group
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from chaishots.content.lifecycle import Obstacle
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.time_input import EXAMPLES, Moments, NotUnderstood, ReadMoments
from chaishots.times import here, tell_time
from chaishots.tui.actions.dialog_interface import FindReleases, Severity
from chaishots.tui.actions.edit_answers import New, Review, Whose
from chaishots.tui.actions.picture_input import Places, Typed
from chaishots.tui.actions.release_commands import ChosenRelease
from chaishots.tui.host.error_boundary import ErrorBoundary
from chaishots.tui.host.foreground import run_in_foreground
from chaishots.tui.rendering.formatting import count, countdown, plain
from chaishots.tui.rendering.styles import styles_of
from chaishots.tui.screens.picture_dialog import AskPicture
from chaishots.tui.screens.release_dialog import AskRelease
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.text_input import TextInput
from chaishots.zones import name_of

if TYPE_CHECKING:  # loaded with the first edit
    from chaishots.content.exchange.text_editing.quick_form import FormField

_SHOWN: Final = 5
_SHOWN_IN_LITTLE: Final = 3
_ROOMY: Final = 20
"""From so many lines on a terminal has room for blank ones; as the breakpoints of `app.py` have it."""
_TOLD_SECONDS: Final = 8


class AppDialogs:
    """Asks and tells on top of what an app shows; called in a worker of the app, which waits for the answer."""

    def __init__(
        self, app: ErrorBoundary[Any], now: Callable[[], datetime]
    ) -> None:  # Any: what the app returns is of no interest here
        self._app = app
        self._now = now

    async def confirm(self, question: str, title: str) -> bool:
        """Ask yes or no."""
        return await self._app.push_screen_wait(Confirm(question, title=title))

    async def run_editor(self, command: Sequence[str]) -> int:
        """Have the terminal for a program until it ends; its exit code. Raises: OSError."""
        code = await run_in_foreground(self._app.driver, command)
        self._app.refresh(layout=True)
        return code

    async def edit_here(self, text: str, line: int) -> str | None:
        """Edit a text in the terminal itself; None: given up."""
        from chaishots.tui.screens.edit_dialogs import OwnEditor

        return await self._app.push_screen_wait(OwnEditor(text, line))

    async def review(self, lines: Sequence[str], *, can_wait: bool) -> Review:
        """Ask whether an edit is to be stored."""
        from chaishots.tui.screens.edit_dialogs import ReviewEdit

        return await self._app.push_screen_wait(ReviewEdit(lines, can_wait=can_wait))

    async def whose(self, lines: Sequence[str]) -> Whose:
        """Ask whose change stays, where two have changed the same."""
        from chaishots.tui.screens.edit_dialogs import ResolveEdit

        return await self._app.push_screen_wait(ResolveEdit(lines))

    async def fill_form(
        self, title: str, fields: "Sequence[FormField]", check: Callable[[dict[str, str]], object], problem: str
    ) -> dict[str, str] | None:
        """Have a form filled in; None: the operator cancels."""
        from chaishots.tui.screens.edit_dialogs import QuickForm

        return await self._app.push_screen_wait(QuickForm(title, fields, check, problem))

    async def ask_new(self, choices: Sequence[New]) -> New | None:
        """Ask what is to be made; None: the operator cancels."""
        from chaishots.tui.screens.edit_dialogs import ChooseNew

        return await self._app.push_screen_wait(ChooseNew(choices))

    async def ask_moments(self, heading: str, titles: Sequence[str], read: ReadMoments, note: str) -> Moments | None:
        """Ask for a moment; None: the operator cancels."""
        return await self._app.push_screen_wait(AskMoment(heading, titles, read, self._now, note=note))

    async def ask_picture(self, places: Places, typed: Typed, problem: str) -> Typed | None:
        """Ask for a picture; None: the operator cancels."""
        return await self._app.push_screen_wait(AskPicture(places, typed, problem))

    async def ask_release(
        self, lessons: Sequence[LessonRow], find: FindReleases, typed: str, problem: str
    ) -> ChosenRelease | None:
        """Ask which release lessons are put in; None: the operator cancels."""
        return await self._app.push_screen_wait(AskRelease(lessons, find, typed, problem))

    async def show_obstacles(self, title: str, obstacles: Sequence[Obstacle]) -> str | None:
        """Show what is in the way; returns the field to go to, None for none."""
        return await self._app.push_screen_wait(Blocked(title, obstacles))

    def tell(self, text: str, severity: Severity) -> None:
        """Show a sentence in the corner."""
        self._app.notify(text, severity=severity, markup=False, timeout=_TOLD_SECONDS)


def _is_roomy(screen: Screen[Any]) -> bool:  # Any: whatever it returns
    return screen.app.size.height >= _ROOMY  # pyright: ignore[reportUnknownMemberType]


class Confirm(ModalScreen[bool]):
    """A question: y means yes, n and Esc mean no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "dismiss(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str, *, title: str = "Sure?") -> None:
        super().__init__()
        self._question = question
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -grave") as box:
            box.border_title = self._title
            # Where there is little room, what is asked has it, and no blank lines.
            question = self._question if _is_roomy(self) else self._question.replace("\n\n", "\n")
            with VerticalScroll(classes="told"):
                yield Static(Text(question))
            yield Answers(("y", "yes"), ("n, Esc", "no"))


class Leave(ModalScreen[bool | None]):
    """Asks whether to stop the server too; returns None to stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Stop it", id="leave.stop"),
        Binding("n", "dismiss(False)", "Keep it running", id="leave.keep"),
        Binding("escape", "dismiss(None)", "Stay", id="leave.stay"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -grave") as box:
            box.border_title = "Quit"
            yield Static("This terminal and a server share one process.\n\nStop the server too?", markup=False)
            yield Answers(
                ("y", "stop it: it serves and publishes no more"),
                ("n", "keep it running, close this view"),
                ("Esc", "stay"),
                is_list=True,
            )


class Blocked(ModalScreen[str | None]):
    """Shows what keeps a lesson from going public; Enter returns the first field, Esc None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "show", "Show the field", id="blocked.show"),
        Binding("escape,n,q", "dismiss(None)", "Close", id="blocked.close"),
    ]

    def __init__(self, title: str, obstacles: Sequence[Obstacle]) -> None:
        super().__init__()
        self._title = title
        self._obstacles = obstacles

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -grave") as box:
            box.border_title = "Blocked"
            text = Text(f"“{plain(self._title)}” cannot go out yet:\n")
            for obstacle in self._obstacles[:_SHOWN]:
                text.append(f"\n! {plain(obstacle.field)}: ", style=styles_of(self).bad)
                text.append(plain(obstacle.text))
            with VerticalScroll(classes="told"):
                yield Static(text)
            yield Answers(("Enter", "show the field"), ("Esc", "close"))

    def action_show(self) -> None:
        self.dismiss(self._obstacles[0].field)


_EVERY: Final = "\nA series, one after the other:  tomorrow 9:00 every 30m   fri 18:00 every week"


class AskMoment(ModalScreen[Moments | None]):
    """Asks for a moment; while one types, shows what was understood, in the local zone and in UTC.

    read: makes moments of what was typed, or raises NotUnderstood.
    named: the titles of the lessons it is for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="moment.cancel")]

    def __init__(
        self,
        heading: str,
        named: Sequence[str],
        read: ReadMoments,
        now: Callable[[], datetime],
        *,
        note: str = "",
    ) -> None:
        super().__init__()
        self._heading = heading
        self._named = named
        self._read = read
        self._now = now
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._heading
            with VerticalScroll(classes="told -short", can_focus=False):
                yield Static(self._list_titles())
            yield TextInput(placeholder="+2h   tomorrow 9:00   fri 18:00", id="moment")
            yield Static(id="understood", classes="understood")
            yield Answers(("Enter", "do it"), ("Esc", "cancel"))

    def on_mount(self) -> None:
        self._show("")
        self.set_interval(1, lambda: self._show(self.query_one(Input).value))

    @on(Input.Changed)
    def _show_while_typing(self, message: Input.Changed) -> None:
        self._show(message.value)

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        try:
            moments = self._read(message.value)
            moments.of(len(self._named))
            self.dismiss(moments)
        except NotUnderstood:
            self._show(message.value)

    def _list_titles(self) -> Group:
        shown = _SHOWN if _is_roomy(self) else _SHOWN_IN_LITTLE
        more = len(self._named) - shown
        # One title is read whole; of many each has a line.
        lines = [Text(f"“{plain(one)}”", no_wrap=len(self._named) > 1, overflow="ellipsis") for one in self._named]
        rest = [Text(line) for line in ([f"and {more:,} more"] if more > 0 else []) + [self._note] if line]
        return Group(*lines[:shown], *rest)

    def _show(self, text: str) -> None:
        self.query_one("#understood", Static).update(self._describe(text))

    def _describe(self, text: str) -> Text:
        styles = styles_of(self)
        if not text.strip():
            every = _EVERY if len(self._named) > 1 else ""
            return Text(f"{EXAMPLES}{every}", style=styles.muted)
        try:
            moments = self._read(text)
            times = moments.of(len(self._named))
        except NotUnderstood as refused:
            return Text(str(refused), style=styles.bad)
        zone = name_of(moments.at)
        weekday = f"{here(moments.at, moments.at.tzinfo if zone else None):%a}"
        shown = Text(f"{weekday} {tell_time(moments.at, written_in=zone)}", style=styles.good)
        shown.append(f"\nin {countdown(moments.at - self._now())}", style=styles.muted)
        if len(times) > 1:
            last = tell_time(times[-1], written_in=zone)
            lessons = count(len(times), "lesson")
            told = f"the last of {lessons}, in this order: {last}" if moments.recurrence else f"all {lessons} at once"
            shown.append(f"\n{told}", style=styles.muted)
        return shown


class PlainText(ModalScreen[None]):
    """Shows a plain text. Where the terminal refuses copies: select it with the mouse while holding Shift.

    is_wide: whether it has the window's width, for lines that are not to be broken again.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,t,T,w", "dismiss", "Close", id="text.close")]
    MARGINS: Final = 8
    """Of a wide one, in columns."""

    def __init__(self, title: str, text: str, *, is_wide: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._is_wide = is_wide

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog -wide" if self._is_wide else "dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "↓ ↑ scroll · Esc closes"
            yield Static(Text(self._text))
