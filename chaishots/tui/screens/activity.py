"""Activity: the history, the newest first and live; of everything, or of the thing selected on another screen.

What is filtered is asked of the database, once: looking through a long history takes it a moment. After that only what
is new is asked for.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from chaishots.content.queries import history
from chaishots.content.queries.history import EVERYTHING, HistoryLine
from chaishots.content.queries.history_filter import HistoryFilter, read_filter
from chaishots.content.queries.search_filter import read_search
from chaishots.database.connection import Connection
from chaishots.times import team_zone
from chaishots.tui.rendering.details import Page, activity_page
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.rendering.history_rows import draw_history
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.list_with_details import PanedScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_WINDOW: Final = 200
_LOOKED_BACK: Final = 1_000
"""Reads so many numbers back: a line may be committed after one with a higher number."""


@dataclass(frozen=True)
class HistoryRow(Row):
    """A line of the history; without one, the row that loads older lines."""

    line: HistoryLine | None = None


@dataclass(frozen=True)
class _Asked:
    """What lines are asked for: as many as fit the window, of one thing or all, that the filter lets through."""

    window: int
    of: Subject | None
    only: HistoryFilter

    async def read(self, connection: Connection, *, after: int | None = None) -> list[HistoryLine]:
        return await history.history(
            connection, limit=self.window + 1, after=after, thing=self._thing, program=self._program, only=self.only
        )

    async def count(self, connection: Connection) -> int:
        return await history.count_history(connection, thing=self._thing, program=self._program, only=self.only)

    @property
    def _thing(self) -> UUID | None:
        return self.of.id if self.of and not self.of.is_program else None

    @property
    def _program(self) -> UUID | None:
        return self.of.id if self.of and self.of.is_program else None


@dataclass(frozen=True)
class _Found:
    """What was found: the newest lines, how many there are, and up to which line of the history that was looked for."""

    asked: _Asked
    lines: list[HistoryLine]
    total: int
    looked_to: int


class ActivityScreen(PanedScreen):
    """The history."""

    NAME = "activity"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "words, !without, who:asha, what:publish, when:today"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "everything", "Of everything again", show=False, id="activity.everything"),
    ]
    rows: Rows[HistoryRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[HistoryRow](self._draw, empty="Loading …", id="list"))
        self._window = _WINDOW
        self._of: Subject | None = None
        self._typed = ""
        self._only = EVERYTHING
        self._found: _Found | None = None

    def follow(self, subject: Subject | None) -> None:
        """Show the history of one thing, or of everything (None)."""
        self._of, self._window = subject, _WINDOW
        self.read_all()

    def understand(self, text: str) -> None:
        """Take it as a filter; one that is not understood is told, and the one before it stands."""
        only = self._read_filter(text)
        self.search = replace(read_search(text), doubt=only.doubt)
        if only.is_understood:
            self._typed, self._only = text, only

    def _draw(self, row: HistoryRow, width: int, styles: Styles) -> Text:
        if row.line is None:
            return Text("  older …", style=styles.accent)
        return draw_history(row.line, width, styles, self.session.clock.now())

    def done_to_take_back(self) -> HistoryLine | None:
        return self.rows.row.line if self.rows.row else None

    def subject(self) -> Subject | None:
        line = self.rows.row.line if self.rows.row else None
        if line is None or line.object_id is None:
            return None
        return Subject(line.object_id, plain(line.title or ""), line.object_type == "program")

    async def selected_page(self) -> Page | None:
        line = self.rows.row.line if self.rows.row else None
        return activity_page(line) if line else None

    async def reload(self, changed: Changed) -> None:
        """Read the newest lines again; with a filter, those that have come."""
        before = self._found
        if not changed.everything and self._only and before and before.asked == self._asked:
            found = await self.session.read(lambda connection: _with_new(connection, before))
        else:
            if self._typed:  # the last two hours are others by now
                self._only = self._read_filter(self._typed)
            asked = self._asked
            found = await self.session.read(lambda connection: _look(connection, asked))
        if found.asked == self._asked:  # else somebody has typed meanwhile, and that is read by now
            self._found = found
            self._show(found)

    def _read_filter(self, text: str) -> HistoryFilter:
        return read_filter(text, history.ACTIONS, self.session.clock.now(), team_zone())

    @property
    def _asked(self) -> _Asked:
        return _Asked(self._window, self._of, self._only)

    def _show(self, found: _Found) -> None:
        of, lines = found.asked.of, found.lines[: found.asked.window]
        self.rows.empty = "Nothing found. Esc shows everything again." if self.search else "Nothing has happened yet."
        follows = self.rows.row is None or self.rows.row is self.rows.rows[0]
        rows = [HistoryRow(line.seq, line=line) for line in lines]
        if len(found.lines) > len(lines):
            rows.append(HistoryRow("older"))
        self.rows.replace(rows)
        if follows:
            self.rows.action_to_start()
        self.rows.border_title = f"0: of everything   History of {of.title}" if of else ""
        self.rows.set_class(of is not None, "-of")
        self.say_found(_how_many(len(lines), found.total))

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


async def _look(connection: Connection, asked: _Asked) -> _Found:
    looked_to = await history.newest(connection)
    lines = await asked.read(connection)
    total = len(lines) if len(lines) <= asked.window else await asked.count(connection)
    return _Found(asked, lines, total, looked_to)


async def _with_new(connection: Connection, before: _Found) -> _Found:
    looked_to = await history.newest(connection)
    known = {line.seq: line for line in before.lines}
    oldest = min(known, default=0) if len(known) > before.asked.window else 0
    read = await before.asked.read(connection, after=before.looked_to - _LOOKED_BACK)
    came = [line for line in read if line.seq not in known and line.seq > oldest]
    # Those that are known are read again, too: what they are about may have another name.
    lines = sorted((known | {line.seq: line for line in read}).values(), key=lambda line: -line.seq)
    return _Found(before.asked, lines[: before.asked.window + 1], before.total + len(came), looked_to)


def _how_many(shown: int, total: int) -> str:
    if shown >= total:
        return count(shown, "line")
    return f"{shown:,} of {f'more than {history.COUNTED:,}' if total > history.COUNTED else f'{total:,}'} lines"
