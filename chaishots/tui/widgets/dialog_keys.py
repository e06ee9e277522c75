"""The keys that answer a dialog, and what each does: on one line, or on as many as a narrow window needs."""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

from chaishots.tui.rendering.styles import styles_of

_GAP: Final = "    "


class Answers(Widget):
    """Pairs of a key and what it does; a line ends between two of them, never within one.

    is_list: whether each stands on a line of its own.
    """

    DEFAULT_CSS = "Answers { height: auto; width: 100%; }"

    def __init__(self, *answers: tuple[str, str], is_list: bool = False) -> None:
        super().__init__(classes="keys")
        self._is_list = is_list
        self._answers = answers

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the answers take."""
        return len(self._lines(width))

    def render(self) -> RenderResult:
        styles = styles_of(self)
        shown: list[Text] = []
        for line in self._lines(self.size.width):
            told = (Text().append(key, styles.accent).append(f"  {does}", styles.muted) for key, does in line)
            shown.append(Text(_GAP).join(told))
        return Text("\n", no_wrap=True).join(shown)

    def _lines(self, width: int) -> list[Sequence[tuple[str, str]]]:
        lines: list[list[tuple[str, str]]] = [[]]
        room = width
        for key, does in self._answers:
            needed = cell_len(f"{key}  {does}")
            if lines[-1] and (self._is_list or room < needed):
                lines.append([])
                room = width
            lines[-1].append((key, does))
            room -= needed + len(_GAP)
        return [*lines]
