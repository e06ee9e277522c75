"""Reads a moment as an operator types it, strictly: it refuses what it does not understand, and never guesses.

`+20s`, `+2h`, `+1h30m`, `9:00`, `6pm`, `today 18:30`, `tomorrow 9:00`, `fri 18:00`, `2030-01-31 09:00`, ISO 8601
with an offset; ` utc` after a time of day means UTC. ` every 30m` after any of them makes a series of moments.

Pure. A grammar of our own: the libraries that read dates in free text (dateparser, parsedatetime) take nearly anything
for one, today for `9` or `soon`; and a wrong moment publishes a lesson at the wrong time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final


class NotUnderstood(Exception):
    """The text is no moment; the message says what would be."""


@dataclass(frozen=True)
class Moments:
    """A moment, and for several lessons the time between one and the next."""

    at: datetime
    every: timedelta | None = None

    def of(self, count: int) -> list[datetime]:
        """The moments of `count` lessons, in their order."""
        return [self.at + (self.every or timedelta(0)) * place for place in range(count)]


ReadMoments = Callable[[str], Moments]
"""Reads what was typed; raises NotUnderstood."""

EXAMPLES: Final = "+20s, +2h, 18:30, tomorrow 9:00, fri 18:00, 2030-01-31 09:00, or ISO 8601 with its offset"
_MOST: Final = timedelta(days=3650)
_UNITS: Final = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LENGTH: Final = re.compile(r"(?:\d{1,6}(?:min|[smhdw]))+")
_PART: Final = re.compile(r"(\d{1,6})(min|[smhdw])")
_TIME: Final = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?)? ?(am|pm)?")
_EVERY: Final = re.compile(r"(.+?)\s+every\s+(\S.*)")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_moments(text: str, now: datetime, zone: tzinfo | None = None) -> Moments:
    """Read a moment, or a series of them.

    Args:
        now: the database's time, which decides what is past.
        zone: the zone of times without an offset; None: the machine's own.
    Raises: NotUnderstood, also when the moment has passed.
    """
    typed = _normalize(text)
    if found := _EVERY.fullmatch(typed):
        every = _length(found[2].replace(" ", ""))
        if every is None or not timedelta(0) < every <= _MOST:
            raise NotUnderstood(f"{found[2]} is no interval: say every 30m, every 2h or every 1d.")
        return Moments(read_moment(found[1], now, zone), every)
    return Moments(read_moment(typed, now, zone))


def read_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Read one moment. Raises: NotUnderstood, also when the moment has passed."""
    typed = _normalize(text)
    if not typed:
        raise NotUnderstood(f"When? {EXAMPLES}.")
    at = _read_relative(typed, now) or _read_absolute(typed, zone) or _read_by_day(typed, now, zone)
    if at is None:
        raise NotUnderstood(f"Not understood. Say {EXAMPLES}.")
    if at <= now:
        raise NotUnderstood(f"{at:%Y-%m-%d %H:%M:%S %z} has passed: choose a later one.")
    if at.year >= 9000:
        raise NotUnderstood("Give a time before the year 9000.")
    return at


def _normalize(text: str) -> str:
    typed = " ".join(text.lower().split())
    if not typed.isascii():
        raise NotUnderstood(f"Not understood. Say {EXAMPLES}.")
    return typed


def _read_relative(typed: str, now: datetime) -> datetime | None:
    found = re.fullmatch(r"(?:\+|in )(.+)", typed)
    length = _length(found[1].replace(" ", "")) if found else None
    if length is None:
        return None
    if length > _MOST:
        raise NotUnderstood("That is more than ten years ahead: give a date.")
    return now + length


def _length(text: str) -> timedelta | None:
    if not _LENGTH.fullmatch(text):
        return None
    parts: dict[str, int] = {}
    for number, unit in _PART.findall(text):
        if _UNITS[unit] in parts:
            return None  # 1h2h: which one was meant?
        parts[_UNITS[unit]] = int(number)
    return timedelta(**parts)


def _read_absolute(typed: str, zone: tzinfo | None) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}[t ]\d{1,2}:\d{2}", typed):
        return None
    given = re.sub(r" ?(z|utc)$", "+00:00", typed).replace("t", " ")
    given = re.sub(r"^(\S+) (\d):", r"\1 0\2:", re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", given))
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise NotUnderstood(f"There is no such time: {error}.") from None
    return at if at.tzinfo else _in_zone_once(at, zone)


def _read_by_day(typed: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    rest, in_utc = re.subn(r" (utc|z)$", "", typed)
    zone = UTC if in_utc else zone
    today = now.astimezone(zone).date()
    first, _, later = rest.partition(" ")
    if first in ("today", "tomorrow"):
        return _on(today + timedelta(days=first == "tomorrow"), later, zone, first)
    if weekday := _weekday(first):
        ahead = (weekday - 1 - today.weekday()) % 7
        at = _on(today + timedelta(days=ahead), later, zone, first)
        return at if at > now else _on(today + timedelta(days=ahead + 7), later, zone, first)
    if (of_day := _time(rest)) is None:
        return None
    at = _in_zone_once(datetime.combine(today, of_day), zone)
    return at if at > now else _in_zone_once(datetime.combine(today + timedelta(days=1), of_day), zone)


def _weekday(word: str) -> int:
    # From 1 on; 0: no weekday.
    names = [place for place, day in enumerate(_DAYS, 1) if len(word) >= 3 and day.startswith(word)]
    return names[0] if names else 0


def _on(day: date, text: str, zone: tzinfo | None, word: str) -> datetime:
    of_day = _time(text)
    if of_day is None:
        raise NotUnderstood(f"At what time {word}? Say {word} 9:00, or {word} 6pm.")
    return _in_zone_once(datetime.combine(day, of_day), zone)


def _time(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    if found is None or not (found[2] or found[4]):
        return None  # 9 alone could be an hour or a day
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    if found[4] and not 1 <= hour <= 12:
        return None
    if found[4]:
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _in_zone_once(naive: datetime, zone: tzinfo | None) -> datetime:
    # When clocks go back, an hour happens twice; when they go forward, an hour does not happen.
    early, late = (_in_zone(naive.replace(fold=fold), zone) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise NotUnderstood(f"{naive:%H:%M} does not happen that day: the clocks go forward then.")
    raise NotUnderstood(
        f"{naive:%H:%M} happens twice that day, as the clocks go back: say {early.isoformat()} or {late.isoformat()}."
    )


def _in_zone(naive: datetime, zone: tzinfo | None) -> datetime:
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)
