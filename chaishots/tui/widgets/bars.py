"""Draws numbers as bars on one line: the hours ahead, and lateness. The figure always stands beside them."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from chaishots.times import here

_BARS: Final = " ▁▂▃▄▅▆▇█"


def bars(values: Sequence[float], *, top: float, width: int = 1) -> str:
    """Each value as a bar `width` columns wide; `top` makes a full bar, and any value above 0 stays visible."""
    shown: list[str] = []
    for value in values:
        height = 0 if value <= 0 or top <= 0 else max(1, min(8, round(value / top * 8)))
        shown.append(_BARS[height] * width)
    return "".join(shown)


def hour_labels(now: datetime, *, width: int, zone: tzinfo | None = None) -> str:
    """The time of day below every sixth of 24 bars, each `width` columns wide."""
    line = ""
    for hour in range(0, 24, 6):
        at = here(now + timedelta(hours=hour), zone)
        line = line.ljust(hour * width) + f"{at:%H:%M}"
    return line
