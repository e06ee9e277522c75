"""A line to type in, in any script; and one that completes."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.widgets import Input

_JOINERS: Final = ("\u200c", "\u200d")


class TextInput(Input):
    """Textual's, which drops joiners as unprintable: words in Telugu, Hindi and others are written with them."""

    def on_key(self, event: Key) -> None:
        if event.character in _JOINERS:
            event.stop()
            event.prevent_default()
            self.insert_text_at_cursor(event.character)


class CompletedInput(TextInput):
    """One whose completion Tab takes, as shells do; where there is none, Tab goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False, id="input.complete")]

    def action_complete(self) -> None:
        before = self.value
        self.cursor_position = len(before)
        self.action_cursor_right()  # at the end, it takes what is suggested
        if self.value.casefold() == before.casefold():
            self.screen.focus_next()
