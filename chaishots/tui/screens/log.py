"""Log: the newest lines of the log of the server in this process; without a server there is no such screen."""

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual import on

from chaishots.content.queries.search_filter import Search, read_search
from chaishots.tui.rendering.details import Page
from chaishots.tui.rendering.formatting import count
from chaishots.tui.rendering.log_rows import LogEvent, LogRow, draw_event, event_page, read_event
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.list_with_details import PanedScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_EMPTY: Final = "Nothing has been logged yet."
_LEVELS: Final = ("debug", "info", "warning", "error", "critical")


class LogScreen(PanedScreen):
    """The log, the newest line last; it follows new lines while the cursor is on the last one."""

    NAME = "log"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "words, !without, state:warning"
    rows: Rows[LogRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[LogRow](self._draw, empty=_EMPTY, id="list"))
        self._shown: tuple[Sequence[str] | None, Search] = (None, self.search)
        self._events: dict[str, LogEvent] = {}
        """What the lines tell that are at hand, so that each is read once."""

    def _draw(self, row: LogRow, width: int, styles: Styles) -> Text:
        return draw_event(row.event, width, styles, self.session.clock.now())

    def understand(self, text: str) -> None:
        self.search = read_search(text, _LEVELS)

    async def selected_page(self) -> Page | None:
        row = self.rows.row
        return event_page(row.key, row.event) if row else None

    def selected_key(self) -> object:
        return repr(self.rows.row.key) if self.rows.row else None

    async def reload(self, changed: Changed) -> None:
        """Show the lines that the log has now."""
        self._show()

    def tick(self) -> None:
        super().tick()
        self._show()

    def _show(self) -> None:
        lines = tuple(self.session.options.logs or ())
        if (lines, self.search) == self._shown:
            return
        self._shown = lines, self.search
        self._events = {line: self._events.get(line) or read_event(line) for line in lines}
        follows = self.rows.row is None or self.rows.row is self.rows.rows[-1]
        # The key of a line counts its equals before it, as keys are unique.
        seen: dict[str, int] = {}
        rows: list[LogRow] = []
        for line in lines:
            event = self._events[line]
            if self.search.matches(event.text, event.level):
                seen[line] = seen.get(line, 0) + 1
                rows.append(LogRow((line, seen[line]), event=event))
        self.rows.empty = "Nothing found. Esc shows everything again." if self.search else _EMPTY
        self.rows.replace(rows)
        self.say_found(count(len(rows), "line"))
        if follows:
            self.rows.action_to_end()
        if not rows:
            self.show_details()

    @on(Rows.Chosen)
    def _open_chosen(self) -> None:
        self.action_other_pane()
