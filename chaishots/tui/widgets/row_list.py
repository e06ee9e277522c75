"""A list of any length that draws only its visible lines, and keeps its cursor by key while rows change.

Textual's own lists build an object for each row, which takes seconds for 100,000. Knows no content.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles, strip, styles_of

R = TypeVar("R", bound=Row)
Draw = Callable[[R, int, Styles], Text]


class Rows(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """A list of rows with a cursor and marks.

    draw: makes the text of a row, given the width and the styles; called for visible rows alone.
    empty: the text shown without rows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="rows.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="rows.up"),
        Binding("g,home", "to_start", "First", show=False, id="rows.first"),
        Binding("G,end", "to_end", "Last", show=False, id="rows.last"),
        Binding("ctrl+d,pagedown", "page(1)", "A page down", show=False, id="rows.page_down"),
        Binding("ctrl+u,pageup", "page(-1)", "A page up", show=False, id="rows.page_up"),
        Binding("n", "next_found(1)", "Next found", show=False, id="rows.next"),
        Binding("N", "next_found(-1)", "Found before", show=False, id="rows.previous"),
        Binding("space", "mark", "Mark", show=False, id="rows.mark"),
        Binding("V", "mark_range", "Mark from here on; again: up to here", show=False, id="rows.range"),
        Binding("u", "unmark_all", "Unmark all", show=False, id="rows.unmark"),
        Binding("enter", "choose", "Open", show=False, id="rows.open"),
    ]
    DEFAULT_CSS = """
    Rows { height: 1fr; scrollbar-gutter: stable; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
           overflow-x: hidden; }
    """

    @dataclass
    class Moved(Message):
        """The cursor moved to another row, or to none, or its row changed."""

        row: Row | None

    @dataclass
    class Marked(Message):
        """Other rows are marked than before, or a range was begun."""

        count: int
        is_range_open: bool

    @dataclass
    class Chosen(Message):
        """Enter, or a second click, on the row of the cursor."""

        row: Row

    def __init__(self, draw: Draw[R], *, empty: str = "Nothing here.", id: str | None = None) -> None:  # noqa: A002  # Textual's name
        super().__init__(id=id)
        self.rows: Sequence[R] = ()
        self.marks: dict[Hashable, R] = {}
        self.empty = empty
        self.is_found: Callable[[R], bool] = lambda row: row.stops
        self.below: Callable[[R], Sequence[R]] = lambda row: ()
        """The rows that one stands for which cannot be marked itself."""
        self.is_filtered = False
        """Whether some rows were looked for; only then there is a next found."""
        self.is_steered = False
        """Whether keys that go elsewhere move its cursor, so that it looks as if it had them."""
        self._draw = draw
        self._base = Style()
        self._drawn: dict[int, Text] = {}
        self._cursor = 0
        self._range_from: Hashable | None = None

    @property
    def row(self) -> R | None:
        """The row under the cursor; None: there is none."""
        if 0 <= self._cursor < len(self.rows) and self.rows[self._cursor].stops:
            return self.rows[self._cursor]
        return None

    @property
    def chosen(self) -> list[R]:
        """The marked rows, in the list's order, hidden ones last. Without marks: the row under the cursor."""
        if not self.marks:
            return [self.row] if self.row else []
        shown = [row for row in self.rows if row.key in self.marks]
        here = {row.key for row in shown}
        return shown + [row for key, row in self.marks.items() if key not in here]

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the list does not show: a filter hides them, or their branch is closed."""
        return len(self.marks.keys() - {row.key for row in self.rows})

    def replace(self, rows: Sequence[R]) -> None:
        """Show other rows. The cursor keeps its key and its place on the screen, or moves to the next row left."""
        old, place = self.row, self._cursor - self.scroll_offset.y
        before = self.rows
        self.rows = rows
        for row in rows:
            if row.key in self.marks:
                self.marks[row.key] = row
        self._cursor = self._place_after(before)
        self.virtual_size = Size(self.scrollable_content_region.width, len(rows))
        self.scroll_to(y=max(0, self._cursor - place), animate=False, immediate=True)
        self.refresh()
        if self.row is not old:
            self.post_message(self.Moved(self.row))

    def move_to(self, key: Hashable) -> bool:
        """Put the cursor on a row; returns whether the list has it."""
        for place, row in enumerate(self.rows):
            if row.key == key:
                self._move(place)
                return True
        return False

    def tick(self) -> None:
        """Draw the visible lines again whose text depends on the time and has changed; few do each second."""
        if not self.is_on_screen:
            return
        width, styles = self._width_of_lines(), styles_of(self)
        for y, drawn in self._drawn.items():
            place = y + self.scroll_offset.y
            if place < len(self.rows) and self._draw(self.rows[place], width, styles) != drawn:
                self.refresh_line(y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some visible lines; the widget's style is worked out once for all of them."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        place, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        styles = styles_of(self)
        if not self.rows and y < len(lines := self.empty.split("\n")):
            return strip(self, Text(f"  {lines[y]}", style=styles.muted), width, self._base)
        if place >= len(self.rows):
            return Strip.blank(width, self._base)
        row = self.rows[place]
        is_cursor, is_marked = place == self._cursor and row.stops, row.key in self.marks
        has_keys = self.has_focus or self.is_steered
        edge = ("▌" if has_keys else "╎") if is_cursor else " "
        line = Text(no_wrap=True).append(edge, styles.accent)
        line.append("✓" if is_marked else "·" if self._is_in_range(place) else " ", style=styles.marked)
        self._drawn[y] = self._draw(row, self._width_of_lines(), styles)
        line.append_text(self._drawn[y])
        line.truncate(width, overflow="ellipsis", pad=True)
        if is_cursor:
            line.stylize(styles.cursor if has_keys else styles.strong)
        return strip(self, line, width, self._base)

    def _is_in_range(self, place: int) -> bool:
        # What V would mark if pressed again.
        first = self._range_place
        return first is not None and min(first, self._cursor) <= place <= max(first, self._cursor)

    @property
    def _range_place(self) -> int | None:
        if self._range_from is None:
            return None
        return next((place for place, row in enumerate(self.rows) if row.key == self._range_from), None)

    def _tell_marks(self) -> None:
        self.refresh()
        self.post_message(self.Marked(len(self.marks), self._range_from is not None))

    def _width_of_lines(self) -> int:
        return max(1, self.scrollable_content_region.width - 2)

    def on_resize(self) -> None:
        self._drawn.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows))
        self._show_cursor()
        self.refresh()  # what was drawn is known no more, and only what is known goes on with the time

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: Click) -> None:
        place = event.y + self.scroll_offset.y
        if place >= len(self.rows) or not self.rows[place].stops:
            return
        was_here = place == self._cursor
        self._move(place)
        if was_here and event.chain >= 2:
            self.action_choose()

    def action_move(self, by: int) -> None:
        place = self._cursor + by
        while 0 <= place < len(self.rows) and not self.rows[place].stops:
            place += by
        if 0 <= place < len(self.rows):
            self._move(place)
        elif by < 0:
            self.scroll_to(y=0, animate=False)  # headings above the first row

    def action_page(self, direction: int) -> None:
        self._move(self._stop_near(self._cursor + direction * max(1, self.size.height - 1), direction))

    def action_to_start(self) -> None:
        self._move(self._stop_near(0, 1))
        self.scroll_to(y=0, animate=False)

    def action_to_end(self) -> None:
        self._move(self._stop_near(len(self.rows) - 1, -1))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a filter n is not ours."""
        return self.is_filtered if action == "next_found" else True

    def action_next_found(self, direction: int) -> None:
        places = range(self._cursor + direction, len(self.rows) if direction > 0 else -1, direction)
        found = next((place for place in places if self.rows[place].stops and self.is_found(self.rows[place])), None)
        if found is not None:
            self._move(found)

    def action_mark(self) -> None:
        if self.row is not None and self.row.can_be_marked:
            if self.marks.pop(self.row.key, None) is None:
                self.marks[self.row.key] = self.row
            self._tell_marks()
        elif self.row is not None:
            self._mark_below(self.row)
        self.action_move(1)

    def _mark_below(self, row: R) -> None:
        # What stands for others: all of them, or none when all are marked.
        below = [one for one in self.below(row) if one.can_be_marked]
        if below:
            are_all = all(one.key in self.marks for one in below)
            for one in below:
                self.marks.pop(one.key, None)
                if not are_all:
                    self.marks[one.key] = one
            self._tell_marks()

    def action_mark_range(self) -> None:
        if self.row is None:
            return
        if self._range_from is None:
            self._range_from = self.row.key
            self._tell_marks()
            return
        first, self._range_from = self._range_place, None
        first = self._cursor if first is None else first
        for row in self.rows[min(first, self._cursor) : max(first, self._cursor) + 1]:
            if row.can_be_marked:
                self.marks[row.key] = row
        self._tell_marks()

    def action_unmark_all(self) -> None:
        self.marks.clear()
        self._range_from = None
        self._tell_marks()

    def action_choose(self) -> None:
        if self.row is not None:
            self.post_message(self.Chosen(self.row))

    def _move(self, place: int) -> None:
        if not 0 <= place < len(self.rows):
            return
        before, self._cursor = self._cursor, place
        if self._range_from is not None:
            self.refresh()
        for line in (before, place):
            self.refresh_line(line - self.scroll_offset.y)
        self._show_cursor()
        self.post_message(self.Moved(self.row))

    def _show_cursor(self) -> None:
        # The headings above the first row are seen with it.
        is_first = not any(row.stops for row in self.rows[: self._cursor])
        top = 0 if is_first else self._cursor
        self.scroll_to_region(Region(0, top, 1, self._cursor - top + 1), animate=False, force=True)

    def _stop_near(self, place: int, direction: int) -> int:
        place = min(max(place, 0), len(self.rows) - 1)
        for step in (direction, -direction):
            here = place
            while 0 <= here < len(self.rows):
                if self.rows[here].stops:
                    return here
                here += step
        return place

    def _place_after(self, before: Sequence[R]) -> int:
        # The same key; else the next row that is left; else the last one before it; else the first.
        places = {row.key: place for place, row in enumerate(self.rows) if row.stops}
        for row in (*before[self._cursor :], *reversed(before[: self._cursor])):
            if row.stops and row.key in places:
                return places[row.key]
        return self._stop_near(0, 1) if self.rows else 0
