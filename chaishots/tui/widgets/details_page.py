"""A page of fields that scrolls, with links, and can scroll to any field by name.

Knows no content: it is given sections of fields.
"""

from typing import ClassVar, Final

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chaishots.tui.rendering.details import Field, Page
from chaishots.tui.rendering.formatting import cell
from chaishots.tui.rendering.styles import Styles, strip, styles_of, wrap

_LABELS: Final = (13, 28)
"""The least and the greatest width of the labels, in columns."""
_INDENT: Final = 2
_MARGINS: Final = 10
"""Of the dialog that shows it as text, in columns."""


class Details(ScrollView, can_focus=True, inherit_bindings=False):
    """A page of fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False, id="details.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="details.up"),
        Binding("g,home", "scroll_home", "First", show=False, id="details.first"),
        Binding("G,end", "scroll_end", "Last", show=False, id="details.last"),
        Binding("ctrl+d,pagedown", "page_down", "A page down", show=False, id="details.page_down"),
        Binding("ctrl+u,pageup", "page_up", "A page up", show=False, id="details.page_up"),
    ]
    DEFAULT_CSS = """
    Details { scrollbar-gutter: stable; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden;
              padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's name
        super().__init__(id=id)
        self.page: Page | None = None
        self._lines: list[Text] = []
        self._places: dict[str, int] = {}
        self._pointed_at: str | None = None

    def show(self, page: Page | None) -> None:
        """Show a page; one with the same key keeps its scroll position."""
        stays = page is not None and self.page is not None and page.key == self.page.key
        self.page = page
        if not stays:
            self._pointed_at = None
        self._lay_out()
        if not stays:
            self.scroll_to(y=0, animate=False, immediate=True)

    def point_at(self, name: str) -> None:
        """Scroll a field to the top and mark it; a field that the page does not have is ignored."""
        self._pointed_at = name
        self._lay_out()
        if name in self._places:
            self.scroll_to(y=self._places[name], animate=False)

    def text(self, width: int = 0) -> str:
        """The whole page as plain text, in lines of so many cells; 0: as it stands here."""
        lines = self._make_page(width)[0] if width else self._lines
        return "\n".join(line.plain.rstrip() for line in lines)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One visible line; the title is reversed while the keys go here."""
        place, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if place >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        style = self.rich_style + Style(reverse=True) if place == 0 and self.has_focus else self.rich_style
        return strip(self, self._lines[place], width, style)

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        # A low window does not show it beside the list, and it can be read as text there all the same.
        width = self.scrollable_content_region.width or max(1, self.app.size.width - _MARGINS)  # pyright: ignore[reportUnknownMemberType]
        self._lines, self._places = self._make_page(width)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def _make_page(self, width: int) -> tuple[list[Text], dict[str, int]]:
        # The lines, and where each field begins.
        styles, places = styles_of(self), dict[str, int]()
        if self.page is None:
            return [], places
        longest = max((len(one.label) for part in self.page.sections for one in part.fields), default=0)
        labels = min(max(_LABELS[0], longest + 3), _LABELS[1], width // 2)
        lines = wrap(self, Text(self.page.title, style=styles.strong), width)
        for section in self.page.sections:
            if section.heading:
                lines += [Text(), Text(section.heading, style=styles.heading)]
            for one in section.fields:
                if one.name:
                    places.setdefault(one.name, len(lines))
                lines += self._make_lines(one, width, labels, styles)
        return lines, places

    def _make_lines(self, one: Field, width: int, labels: int, styles: Styles) -> list[Text]:
        value = Text(one.text, style=getattr(styles, one.style))
        if one.text.startswith(("http://", "https://")):
            value.stylize(Style(link=one.text, underline=True))
        if not one.label:
            return wrap(self, value, width)
        room = max(8, width - labels)
        pointed = bool(one.name) and one.name == self._pointed_at
        label = ("▸ " if pointed else "") + one.label
        label_style = styles.bad if pointed else styles.muted
        if room < value.cell_len <= width - _INDENT and " " not in one.text:
            # An id or an address that would be broken stands whole below its label.
            return [Text(label, label_style), Text(" " * _INDENT).append_text(value)]
        shown: list[Text] = []
        for place, line in enumerate(wrap(self, value, room)):
            head = cell(label if place == 0 else "", labels)
            shown.append(Text().append(head, label_style).append_text(line))
        return shown
