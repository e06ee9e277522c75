"""Activity: the history, the newest first and live; of everything, or of the thing selected on another screen."""

from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from chaishots.content.queries import history
from chaishots.content.queries.history import HistoryLine
from chaishots.tui.rendering.details import Page, activity_page
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.rendering.rows import Row, draw_history
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.list_with_details import PanedScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_WINDOW: Final = 200


@dataclass(frozen=True)
class HistoryRow(Row):
    """A line of the history; without one, the row that loads older lines."""

    line: HistoryLine | None = None


class ActivityScreen(PanedScreen):
    """The history."""

    NAME = "activity"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "a part of an actor, an action, or a title"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "everything", "Of everything again", show=False, id="activity.everything"),
    ]
    rows: Rows[HistoryRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[HistoryRow](self._draw, empty="Loading …", id="list"))
        self._window = _WINDOW
        self._of: Subject | None = None
        self._text = ""

    def follow(self, subject: Subject | None) -> None:
        """Show the history of one thing, or of everything (None)."""
        self._of, self._window = subject, _WINDOW
        self.read_all()

    def _draw(self, row: HistoryRow, width: int, styles: Styles) -> Text:
        if row.line is None:
            return Text("  older …", style=styles.accent)
        return draw_history(row.line, width, styles, self.session.clock.now())

    def line_to_take_back(self) -> HistoryLine | None:
        return self.rows.row.line if self.rows.row else None

    def subject(self) -> Subject | None:
        line = self.rows.row.line if self.rows.row else None
        if line is None or line.object_id is None:
            return None
        return Subject(line.object_id, plain(line.title or ""), line.object_type == "program")

    async def selected_page(self) -> Page | None:
        line = self.rows.row.line if self.rows.row else None
        return activity_page(line) if line else None

    def selected_key(self) -> object:
        return self.rows.row.key if self.rows.row else None

    async def reload(self, changed: Changed) -> None:
        """Read the newest lines again."""
        of, text = self._of, " ".join(self.search.words)
        lines = await self.session.read(
            lambda connection: history.history(
                connection,
                limit=self._window + 1,
                thing=of.id if of and not of.is_program else None,
                program=of.id if of and of.is_program else None,
                text=text if not of else None,
            )
        )
        self.rows.empty = "Nothing has happened yet." if not text else "Nothing found. Esc shows everything again."
        follows = self.rows.row is None or self.rows.row is self.rows.rows[0]
        rows = [HistoryRow(line.seq, line=line) for line in lines[: self._window]]
        if len(lines) > self._window:
            rows.append(HistoryRow("older"))
        self.rows.replace(rows)
        if follows:
            self.rows.action_to_start()
        self.rows.border_title = f"History of {of.title}   (0: of everything)" if of else ""
        self.rows.set_class(of is not None, "-of")
        self.say_found(count(len(rows), "line"))

    @on(Rows.Chosen)
    def _open_chosen(self, message: Rows.Chosen) -> None:
        if message.row.key == "older":
            self._window += _WINDOW
            self.read_all()
        else:
            self.action_other_pane()

    def action_everything(self) -> None:
        self.follow(None)

    def action_back(self) -> None:
        if self._of is not None and not self.search and not self.details.has_focus:
            self.follow(None)
        else:
            super().action_back()
