"""How moments and lengths of time are told to people: one form in commands, logs for people and explanations.

Anybody may import this.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from chaishots.zones import ZoneInfo, zone_of

_shown_in: ZoneInfo | None = None
_DAY: Final = "%Y-%m-%d"
_CLOCK: Final = "%H:%M:%S"


def show_times_in(zone: str | None) -> None:
    """Show times in this zone from now on, the team's: for the start of a process. None: in the machine's own."""
    global _shown_in  # as the machine's own zone is: one for the process
    _shown_in = zone_of(zone)


def team_zone() -> ZoneInfo | None:
    """The zone in which times are shown, and read where they name none; None: the machine's own."""
    return _shown_in


def here(at: datetime, zone: tzinfo | None = None) -> datetime:
    """A moment in a zone: the team's when None."""
    return at.astimezone(zone or _shown_in)


def is_utc(zone: tzinfo | None = None) -> bool:
    """Whether the clocks of a zone, the team's when None, show UTC all year round: then one time is enough."""
    return not any(here(datetime(2026, month, 1, tzinfo=UTC), zone).utcoffset() for month in (1, 7))


def tell_time(at: datetime, zone: tzinfo | None = None, *, written_in: str | None = None) -> str:
    """A moment in a zone, by its offset, and in UTC: `2026-11-27 14:25:00 +05:30 (08:55:00 UTC)`.

    Args:
        zone: the team's when None. In UTC the moment is told once; another day in UTC is told, too.
        written_in: the IANA zone that whoever wrote the moment named: told in that one, by its name.
    """
    named = zone_of(written_in)
    there, utc = here(at, named or zone), at.astimezone(UTC)
    if not there.utcoffset() and (named is None or named.key == "UTC"):
        return f"{utc:{_DAY} {_CLOCK}} UTC"
    offset = f"{there:%z}"
    day = "" if there.date() == utc.date() else f"{utc:{_DAY}} "
    name = f" {named.key}" if named else ""
    return f"{there:{_DAY} {_CLOCK}} {offset[:3]}:{offset[3:5]}{name} ({day}{utc:{_CLOCK}} UTC)"


def lasting(length: timedelta) -> str:
    """A length of time as people say it: `42 s`, `5 min`, `3 h`, `3 h 20 min`, `2 d 4 h`."""
    whole = timedelta(seconds=max(0, round(length.total_seconds())))
    hours, minutes = whole.seconds // 3600, whole.seconds % 3600 // 60
    if whole.days:
        return f"{whole.days} d {hours} h" if hours else f"{whole.days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes >= 2 else f"{whole.seconds} s"
