"""Log: the newest lines of the log of the server in this process; without a server there is no such screen."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult

from chaishots.content.queries.search_filter import Search
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.rendering.rows import Row
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.base import MainScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows


@dataclass(frozen=True)
class LogRow(Row):
    """A line of the log."""

    text: str = ""


class LogScreen(MainScreen):
    """The log, the newest line last; it follows new lines while the cursor is on the last one."""

    NAME = "log"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "words, !without"
    rows: Rows[LogRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[LogRow](_draw, empty="Nothing has been logged yet.", id="list"))
        self._shown: tuple[int, Search] = (-1, self.search)

    def body(self) -> ComposeResult:
        yield self.rows

    async def reload(self, changed: Changed) -> None:
        """Show the lines that the log has now."""
        self._show()

    def tick(self) -> None:
        super().tick()
        self._show()

    def as_text(self) -> str:
        return "\n".join(row.text for row in self.rows.rows)

    def _show(self) -> None:
        lines = [plain(line) for line in tuple(self.session.options.logs or ())]
        state = (hash(tuple(lines)), self.search)
        if state == self._shown:
            return
        self._shown = state
        follows = self.rows.row is None or self.rows.row is self.rows.rows[-1]
        kept = [line for line in lines if self.search.matches(line)]
        # The key of a line counts its equals before it, as keys are unique.
        seen: dict[str, int] = {}
        rows: list[LogRow] = []
        for line in kept:
            seen[line] = seen.get(line, 0) + 1
            rows.append(LogRow((line, seen[line]), text=line))
        self.rows.replace(rows)
        self.say_found(count(len(rows), "line"))
        if follows:
            self.rows.action_to_end()


def _draw(row: LogRow, width: int, styles: Styles) -> Text:
    lowered = row.text.casefold()
    if "error" in lowered or "critical" in lowered:
        return Text(row.text, style=styles.bad)
    return Text(row.text, style=styles.soon if "warning" in lowered else styles.text)
