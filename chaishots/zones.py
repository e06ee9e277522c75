"""IANA time zones by their names, as tables, requests, files and settings have them: `Asia/Kolkata`, or `UTC`.

The database's CHECKs have the same rule, by the zones that Postgres knows. Anybody may import this.
"""

import re
from datetime import UTC, datetime, tzinfo
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


class NotOneMoment(ValueError):
    """A local time that does not happen, as clocks go forward, or happens twice, as they go back.

    Its own text says which two moments it could be instead, for whoever may name one by its offset.

    Attributes:
        why: that it is so, without what to do.
        readings: the two moments, the earlier one first, as texts.
    """

    def __init__(self, local: datetime, early: datetime, late: datetime, *, is_skipped: bool) -> None:
        why = "does not happen: the clocks go forward then" if is_skipped else "happens twice: the clocks go back then"
        self.why = f"{local:%Y-%m-%d %H:%M} {why}"
        self.readings = f"{early.isoformat()} or {late.isoformat()}"
        super().__init__(f"{self.why}. Say {self.readings}.")


def canonical(name: str) -> str:
    """The name as IANA spells it, in whatever letters it is given. Raises: NoZone."""
    found = _spellings().get(name.strip().lower()) if len(name) <= LONGEST else None
    if found is None:
        raise NoZone(RULE)
    return found


def names() -> list[str]:
    """Every zone's name, sorted."""
    return sorted(_spellings().values())


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone of this name; None without one, and where this Python does not know it: then UTC has to do."""
    try:
        return ZoneInfo(canonical(name)) if name else None
    except (NoZone, ZoneInfoNotFoundError):
        return None


def name_of(at: datetime) -> str | None:
    """The IANA zone that a moment is written in; None when it has an offset alone."""
    return at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else None


def moment_at(local: datetime, zone: tzinfo | None) -> datetime:
    """The moment of a local time, without an offset, of a zone: the machine's own when None. Raises: NotOneMoment."""
    early, late = (_in_zone(local.replace(fold=fold), zone) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    # What is skipped is read by the offset before and by the one after: told as the clocks show it then.
    readings = sorted(at.astimezone(UTC).astimezone(zone) for at in (early, late))
    raise NotOneMoment(local, *readings, is_skipped=readings[0].replace(tzinfo=None) != local)


def _in_zone(local: datetime, zone: tzinfo | None) -> datetime:
    return local.astimezone() if zone is None else local.replace(tzinfo=zone)


@cache
def _spellings() -> dict[str, str]:
    # Once: it reads as many files as there are zones.
    return {name.lower(): name for name in available_timezones() if _NAME.search(name)}
