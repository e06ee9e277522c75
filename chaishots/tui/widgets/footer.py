"""The line of keys below every screen."""

from typing import Final

from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Footer

_ROOMY: Final = 80
_WHERE_ROOMY: Final = ("app.why", "why")
"""What is left out where a terminal is narrow: `?` lists all keys."""


class KeyFooter(Footer):
    """Textual's footer, rebuilt only when it would show other keys.

    Textual rebuilds it at every change of focus or screen: five times at the first visit to a screen, all alike.
    """

    _shown: list[tuple[str, str, bool, str]] | None = None

    def on_resize(self, event: Resize) -> None:
        """Leave out blanks where a terminal is narrow: a key that is cut off is a key that nobody finds."""
        is_narrow = event.size.width < _ROOMY
        if is_narrow is not self.compact:
            self.compact = is_narrow
            self._shown = None
            self.refresh(recompose=True)

    def compose(self) -> ComposeResult:
        self._shown = self._keys()
        for child in super().compose():
            if not (self.compact and _action_of(child) in _WHERE_ROOMY):
                yield child

    async def recompose(self) -> None:
        """Rebuild the keys, unless they are the same as before."""
        if self._keys() != self._shown:
            await super().recompose()

    def _keys(self) -> list[tuple[str, str, bool, str]]:
        active = self.screen.active_bindings.values()
        return [(one.binding.key, one.binding.description, one.enabled, one.tooltip) for one in active]


def _action_of(child: Widget) -> str:
    return str(getattr(child, "action", ""))
