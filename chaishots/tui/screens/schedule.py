"""Schedule: what is overdue, blocked or still up past its end; then what comes, the soonest first, by day.

Lessons that go public, lessons that end, changes, and releases, which do all that is in them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Static

from chaishots.content.overdue import is_overdue
from chaishots.content.queries import terminal_schedule, terminal_tree, upcoming_and_overdue
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.database.connection import Connection
from chaishots.times import here
from chaishots.tui.actions.possible_actions import Target
from chaishots.tui.rendering.content_rows import is_late
from chaishots.tui.rendering.formatting import count, countdown, day, plain
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.schedule_rows import draw_change, draw_end, draw_planned, draw_planned_release
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.screens.list_with_details import ThingsScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.bars import bars, hour_labels
from chaishots.tui.widgets.row_list import Rows

_WINDOW: Final = 500
_RELEASES: Final = 100
_EMPTY: Final = """Nothing is scheduled.

Give a lesson its moment with s, on the Content screen (1)."""


@dataclass(frozen=True)
class PlannedRow(Row):
    """A lesson that goes public or ends, a release, a change, or a heading."""

    thing: LessonRow | ReleaseRow | ChangeRow | None = None
    text: str = ""
    ends: bool = False

    @property
    def at(self) -> datetime | None:
        """When it happens by itself; None for headings, and a release without a time."""
        if isinstance(self.thing, LessonRow) and self.ends:
            return self.thing.archive_at
        if isinstance(self.thing, ChangeRow):
            return self.thing.apply_at
        return self.thing.publish_at if self.thing is not None else None


class ScheduleScreen(ThingsScreen):
    """The scheduled lessons."""

    NAME = "schedule"
    rows: Rows[PlannedRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[PlannedRow](self._draw, empty="Loading …", id="list"))
        self._window = _WINDOW
        self._planned: list[LessonRow] = []
        self._coming: list[PlannedRow] = []
        self._names: dict[UUID, str] = {}
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
        now, standing = self.session.clock.now(), self.session.standing
        if isinstance(row.thing, ReleaseRow):
            return draw_planned_release(row.thing, width, styles, now)
        soon = standing.soon.get(row.thing.id, "") if standing is not None else ""
        if isinstance(row.thing, ChangeRow):
            return draw_change(row.thing, width, styles, now, blocked_soon=soon)
        if row.ends:
            return draw_end(row.thing, width, styles, now)
        release = self._names.get(row.thing.release_id, "") if row.thing.release_id else ""
        return draw_planned(row.thing, width, styles, now, blocked_soon=soon, release=release)

    def targets(self) -> Sequence[Target]:
        return [row.thing for row in self.rows.chosen if row.thing is not None]

    async def reload(self, changed: Changed) -> None:
        """Read the schedule again: a window of each index."""

        async def read(
            connection: Connection,
        ) -> tuple[list[LessonRow], list[LessonRow], list[ReleaseRow], list[ChangeRow], list[int]]:
            return (
                await terminal_tree.planned(connection, limit=self._window + 1, search=self.search),
                await terminal_schedule.ends(connection, limit=self._window, search=self.search),
                await terminal_schedule.releases(connection, limit=_RELEASES, search=self.search),
                await terminal_schedule.changes(connection, limit=self._window, search=self.search),
                await upcoming_and_overdue.hours_ahead(connection),
            )

        self._planned, ends, releases, changes, hours = await self.session.read(read)
        self._names = {release.id: release.title for release in releases}
        self._coming = sorted(
            [
                *(PlannedRow(release.id, thing=release) for release in releases),  # before its lessons
                *(PlannedRow(change.id, thing=change) for change in changes),  # before what is published then
                *(_row(lesson) for lesson in self._planned[: self._window]),
                *(PlannedRow(("end", lesson.id), thing=lesson, ends=True) for lesson in ends),
            ],
            key=lambda row: (row.at is None, row.at or self.session.clock.now()),
        )
        self.rows.empty = _EMPTY if not self.search else "Nothing found. Esc shows everything again."
        self.say_found(f"{len(self._coming):,} found")
        self._lay_out()
        self._show_hours(hours)
        self._show_soonest()
        self.show_details()

    def tick(self) -> None:
        super().tick()
        self._show_soonest()
        now = self.session.clock.now()
        if sum(_is_late(row, now) for row in self._coming) != self._late_count:
            self._lay_out()

    def _lay_out(self) -> None:
        now = self.session.clock.now()
        late = [row for row in self._coming if _is_late(row, now)]
        self._late_count = len(late)
        rows: list[PlannedRow] = []
        if late:
            rows.append(PlannedRow("late", stops=False, text=f"! Overdue or blocked: {len(late):,}    w says why"))
            rows += late
        heading = ""
        for row in self._coming:
            if _is_late(row, now):
                continue
            name = f"{day(row.at, now)}   {here(row.at):%Z}" if row.at is not None else "Releases without a time"
            if name != heading:
                heading = name
                rows.append(PlannedRow(("day", name), stops=False, text=name))
            rows.append(row)
        if len(self._planned) > self._window:
            rows.append(PlannedRow("more", text=f"  the first {self._window:,} are shown; Enter shows more"))
        self.rows.replace(rows)

    def _show_soonest(self) -> None:
        now = self.session.clock.now()
        soonest = next((row for row in self._coming if row.at is not None and row.at > now), None)
        self._left.update(countdown(soonest.at - now) if soonest and soonest.at else "–")
        self._what.update(_named(soonest) if soonest else "nothing to come")

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


def _is_late(row: PlannedRow, now: datetime) -> bool:
    if isinstance(row.thing, LessonRow) and not row.ends:
        return is_late(row.thing, now)
    refused = isinstance(row.thing, ReleaseRow) and row.thing.publish_error is not None
    refused = refused or (isinstance(row.thing, ChangeRow) and row.thing.error is not None)
    return refused or (row.at is not None and is_overdue(row.at, now))


def _named(row: PlannedRow) -> str:
    assert row.thing is not None
    title = plain(row.thing.title)
    if isinstance(row.thing, ReleaseRow):
        return f"release {title}"
    if isinstance(row.thing, ChangeRow):
        return f"change of {title}"
    return f"end of {title}" if row.ends else title


def _row(lesson: LessonRow) -> PlannedRow:
    return PlannedRow(lesson.id, can_be_marked=True, thing=lesson)
