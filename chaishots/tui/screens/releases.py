"""Releases: those to come, open ones, and what went public; each opens to its lessons and changes.

All is read in windows: the releases, and of each open one its lessons; a row at the end loads the next ones.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType

from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.queries import terminal_releases, terminal_schedule
from chaishots.content.queries.search_filter import read_search
from chaishots.content.queries.terminal_releases import ReleaseLesson
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.database.connection import Connection
from chaishots.tui.actions.possible_actions import Target
from chaishots.tui.rendering.formatting import count
from chaishots.tui.rendering.release_rows import ReleasedRow, draw_released
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.list_with_details import ThingsScreen
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_WINDOW: Final = 200
_LESSONS: Final = 500
_CHANGES: Final = 200
_EMPTY: Final = """There are no releases yet: lessons that go public together, at one moment.

Mark lessons on the Content screen (1) with space, and press m."""
STATES: Final = tuple(status.value for status in ReleaseStatus)


@dataclass
class _Branch:
    """What is loaded of an open release. window: how many of its lessons at most."""

    window: int = _LESSONS
    lessons: Sequence[ReleaseLesson] = ()
    changes: Sequence[ChangeRow] = ()
    is_loaded: bool = False


@dataclass
class _Loaded:
    releases: Sequence[ReleaseRow] = ()
    has_more: bool = False
    branches: dict[UUID, _Branch] = field(default_factory=dict[UUID, _Branch])


class ReleasesScreen(ThingsScreen):
    """The releases, as an outline."""

    NAME = "releases"
    FILTER_HINT: ClassVar[str] = "words, !without, state:scheduled"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "open", "Open: its lessons and changes", show=False, id="releases.open"),
        Binding("h,left", "close", "Close", show=False, id="releases.close"),
    ]
    rows: Rows[ReleasedRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[ReleasedRow](self._draw, empty="Loading …", id="list"))
        self.rows.below = self._lessons_below
        self._loaded = _Loaded()
        self._window = _WINDOW

    def _draw(self, row: ReleasedRow, width: int, styles: Styles) -> Text:
        return draw_released(row, width, styles, self.session.clock.now())

    def _lessons_below(self, row: ReleasedRow) -> Sequence[ReleasedRow]:
        branch = self._loaded.branches.get(row.thing.id) if isinstance(row.thing, ReleaseRow) else None
        return [_lesson_row(one) for one in branch.lessons] if branch is not None else []

    def understand(self, text: str) -> None:
        self.search = read_search(text, STATES)

    def targets(self) -> Sequence[Target]:
        return [row.thing for row in self.rows.chosen if row.thing is not None]

    def done_to_take_back(self) -> ReleaseRow | None:
        thing = self.selected_thing
        return thing if isinstance(thing, ReleaseRow) and thing.status is ReleaseStatus.PUBLISHED else None

    async def reload(self, changed: Changed) -> None:
        """Read the releases again, with what is in the open ones."""
        search = self.search

        async def read(connection: Connection) -> list[ReleaseRow]:
            return await terminal_releases.find_releases(connection, limit=self._window + 1, search=search)

        found = await self.session.read(read)
        if search is not self.search:
            return  # somebody has typed meanwhile, and that is read by now
        shown = found[: self._window]
        kept = {one.id for one in shown}
        # A filter hides open ones for a while; without one, what is not there is gone.
        if not search:
            self._loaded.branches = {key: one for key, one in self._loaded.branches.items() if key in kept}
        self._loaded.releases, self._loaded.has_more = shown, len(found) > len(shown)
        for key in [key for key in self._loaded.branches if key in kept]:
            await self._load(key)
        self.rows.empty = "Nothing found. Esc shows everything again." if self.search else _EMPTY
        self.say_found(count(len(shown), "release") + (" and more" if self._loaded.has_more else ""))
        self._lay_out()
        self.show_details()
        self.refresh_bindings()

    async def _load(self, release_id: UUID) -> None:
        branch = self._loaded.branches.get(release_id)
        if branch is None:
            return

        async def read(connection: Connection) -> tuple[list[ReleaseLesson], list[ChangeRow]]:
            return (
                await terminal_releases.lessons_of_release(connection, release_id, limit=branch.window),
                await terminal_schedule.changes_of_release(connection, release_id, limit=_CHANGES),
            )

        branch.lessons, branch.changes = await self.session.read(read)
        branch.is_loaded = True
        await asyncio.sleep(0)  # others have their turn before all of it is laid out

    def _lay_out(self) -> None:
        rows: list[ReleasedRow] = []
        for release in self._loaded.releases:
            branch = self._loaded.branches.get(release.id)
            rows.append(ReleasedRow(release.id, thing=release, is_open=branch is not None))
            if branch is not None:
                rows += _below(release, branch)
        if self._loaded.has_more:
            rows.append(ReleasedRow("more", note="  more releases …"))
        self.rows.replace(rows)

    @on(Rows.Chosen)
    def _open_chosen(self, message: Rows.Chosen) -> None:
        row = message.row
        if not isinstance(row, ReleasedRow):
            return
        if row.key == "more":
            self._window += _WINDOW
            self.read_all()
        elif row.more_of is not None:
            self._load_more(row.more_of)
        elif not isinstance(row.thing, ReleaseRow):
            self.action_other_pane()
        elif row.is_open:
            self.action_close()
        else:
            self.action_open()

    def action_open(self) -> None:
        row = self.rows.row
        if row is None or not isinstance(row.thing, ReleaseRow):
            return
        if row.is_open:
            self.rows.action_move(1)
        else:
            self._loaded.branches[row.thing.id] = _Branch()
            self._lay_out()
            self._open_branch(row.thing.id)

    def action_close(self) -> None:
        row = self.rows.row
        owner = self._owner(row) if row is not None else None
        if row is None or owner is None:
            return
        if isinstance(row.thing, ReleaseRow):
            self._loaded.branches.pop(owner, None)
            self._lay_out()
        else:
            self.rows.move_to(owner)

    def _owner(self, row: ReleasedRow) -> UUID | None:
        """The release that a row is, or is in."""
        if row.more_of is not None:
            return row.more_of
        return row.thing.id if isinstance(row.thing, ReleaseRow) else row.thing and row.thing.release_id

    @work(group="branch", exit_on_error=False)
    async def _open_branch(self, release_id: UUID) -> None:
        await self._load(release_id)
        self._lay_out()

    @work(group="branch", exit_on_error=False)
    async def _load_more(self, release_id: UUID) -> None:
        if (branch := self._loaded.branches.get(release_id)) is not None:
            branch.window += _LESSONS
            await self._load(release_id)
            self._lay_out()


def _below(release: ReleaseRow, branch: _Branch) -> list[ReleasedRow]:
    if not branch.is_loaded:
        return [ReleasedRow(("loading", release.id), stops=False, note="loading …", depth=2)]
    rows = [_lesson_row(one) for one in branch.lessons]
    if (left := release.lessons - len(rows)) > 0 and len(rows) >= branch.window:
        rows.append(ReleasedRow(("more", release.id), note=f"{left:,} more …", more_of=release.id, depth=2))
    rows += [ReleasedRow(change.id, thing=change) for change in branch.changes]
    if not rows:
        rows.append(ReleasedRow(("none", release.id), stops=False, note="no lessons yet", depth=2))
    return rows


def _lesson_row(one: ReleaseLesson) -> ReleasedRow:
    return ReleasedRow(one.lesson.id, can_be_marked=True, thing=one.lesson, blocked=one.blocked)
