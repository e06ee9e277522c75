"""A line to type in, in any script; and one that completes."""

import re
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.widgets import Input

from chaishots.tui.rendering.formatting import plain

_JOINERS: Final = ("\u200c", "\u200d")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class TextInput(Input):
    """Textual's, which drops joiners as unprintable: words in Telugu, Hindi and others are written with them."""

    def on_key(self, event: Key) -> None:
        if event.character in _JOINERS:
            event.stop()
            event.prevent_default()
            self.insert_text_at_cursor(event.character)

    def on_paste(self, event: Paste) -> None:
        """Take the first line of a paste, its controls as escapes: a field draws them, and they steer a terminal."""
        event.stop()
        event.prevent_default()
        # No more than that: marks of direction belong to what some write, and rules of content tell of the others.
        line = _CONTROLS.sub(lambda control: plain(control[0]), next(iter(event.text.splitlines()), ""))
        if self.selection.is_empty:
            self.insert_text_at_cursor(line)
        elif line:
            self.replace(line, *self.selection)


class CompletedInput(TextInput):
    """One whose completion Tab takes, as shells do; where there is none, Tab goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False, id="input.complete")]

    def action_complete(self) -> None:
        before = self.value
        self.cursor_position = len(before)
        self.action_cursor_right()  # at the end, it takes what is suggested
        if self.value.casefold() == before.casefold():
            self.screen.focus_next()
