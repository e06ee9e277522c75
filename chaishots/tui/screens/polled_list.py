"""The base of lists that are read again every few seconds while they are shown, as no notification tells of them."""

from typing import Any, Final

from textual import events, on, work

from chaishots.tui.screens.list_with_details import PanedScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

LOOK_SECONDS: Final = 3
"""How often the list is read again."""


class PolledScreen(PanedScreen):
    """A list that is read again by itself, and asks before it changes something."""

    def __init__(self, session: Session, rows: Rows[Any]) -> None:
        super().__init__(session, rows)
        self._next_look_in = LOOK_SECONDS

    def tick(self) -> None:
        super().tick()
        self._next_look_in -= 1
        if self._is_time_to_look() and not self.session.is_away:
            self._look()

    def _is_time_to_look(self) -> bool:
        return self._next_look_in <= 0

    @on(events.ScreenResume)
    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        self._next_look_in = LOOK_SECONDS
        await self.reload(Changed(everything=True))

    async def _ask(self, dialog: Any) -> Any:
        return await self.app.push_screen_wait(dialog)  # pyright: ignore[reportUnknownMemberType]

    def _tell(self, text: str, severity: Any) -> None:
        self.notify(text, severity=severity, markup=False)
