"""The dialog that asks since when a webhook is to be sent again what happened."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from chaishots.content.queries.history_filter import NotUnderstood
from chaishots.times import lasting, tell_time
from chaishots.tui.actions.webhook_commands import read_place
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.rendering.styles import styles_of
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.text_input import TextInput

_TOLD: Final = """-2h, yesterday, 2026-11-20: all since then again
now: go on behind what it refuses, never told then"""


class AskSince(ModalScreen[tuple[str, datetime] | None]):
    """Asks for a moment of the past; returns what was typed, and what it means.

    typed: what stands there at first. problem: what was wrong with it, empty for nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="since.cancel")]
    DEFAULT_CSS = "AskSince { align: center middle; background: $background 50%; }"

    def __init__(self, where: str, now: Callable[[], datetime], typed: str = "", problem: str = "") -> None:
        super().__init__()
        self._where = where
        self._now = now
        self._typed = typed
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -compact") as box:
            box.border_title = "Replay"
            yield Static(f"Send {self._where} again what happened since, each thing once, as it is now:", markup=False)
            yield TextInput(self._typed, placeholder="-2h   yesterday   now", id="since")
            yield Static(self._describe(self._typed), id="told", classes="understood")
            yield Answers(("Enter", "do it"), ("Esc", "cancel"))

    @on(Input.Changed)
    def _show_while_typing(self, message: Input.Changed) -> None:
        if message.value != self._typed:
            self._problem = ""
        self.query_one("#told", Static).update(self._describe(message.value))

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        try:
            since = read_place(message.value, self._now())
        except NotUnderstood as refused:
            self.query_one("#told", Static).update(Text(plain(str(refused)), style=styles_of(self).bad))
            return
        self.dismiss((message.value, since))

    def _describe(self, text: str) -> Text:
        styles, now = styles_of(self), self._now()
        if self._problem:
            return Text(self._problem, style=styles.bad)
        if not text.strip():
            return Text(_TOLD, style=styles.muted)
        try:
            since = read_place(text, now)
        except NotUnderstood as refused:
            return Text(plain(str(refused)), style=styles.bad)
        return Text(f"{tell_time(since)}\n{lasting(now - since)} ago", style=styles.good)
