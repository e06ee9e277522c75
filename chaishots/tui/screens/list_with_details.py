"""The base of screens with a list and, beside or below it, the details of the selected row."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from chaishots.content.errors import NotFound
from chaishots.content.queries import cms_content, history, scheduled_changes, terminal_releases, terminal_schedule
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, TermRow
from chaishots.content.queries.why_answer import Why
from chaishots.content.queries.why_lesson import why
from chaishots.database.connection import Connection
from chaishots.tui.rendering.details import (
    Page,
    counts_text,
    lesson_page,
    program_page,
    scheduled_change_page,
)
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.rendering.release_rows import ReleaseContents, release_page
from chaishots.tui.screens.base import MainScreen, Subject
from chaishots.tui.widgets.details_page import Details
from chaishots.tui.widgets.row_list import Rows

_HISTORY: Final = 12
_SHOWN: Final = 50
"""Of each kind of thing in a release, its page shows so many."""
_SETTLED_SECONDS: Final = 0.05
"""The cursor rests this long before its details are read: holding a key down reads nothing on the way."""


class PanedScreen(MainScreen):
    """A list with details; a low window shows one of the two at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_pane", "Details, or back to the list", show=False, id="panes.other"),
    ]

    def body(self) -> ComposeResult:
        with Container(id="panes"):
            yield self.rows
            yield Details(id="details")

    @property
    def details(self) -> Details:
        """The details of the selected row."""
        return self.query_one(Details)

    async def selected_page(self) -> Page | None:
        """Read the page of the selected row; None: nothing is selected. Raises: DatabaseTrouble, NotFound."""
        raise NotImplementedError

    def selected_key(self) -> object:
        """The key of the selected row's page."""
        return self.rows.row.key if self.rows.row else None

    def as_text(self, width: int = 0) -> str:
        return self.details.text(width)

    def tick(self) -> None:
        super().tick()
        self.rows.tick()

    def point_at(self, field: str) -> None:
        self.show_details(field)

    def action_other_pane(self) -> None:
        reading = not self.details.has_focus
        self.set_class(reading, "-reading")
        (self.details if reading else self.rows).focus()

    def action_back(self) -> None:
        if self.details.has_focus:
            self.action_other_pane()
        else:
            super().action_back()

    @on(Rows.Moved)
    def _follow_cursor(self) -> None:
        self.show_details()
        self.refresh_bindings()

    @work(exclusive=True, group="details", exit_on_error=False)
    async def show_details(self, field: str | None = None) -> None:
        """Show the details of the selected row; with a field, move the focus there and scroll to it."""
        if self.details.page is None or self.details.page.key != self.selected_key():
            await asyncio.sleep(_SETTLED_SECONDS)
        try:
            self.details.show(await self.selected_page())
        except NotFound:
            self.details.show(None)
        if field is not None:
            self.set_class(True, "-reading")
            self.details.focus()
            self.details.point_at(field)


async def read_why(connection: Connection, thing: LessonRow | ProgramRow | ReleaseRow | ChangeRow) -> Why:
    """Read why a thing is public or not. Raises: NotFound."""
    foretold = await _foretell(connection, thing.id)
    if isinstance(thing, LessonRow):
        return await why(connection, thing.id, foretold=foretold)
    from chaishots.content.queries import find_by_name, why_program_or_release

    found = await find_by_name.find_thing(connection, str(thing.id))
    return await why_program_or_release.explain(connection, found, foretold=foretold)


async def _foretell(connection: Connection, thing: UUID) -> Mapping[UUID, str]:
    from chaishots.content.catalog.blocked_changes import foretell  # late: the first picture does not need it

    return await foretell(connection, thing)


class ThingsScreen(PanedScreen):
    """Rows of things that are acted on: each row has its `thing`, or None where it only tells of others."""

    @property
    def selected_thing(self) -> Any:  # Any: of the kinds that the screen's rows have
        """The thing of the selected row."""
        return self.rows.row.thing if self.rows.row else None

    def subject(self) -> Subject | None:
        thing = self.selected_thing
        return Subject(thing.id, plain(thing.title)) if thing else None

    async def selected_page(self) -> Page | None:
        thing = self.selected_thing
        return await self.session.read(lambda connection: read_page(connection, thing)) if thing else None


async def read_page(connection: Connection, thing: LessonRow | ProgramRow | TermRow | ReleaseRow | ChangeRow) -> Page:
    """Read the page of a lesson, program, release or change; of a term, that of its program. Raises: NotFound."""
    if isinstance(thing, ChangeRow):
        document = await scheduled_changes.change(connection, thing.id)
        lines = await history.history(connection, limit=_HISTORY, thing=thing.id)
        foretold = await _foretell(connection, thing.id)
        return scheduled_change_page(json.loads(document.text), lines, foretold.get(thing.id))
    if isinstance(thing, ReleaseRow):
        return await _read_release_page(connection, thing.id)
    if isinstance(thing, LessonRow):
        document = await cms_content.lesson(connection, thing.id)
        lines = await history.history(connection, limit=_HISTORY, thing=thing.id)
        return lesson_page(thing, json.loads(document.text), await read_why(connection, thing), lines)
    program_id = thing.program_id if isinstance(thing, TermRow) else thing.id
    document = await cms_content.program(connection, program_id)
    lines = await history.history(connection, limit=_HISTORY, program=program_id)
    return program_page(json.loads(document.text), lines, counts_text(thing))


async def _read_release_page(connection: Connection, release_id: UUID) -> Page:
    found = await terminal_releases.releases_by_id(connection, [release_id])
    if not found:
        raise NotFound("There is no release with this id.", field="id")
    blocked, total = await terminal_releases.blocked_lessons(connection, release_id, limit=_SHOWN)
    contents = ReleaseContents(
        await terminal_releases.lessons_of_release(connection, release_id, limit=_SHOWN),
        blocked,
        total,
        await terminal_schedule.changes_of_release(connection, release_id, limit=_SHOWN),
        await terminal_releases.edits_since_scheduled(connection, release_id, limit=_SHOWN),
    )
    lines = await history.history(connection, limit=_HISTORY, thing=release_id)
    return release_page(found[0], contents, await read_why(connection, found[0]), lines)
