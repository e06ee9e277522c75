"""Formats times, lengths of time, counts and titles for the terminal. Pure; what people wrote is hostile here."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final

from rich.text import Text

from chaishots.content.lifecycle import Status
from chaishots.safe_text import visible
from chaishots.times import here

MARKS: Final[Mapping[str, str]] = {
    Status.DRAFT: "○",
    Status.SCHEDULED: "◔",
    Status.PUBLISHED: "●",
    Status.ARCHIVED: "×",
}
REFUSED: Final = "!"
_LINES: Final = str.maketrans(dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", " "))


def plain(text: str) -> str:
    """Put what people wrote on one line; what is hostile stands as an escape, as in commands and logs."""
    return visible(text.translate(_LINES))


def countdown(left: timedelta) -> str:
    """The time left, to the second: `00:12:33`, `2d 04:11:09`; `now` when none is left."""
    seconds = int(left.total_seconds())
    if seconds <= 0:
        return "now"
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{days}d {clock}" if days else clock


def short(length: timedelta) -> str:
    """A length of time in one unit, or two small ones: `45s`, `12m`, `3h20`, `5d`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86_400:
        minutes = seconds % 3600 // 60
        return f"{seconds // 3600}h{minutes:02}" if minutes else f"{seconds // 3600}h"
    return f"{seconds // 86_400}d"


def day(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The day of a moment, as a heading: `Today, Tue 24 November`."""
    there, today = here(at, zone), here(now, zone).date()
    names = {today: "Today", today + timedelta(days=1): "Tomorrow", today - timedelta(days=1): "Yesterday"}
    name = names.get(there.date())
    year = "" if there.year == today.year else f" {there.year}"
    return f"{name + ', ' if name else ''}{there:%a %d %B}{year}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 lesson`, `1,200 lessons`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def milliseconds(late_ms: float) -> str:
    """A lateness: `12 ms`, `3.4 s`, `5m`."""
    if late_ms < 1000:
        return f"{late_ms:.0f} ms"
    return f"{late_ms / 1000:.1f} s" if late_ms < 60_000 else short(timedelta(milliseconds=late_ms))


def cell(text: str, width: int) -> str:
    """A text as a column: cut or padded to `width` cells, the last of them a space."""
    shown = Text(text, no_wrap=True)
    shown.truncate(max(0, width - 1), overflow="ellipsis", pad=True)
    return shown.plain + " "
