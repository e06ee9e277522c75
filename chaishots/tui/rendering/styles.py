"""The theme's colours as text styles, one for each meaning, so that no widget names a colour."""

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
    """A style for each meaning. A word or mark always says the same, as not everybody sees colours."""

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
        """The style of a status of the lifecycle."""
        styles: Mapping[str, Style] = {
            Status.PUBLISHED: self.good,
            Status.SCHEDULED: self.soon,
            Status.DRAFT: self.text,
        }
        return styles.get(status, self.muted)


def styles_of(widget: Widget) -> Styles:
    """The styles of the current theme of the widget's app."""
    variables = widget.app.theme_variables  # pyright: ignore[reportUnknownMemberType]
    # Called for every line drawn, so the result is kept; another theme comes with another mapping.
    if _newest[0] is not variables:
        _newest[:] = variables, _make_styles(variables, no_colour=widget.app.no_color)  # pyright: ignore[reportUnknownMemberType]
    return _newest[1]


def strip(widget: Widget, text: Text, width: int, style: Style) -> Strip:
    """Render a text as one line of a widget, exactly `width` cells wide, on the style given."""
    console = widget.app.console  # pyright: ignore[reportUnknownMemberType]
    # Rich would draw a text without spans without its own style; inside another text it keeps it.
    segments = [segment for segment in Text().append_text(text).render(console) if segment.text != "\n"]
    return Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)


def wrap(widget: Widget, text: Text, width: int) -> list[Text]:
    """Wrap a text to lines of `width` cells at most; returns at least one line."""
    console = widget.app.console  # pyright: ignore[reportUnknownMemberType]
    return list(text.wrap(console, width, overflow="fold")) or [Text("")]


def _cursor(variables: Mapping[str, str], *, no_colour: bool) -> Style:
    # A colour bar; with the terminal's own colours, which have no such value, or with none, reverse video.
    if no_colour:
        return Style(reverse=True)
    try:
        return Style(bgcolor=Color.parse(variables["primary-muted"]).rich_color, bold=True)
    except ColorParseError:
        return Style(reverse=True)


def _make_styles(variables: Mapping[str, str], *, no_colour: bool) -> Styles:
    def colour(name: str, *, bold: bool = False) -> Style:
        return Style(color=Color.parse(variables[name]).rich_color, bold=bold)

    return Styles(
        text=Style(),
        muted=Style(dim=True),
        strong=Style(bold=True),
        good=colour("text-success"),
        soon=colour("text-warning"),
        bad=colour("text-error", bold=True),
        accent=colour("text-accent"),
        heading=colour("text-primary", bold=True),
        cursor=_cursor(variables, no_colour=no_colour),
        marked=colour("text-accent", bold=True),
    )


_newest: list[Any] = [None, None]  # Any: the mapping of the theme, and its Styles
