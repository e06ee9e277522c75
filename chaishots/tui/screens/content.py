"""Content: the hierarchy of programs, terms and lessons; beside it the details of the selected row."""

from collections.abc import Sequence
from typing import ClassVar, Final
from uuid import UUID

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType

from chaishots.content.queries import terminal_tree
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, TermRow
from chaishots.database.connection import Connection
from chaishots.tui.actions.edit_answers import Named
from chaishots.tui.actions.possible_actions import Target, name_target
from chaishots.tui.rendering.content_rows import OutlineRow, draw_outline
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.list_with_details import ThingsScreen
from chaishots.tui.state.outline import LESSON_WINDOW, PROGRAM_WINDOW, Outline, found_rows
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_FOUND: Final = 300
_EMPTY: Final = """No content yet.

Make the first program:           n
Fill it with the sample content:  chaishots seed
or with your own:                 chaishots seed FILE"""


class ContentScreen(ThingsScreen):
    """The hierarchy of programs, terms and lessons."""

    NAME = "content"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "open", "Open", show=False, id="content.open"),
        Binding("h,left", "close", "Close", show=False, id="content.close"),
    ]

    rows: Rows[OutlineRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[OutlineRow](self._draw, empty="Loading …", id="list"))
        self.rows.below = self._lessons_below
        self.outline = Outline()

    def _draw(self, row: OutlineRow, width: int, styles: Styles) -> Text:
        return draw_outline(row, width, styles, self.session.clock.now())

    def _lessons_below(self, row: OutlineRow) -> Sequence[OutlineRow]:
        # Of a term: its lessons, as far as they are loaded.
        term = row.thing.id if isinstance(row.thing, TermRow) else None
        return [one for one in self.rows.rows if isinstance(one.thing, LessonRow) and one.thing.term_id == term]

    def targets(self) -> Sequence[Target]:
        return [row.thing for row in self.rows.chosen if isinstance(row.thing, LessonRow | ProgramRow)]

    def named(self) -> Sequence[Named]:
        return [name_target(row.thing) for row in self.rows.chosen if row.thing is not None]

    def around(self) -> Named | None:
        row = self.rows.row
        return name_target(row.thing) if row is not None and row.thing is not None else None

    def subject(self) -> Subject | None:
        thing = self.selected_thing
        if thing is None:
            return None
        if isinstance(thing, TermRow):
            return Subject(thing.id, plain(thing.title or f"Term {thing.term_number}"))
        return Subject(thing.id, plain(thing.title), isinstance(thing, ProgramRow))

    def selected_key(self) -> object:
        thing = self.selected_thing
        return thing.program_id if isinstance(thing, TermRow) else thing and thing.id

    async def reload(self, changed: Changed) -> None:
        """Read the changed programs again, with their open branches; with a filter, search again."""
        if self.search:
            rows = await self._read_found()
        else:
            among = None if changed.everything else changed.programs
            await self.session.read(lambda connection: self._load(connection, among))
            rows = self.outline.rows()
            self.rows.empty = _EMPTY
            self.rows.is_found = lambda row: row.stops
        self.rows.replace(rows)
        self.show_details()

    async def _load(self, connection: Connection, among: frozenset[UUID] | None) -> None:
        outline = self.outline
        window = max(PROGRAM_WINDOW, len(outline.programs))
        if among is None:
            programs = await terminal_tree.programs(connection, limit=window + 1)
            outline.has_more_programs = len(programs) > window
            outline.put_programs(None, programs[:window])
        else:
            outline.put_programs(among, await terminal_tree.programs(connection, limit=len(among), only=list(among)))
        await self._load_branches(connection, outline.open_programs(among))

    async def _load_branches(self, connection: Connection, programs: Sequence[UUID]) -> None:
        if programs:
            self.outline.put_terms(programs, await terminal_tree.terms(connection, programs))
            windows = self.outline.lesson_windows(programs)
            if windows:
                self.outline.put_lessons(windows, await terminal_tree.lessons(connection, windows))

    async def _read_found(self) -> list[OutlineRow]:
        search = self.search

        async def find(connection: Connection) -> tuple[list[ProgramRow], list[LessonRow]]:
            return (
                await terminal_tree.find_programs(connection, search, limit=_FOUND),
                await terminal_tree.find_lessons(connection, search, limit=_FOUND + 1),
            )

        programs, lessons = await self.session.read(find)
        cut = len(lessons) > _FOUND
        shown = f"the first {_FOUND} lessons" if cut else count(len(lessons), "lesson")
        self.say_found(f"{shown}, {count(len(programs), 'program')}")
        self.rows.empty = "Nothing found. Esc shows everything again."
        self.rows.is_found = lambda row: isinstance(row.thing, LessonRow)
        return found_rows(programs, lessons[:_FOUND])

    def go_to_first_found(self) -> None:
        self.rows.action_to_start()
        if self.rows.row and not isinstance(self.rows.row.thing, LessonRow):
            self.rows.action_next_found(1)

    @on(Rows.Chosen)
    def _open_chosen(self, message: Rows.Chosen) -> None:
        row = message.row
        if isinstance(row, OutlineRow):
            if row.more_of:
                self._more_lessons(row.more_of)
            elif row.key == "more programs":
                self._more_programs()
            elif isinstance(row.thing, LessonRow) or self.search:
                self.action_other_pane()
            elif row.is_open:
                self.action_close()
            else:
                self.action_open()

    def action_open(self) -> None:
        row = self.rows.row
        if row is None or self.search or isinstance(row.thing, LessonRow):
            return
        if row.is_open:
            self.rows.action_move(1)
        elif row.thing is not None:
            self.outline.open.add(row.thing.id)
            self.rows.replace(self.outline.rows())
            self._open_branch(row.thing.program_id if isinstance(row.thing, TermRow) else row.thing.id)

    def action_close(self) -> None:
        row = self.rows.row
        if row is None or self.search:
            return
        if row.is_open and row.thing is not None:
            self.outline.open.discard(row.thing.id)
            self.rows.replace(self.outline.rows())
        elif isinstance(row.thing, LessonRow):
            self.rows.move_to(row.thing.term_id)
        elif isinstance(row.thing, TermRow):
            self.rows.move_to(row.thing.program_id)

    @work(group="branch", exit_on_error=False)
    async def go_to(self, program_id: UUID) -> None:
        """Open a program and put the cursor on it, whether or not its window is loaded."""
        if self.search:
            super().action_back()
        if all(program.id != program_id for program in self.outline.programs):
            found = await self.session.read(
                lambda connection: terminal_tree.programs(connection, limit=1, only=[program_id])
            )
            # At the end, out of order, until the windows between are loaded.
            self.outline.programs += found
        self.outline.open.add(program_id)
        await self.session.read(lambda connection: self._load_branches(connection, [program_id]))
        self.rows.replace(self.outline.rows())
        self.rows.move_to(program_id)
        self.rows.focus()

    @work(group="branch", exit_on_error=False)
    async def _open_branch(self, program: UUID) -> None:
        await self.session.read(lambda connection: self._load_branches(connection, [program]))
        terms = self.outline.terms.get(program, [])
        if len(terms) == 1 and terms[0].id not in self.outline.lessons:
            # With a single term, opening the program opens the term too: it saves a key.
            self.outline.open.add(terms[0].id)
            await self.session.read(lambda connection: self._load_branches(connection, [program]))
        if not self.search:
            self.rows.replace(self.outline.rows())

    @work(group="branch", exit_on_error=False)
    async def _more_lessons(self, term: UUID) -> None:
        self.outline.windows[term] = self.outline.windows.get(term, LESSON_WINDOW) + LESSON_WINDOW
        window = [(term, self.outline.windows[term])]
        self.outline.put_lessons(
            window, await self.session.read(lambda connection: terminal_tree.lessons(connection, window))
        )
        self.rows.replace(self.outline.rows())

    @work(exclusive=True, group="programs", exit_on_error=False)
    async def _more_programs(self) -> None:
        last = self.outline.programs[-1].id
        more = await self.session.read(
            lambda connection: terminal_tree.programs(connection, limit=PROGRAM_WINDOW + 1, after=last)
        )
        self.outline.has_more_programs = len(more) > PROGRAM_WINDOW
        self.outline.programs += more[:PROGRAM_WINDOW]
        self.rows.replace(self.outline.rows())
