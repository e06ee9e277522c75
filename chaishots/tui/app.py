"""The operator's terminal as an application: its screens, what is shared between them, and how it ends."""

from textual.app import ComposeResult
from textual.widgets import Footer, Static

from chaishots.tui.context import Context, Leaving
from chaishots.tui.guard import GuardedApp


class Operator(GuardedApp[Leaving]):
    """The operator's terminal; needs the process's pool opened before it runs."""

    TITLE = "Chai Shots"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def compose(self) -> ComposeResult:
        yield Static(f"Chai Shots on {self.context.database}", markup=False)
        yield Footer()
