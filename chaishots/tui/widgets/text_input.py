"""A line to type in, in any script."""

from typing import Final

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
