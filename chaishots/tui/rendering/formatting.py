"""Formats times, lengths of time, counts and titles for the terminal. Pure; what people wrote is hostile here."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from chaishots.content.lifecycle import Status

MARKS: Final[Mapping[str, str]] = {
    Status.DRAFT: "○",
    Status.SCHEDULED: "◔",
    Status.PUBLISHED: "●",
    Status.ARCHIVED: "×",
}
REFUSED: Final = "!"
_JOINERS: Final = "\u200c\u200d"
"""Python calls these unprintable, yet words in Telugu, Hindi and many other languages need them."""


def plain(text: str) -> str:
    """Put what people wrote on one line, without control characters and without marks that reverse the line."""
    return "".join(
        letter if letter.isprintable() or letter in _JOINERS else " " if letter.isspace() else "\ufffd"
        for letter in text
    )


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


def local(at: datetime, zone: tzinfo | None = None) -> str:
    """A moment in the operator's zone, with the zone: `Tue 24 Nov 2026 18:30:00 +05:30`."""
    there = at.astimezone(zone)
    offset = f"{there:%z}"
    return f"{there:%a %d %b %Y %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def utc(at: datetime) -> str:
    """A moment in UTC: `2026-11-24 13:00:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def day(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The day of a moment, as a heading: `Today, Tue 24 November`."""
    there, today = at.astimezone(zone), now.astimezone(zone).date()
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


def roomy(text: str) -> str:
    """Like `plain`, with blanks after it: some terminals draw the script wider than others."""
    shown = plain(text)
    widest = sum(_widest(letter) for letter in shown)
    return shown + " " * max(0, widest - cell_len(shown))


def _widest(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cell(text: str, width: int) -> str:
    """A text as a column: cut or padded to `width` cells, the last of them a space."""
    shown = Text(text, no_wrap=True)
    shown.truncate(max(0, width - 1), overflow="ellipsis", pad=True)
    return shown.plain + " "
