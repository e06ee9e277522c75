"""The colours of the theme as styles for text: one for each meaning, so that no widget names a colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color, ColorParseError
from textual.strip import Strip
from textual.widget import Widget

from chaishots.content.lifecycle import Status


@dataclass(frozen=True)
class Styles:
    """A style for each meaning. None of them is the only sign of what it means: a word or mark says it too."""

    text: Style
    muted: Style
    strong: Style
    good: Style
    soon: Style
    bad: Style
    accent: Style
    heading: Style
    cursor: Style
    marked: Style

    def status(self, status: str) -> Style:
        """The style of a state of the lifecycle."""
        styles: Mapping[str, Style] = {
            Status.PUBLISHED: self.good,
            Status.SCHEDULED: self.soon,
            Status.DRAFT: self.text,
        }
        return styles.get(status, self.muted)


def styles_of(widget: Widget) -> Styles:
    """The styles of the theme that the widget's app has now."""
    variables = widget.app.theme_variables  # pyright: ignore[reportUnknownMemberType]
    # Asked for each line that is drawn; a theme that changes brings a new mapping.
    if _newest[0] is not variables:
        _newest[:] = variables, _make_styles(variables)
    return _newest[1]


def strip(widget: Widget, text: Text, width: int, style: Style) -> Strip:
    """A text as a line of a widget, of exactly this width, on the widget's own style."""
    console = widget.app.console  # pyright: ignore[reportUnknownMemberType]
    # Alone, a text without spans would be drawn without its own style.
    segments = [segment for segment in Text().append_text(text).render(console) if segment.text != "\n"]
    return Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)


def wrap(widget: Widget, text: Text, width: int) -> list[Text]:
    """A text in lines of this width at most; at least one."""
    console = widget.app.console  # pyright: ignore[reportUnknownMemberType]
    return list(text.wrap(console, width, overflow="fold")) or [Text("")]


def _cursor(variables: Mapping[str, str]) -> Style:
    # A themed bar where the theme has colours of its own; the terminal's own colours are turned around.
    try:
        return Style(bgcolor=Color.parse(variables["primary-muted"]).rich_color, bold=True)
    except ColorParseError:
        return Style(reverse=True)


def _make_styles(variables: Mapping[str, str]) -> Styles:
    def coloured(name: str, *, bold: bool = False) -> Style:
        return Style(color=Color.parse(variables[name]).rich_color, bold=bold)

    return Styles(
        text=Style(),
        muted=Style(dim=True),
        strong=Style(bold=True),
        good=coloured("text-success"),
        soon=coloured("text-warning"),
        bad=coloured("text-error", bold=True),
        accent=coloured("text-accent"),
        heading=coloured("text-primary", bold=True),
        cursor=_cursor(variables),
        marked=coloured("text-accent", bold=True),
    )


_newest: list[Any] = [None, None]  # Any: the mapping of the theme, and its Styles
