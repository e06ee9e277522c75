"""Reads a moment as an operator types it, strictly: it refuses what it does not understand, and never guesses.

`+20s`, `in 2 hours`, `+1h30m`, `9:00`, `6pm`, `today 18:30`, `tomorrow 9:00`, `next monday 9am`, `26 nov 18:00`,
`2030-01-31 09:00`, ISO 8601 with an offset. ` utc`, ` ist`, ` +05:30` or an IANA zone (` Asia/Kolkata`) behind a time
of day is its zone. ` every 30m` or ` every week` (`recurrence.py`) after any of them makes a series of moments.

Pure. A grammar of our own: the libraries that read dates in free text (dateparser, parsedatetime) take nearly anything
for one, today for `9` or `soon`; and a wrong moment publishes a lesson at the wrong time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chaishots.recurrence import NoRecurrence, NoSuchTimes, Recurrence, read_recurrence
from chaishots.zones import NotOneMoment, NoZone, canonical, moment_at


class NotUnderstood(Exception):
    """The text is no moment; the message says what would be."""


@dataclass(frozen=True)
class Moments:
    """A moment, and for several lessons the rhythm in which they follow. zone: of times without an offset."""

    at: datetime
    recurrence: Recurrence | None = None
    zone: tzinfo | None = None

    def of(self, count: int) -> list[datetime]:
        """The moments of `count` lessons, in their order. Raises: NotUnderstood when the rhythm does not give them."""
        if self.recurrence is None:
            return [self.at] * count
        zone = self.at.tzinfo if isinstance(self.at.tzinfo, ZoneInfo) else self.zone
        first = self.at if self.recurrence.length else self.at.astimezone(zone).replace(tzinfo=None)
        try:
            return self.recurrence.moments(first, zone, count)
        except (NoRecurrence, NoSuchTimes) as refused:
            raise NotUnderstood(str(refused)) from None


ReadMoments = Callable[[str], Moments]
"""Reads what was typed; raises NotUnderstood."""

EXAMPLES: Final = "+20s, in 2 hours, 18:30, 18:30 IST, tomorrow 9am, fri 18:00, 26 nov 18:00, 2030-01-31 09:00"
_MOST: Final = timedelta(days=3650)
_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "seconds"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hours"),
    **dict.fromkeys(("d", "day", "days"), "days"),
    **dict.fromkeys(("w", "week", "weeks"), "weeks"),
}
_PART: Final = re.compile(rf"(\d{{1,6}})({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-z])")
_TIME: Final = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?)? ?(am|pm)?")
_IN_ZONE: Final = re.compile(r"(.+) ([a-z]+/[a-z_/+0-9-]+)")
_EVERY: Final = re.compile(r"(.+?)\s+every\s+(\S.*)")
_ZONES: Final = {
    "utc": UTC, "gmt": UTC, "z": UTC,
    "ist": timezone(timedelta(hours=5, minutes=30)),
}  # fmt: skip
"""Names of zones that are understood; of others several share a name."""
_OFFSET: Final = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?")
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_moments(text: str, now: datetime, zone: tzinfo | None = None) -> Moments:
    """Read a moment, or a series of them.

    Args:
        now: the database's time, which decides what is past.
        zone: the zone of times without an offset; None: the machine's own.
    Returns: moments whose tzinfo is the zone that they were read in.
    Raises: NotUnderstood, also when the moment has passed.
    """
    typed = _normalize(text)
    if found := _EVERY.fullmatch(typed):
        try:
            recurrence = read_recurrence(found[2])
        except NoRecurrence as refused:
            raise NotUnderstood(str(refused)) from None
        return Moments(read_moment(found[1], now, zone), recurrence, zone)
    return Moments(read_moment(typed, now, zone))


def read_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Read one moment. Raises: NotUnderstood, also when the moment has passed."""
    typed = _normalize(text)
    if not typed:
        raise NotUnderstood(f"When? {EXAMPLES}.")
    if found := _IN_ZONE.fullmatch(typed):
        typed, zone = found[1], _zone(found[2])
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


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(canonical(name))
    except (NoZone, ZoneInfoNotFoundError):
        raise NotUnderstood(f"{name} is no time zone: say one such as Asia/Kolkata, or utc.") from None


def _read_relative(typed: str, now: datetime) -> datetime | None:
    found = re.fullmatch(r"(?:\+|in )(.+)", typed)
    length = read_length(found[1].replace(" ", "")) if found else None
    if length is None:
        return None
    if length > _MOST:
        raise NotUnderstood("That is more than ten years ahead: give a date.")
    return now + length


def read_length(text: str) -> timedelta | None:
    """A length of time, `2h` or `1h30m`; None when it is none."""
    found = _PART.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        return None
    parts: dict[str, int] = {}
    for number, unit in found:
        if _UNITS[unit] in parts:
            return None  # 1h2h: which one was meant?
        parts[_UNITS[unit]] = int(number)
    return timedelta(**parts)


def _read_absolute(typed: str, zone: tzinfo | None) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}[t ]\d{1,2}:\d{2}", typed):
        return None
    given = re.sub(r" ?(z|utc|gmt)$", "+00:00", re.sub(r" ?ist$", "+05:30", typed)).replace("t", " ")
    given = re.sub(r"^(\S+) (\d):", r"\1 0\2:", re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", given))
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise NotUnderstood(f"There is no such time: {error}.") from None
    return at if at.tzinfo else _in_zone_once(at, zone)


def _read_by_day(typed: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    rest, zone = _take_zone(typed, zone)
    today = now.astimezone(zone).date()
    first, _, later = rest.partition(" ")
    if first in ("today", "tomorrow"):
        return _on(today + timedelta(days=first == "tomorrow"), later, zone, first)
    if first == "next" and _weekday(later.partition(" ")[0]):
        # The monday that comes next; on a monday, the one in a week.
        word, _, later = later.partition(" ")
        ahead = (_weekday(word) - 1 - today.weekday()) % 7 or 7
        return _on(today + timedelta(days=ahead), later, zone, f"next {word}")
    if weekday := _weekday(first):
        ahead = (weekday - 1 - today.weekday()) % 7
        at = _on(today + timedelta(days=ahead), later, zone, first)
        return at if at > now else _on(today + timedelta(days=ahead + 7), later, zone, first)
    if found := _read_date(rest, today):
        day, later, word = found
        return _on(day, later, zone, word)
    if (of_day := _time(rest)) is None:
        return None
    at = _in_zone_once(datetime.combine(today, of_day), zone)
    return at if at > now else _in_zone_once(datetime.combine(today + timedelta(days=1), of_day), zone)


def _take_zone(typed: str, zone: tzinfo | None) -> tuple[str, tzinfo | None]:
    rest, _, last = typed.rpartition(" ")
    if rest and last in _ZONES:
        return rest, _ZONES[last]
    if rest and (found := _OFFSET.fullmatch(last)):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset < timedelta(hours=15):
            return rest, timezone(offset if found[1] == "+" else -offset)
    return typed, zone


def _read_date(typed: str, today: date) -> tuple[date, str, str] | None:
    # 26 nov [2030] 18:00, nov 26 18:00; without a year the next such day.
    found = re.match(r"(?:(\d{1,2}) ([a-z]{3,9})|([a-z]{3,9}) (\d{1,2}))(?:,? (\d{4}))?(?: (.*))?$", typed)
    month = _named(found[2] or found[3], _MONTHS) if found else 0
    if found is None or not month:
        return None
    year = int(found[5]) if found[5] else today.year
    word = f"{found[1] or found[4]} {_MONTHS[month - 1][:3]}" + (f" {year}" if found[5] else "")
    try:
        day = date(year, month, int(found[1] or found[4]))
        day = day if found[5] or day >= today else day.replace(year=year + 1)
    except ValueError as error:
        raise NotUnderstood(f"There is no {word}: {error}.") from None
    return day, found[6] or "", word


def _weekday(word: str) -> int:
    return _named(word, _DAYS)


def _named(word: str, names: tuple[str, ...]) -> int:
    # From 1 on; 0: none.
    return next((place for place, name in enumerate(names, 1) if len(word) >= 3 and name.startswith(word)), 0)


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


def _in_zone_once(local: datetime, zone: tzinfo | None) -> datetime:
    try:
        return moment_at(local, zone)
    except NotOneMoment as refused:
        raise NotUnderstood(str(refused)) from None
