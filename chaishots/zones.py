"""IANA time zones by their names, as tables, requests, files and settings have them: `Asia/Kolkata`, or `UTC`.

The database's CHECKs have the same rule, by the zones that Postgres knows. Anybody may import this.
"""

import re
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

RULE: Final = "Give the name of an IANA time zone, such as Asia/Kolkata, or UTC."
PATTERN: Final = r"^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]*(-[A-Za-z]+)*){1,2}|Etc/GMT[+-][0-9]{1,2})$"
"""What a name looks like, as a regular expression. No abbreviations: IST is India's, Ireland's and Israel's."""
_NAME: Final = re.compile(PATTERN)
LONGEST: Final = 64


class NoZone(ValueError):
    """A text that names no time zone; its own text says what would."""


def canonical(name: str) -> str:
    """The name as IANA spells it, in whatever letters it is given. Raises: NoZone."""
    found = _spellings().get(name.strip().lower()) if len(name) <= LONGEST else None
    if found is None:
        raise NoZone(RULE)
    return found


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone of this name; None without one, and where this Python does not know it: then UTC has to do."""
    try:
        return ZoneInfo(canonical(name)) if name else None
    except (NoZone, ZoneInfoNotFoundError):
        return None


@cache
def _spellings() -> dict[str, str]:
    # Once: it reads as many files as there are zones.
    return {name.lower(): name for name in available_timezones() if _NAME.search(name)}
