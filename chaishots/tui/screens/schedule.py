"""Schedule: the overdue and blocked lessons with the reason, then those to come, the soonest first, by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Static

from chaishots.content.queries import history, tree
from chaishots.content.queries.tree import LessonRow
from chaishots.database.connection import Connection
from chaishots.tui.actions.actions import Target
from chaishots.tui.rendering.details import Page
from chaishots.tui.rendering.formatting import count, countdown, day, plain
from chaishots.tui.rendering.rows import Row, draw_planned, is_late
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.list_with_details import PanedScreen, read_page
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.bars import bars, hour_labels
from chaishots.tui.widgets.row_list import Rows

_WINDOW: Final = 500
_EMPTY: Final = """Nothing is scheduled.

Give a lesson its moment with s, on the Content screen (1)."""


@dataclass(frozen=True)
class PlannedRow(Row):
    """A scheduled lesson, or a heading."""

    thing: LessonRow | None = None
    text: str = ""


class ScheduleScreen(PanedScreen):
    """The scheduled lessons."""

    NAME = "schedule"
    rows: Rows[PlannedRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[PlannedRow](self._draw, empty="Loading …", id="list"))
        self._window = _WINDOW
        self._planned: list[LessonRow] = []
        self._late_count = 0
        # Kept, not queried each second: while the terminal closes they are gone from the screen.
        self._left = Digits(id="left")
        self._what = Static(id="what", markup=False)
        self._hours = Static(id="hours", markup=False)

    def body(self) -> ComposeResult:
        with Vertical():
            with Horizontal(id="ahead"):
                with Vertical(id="next"):
                    yield self._left
                    yield self._what
                yield self._hours
            yield from super().body()

    def _draw(self, row: PlannedRow, width: int, styles: Styles) -> Text:
        if row.thing is None:
            return Text(row.text, style=styles.heading if not row.stops else styles.accent)
        return draw_planned(row.thing, width, styles, self.session.clock.now())

    def targets(self) -> Sequence[Target]:
        return [row.thing for row in self.rows.chosen if row.thing is not None]

    def subject(self) -> Subject | None:
        thing = self.rows.row.thing if self.rows.row else None
        return Subject(thing.id, plain(thing.title)) if thing else None

    async def selected_page(self) -> Page | None:
        thing = self.rows.row.thing if self.rows.row else None
        return await self.session.read(lambda connection: read_page(connection, thing)) if thing else None

    def selected_key(self) -> object:
        return self.rows.row.key if self.rows.row else None

    async def reload(self, changed: Changed) -> None:
        """Read the schedule again: one window of one index."""

        async def read(connection: Connection) -> tuple[list[LessonRow], list[int]]:
            planned = await tree.planned(connection, limit=self._window + 1, search=self.search)
            return planned, await history.hours_ahead(connection)

        self._planned, hours = await self.session.read(read)
        self.rows.empty = _EMPTY if not self.search else "Nothing found. Esc shows everything again."
        self.say_found(count(len(self._planned), "lesson"))
        self._lay_out()
        self._show_hours(hours)
        self._show_soonest()
        self.show_details()

    def tick(self) -> None:
        super().tick()
        self._show_soonest()
        now = self.session.clock.now()
        if sum(is_late(lesson, now) for lesson in self._planned[: self._window]) != self._late_count:
            self._lay_out()

    def _lay_out(self) -> None:
        now = self.session.clock.now()
        planned = self._planned[: self._window]
        late = [lesson for lesson in planned if is_late(lesson, now)]
        self._late_count = len(late)
        rows: list[PlannedRow] = []
        if late:
            rows.append(PlannedRow("late", stops=False, text=f"! Overdue or blocked: {len(late):,}    w says why"))
            rows += [_row(lesson) for lesson in late]
        heading = ""
        for lesson in planned:
            if is_late(lesson, now) or lesson.publish_at is None:
                continue
            if (name := day(lesson.publish_at, now)) != heading:
                heading = name
                rows.append(PlannedRow(("day", name), stops=False, text=name))
            rows.append(_row(lesson))
        if len(self._planned) > self._window:
            rows.append(PlannedRow("more", text=f"  the first {self._window:,} are shown; Enter shows more"))
        self.rows.replace(rows)

    def _show_soonest(self) -> None:
        now = self.session.clock.now()
        soonest = next((one for one in self._planned if one.publish_at is not None and one.publish_at > now), None)
        left = countdown(soonest.publish_at - now) if soonest and soonest.publish_at else "–"
        self._left.update(left)
        self._what.update(plain(soonest.title) if soonest else "nothing to come")

    def _show_hours(self, hours: Sequence[int]) -> None:
        styles, now = styles_of(self), self.session.clock.now()
        width = 3 if self.size.width >= 116 else 2
        text = Text().append(f"The next 24 hours: {count(sum(hours), 'lesson')}", styles.muted)
        if busiest := max(hours, default=0):
            text.append(f", {busiest:,} in the busiest", style=styles.muted)
        text.append("\n" + bars(hours, top=busiest, width=width).ljust(24 * width, "·"), styles.soon)
        text.append("\n" + hour_labels(now, width=width), styles.muted)
        self._hours.update(text)

    @on(Rows.Chosen)
    def _open_chosen(self, message: Rows.Chosen) -> None:
        if message.row.key == "more":
            self._window += _WINDOW
            self.read_all()
        else:
            self.action_other_pane()


def _row(lesson: LessonRow) -> PlannedRow:
    return PlannedRow(lesson.id, can_be_marked=True, thing=lesson)
