"""The base of dialogs that ask for something and say below it what is wrong with what was typed."""

from typing import TypeVar

from rich.text import Text
from textual.screen import ModalScreen
from textual.widgets import Static

from chaishots.tui.rendering.styles import Styles, styles_of

T = TypeVar("T")


class ProblemDialog(ModalScreen[T]):
    """Has a Static `#told`: what is wrong, or else what can be typed.

    problem: what was wrong with what was typed before, empty for nothing.
    """

    def __init__(self, problem: str = "") -> None:
        super().__init__()
        self._problem = problem

    def tell(self, problem: str) -> None:
        """Say what is wrong with what was typed."""
        self._problem = problem
        self.query_one("#told", Static).update(self.told())

    def told(self) -> Text:
        """What stands in `#told`."""
        styles = styles_of(self)
        return Text(self._problem, style=styles.bad) if self._problem else self.hint(styles)

    def hint(self, styles: Styles) -> Text:
        """What can be typed."""
        raise NotImplementedError
