"""A rhythm as people write it, and the moments that it gives: `weekly on FR`, `every 2 weeks on MO,TH`, `every 30m`.

One grammar for the API, the commands and the terminal. Days and weeks go by wall clock, as RFC 5545 has them: 18:00
stays 18:00 when clocks change. Minutes and hours are lengths of time. Pure; anybody may import this.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile
from typing import Final

from chaishots.zones import NotOneMoment, moment_at

MOST: Final = 500
"""Moments that one series has at most: as many lessons as one request schedules."""
EXAMPLES: Final = "daily, weekly on FR, every 2 weeks on MO,TH or every 30m, and until 2030-06-30 or 10 times behind it"
LONGEST: Final = 200
_MOST_STEPS: Final = 520
_MOST_LENGTH: Final = timedelta(days=3650)
_LAST: Final = datetime(9000, 1, 1)  # noqa: DTZ001  # a local time, as all here
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORDS: Final = {"daily": "day", "weekly": "week", "weekdays": "week on mo,tu,we,th,fr"}
_UNTIL: Final = re.compile(r"(.+?)[ ,]until (\d{4}-\d{2}-\d{2})")
_TIMES: Final = re.compile(r"(.+?)[ ,](?:for )?(\d{1,4}) times")
_STEP: Final = re.compile(r"(?:(\d{1,4}) ?)?(d|w|days?|weeks?)(?: on (.+))?")
_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "seconds"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hours"),
}
_PART: Final = re.compile(rf"(\d{{1,6}})({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-z])")


class NoRecurrence(Exception):
    """A text that is no rhythm, or a rhythm that does not fit; the message says what would."""


class NoSuchTimes(Exception):
    """Some of the local times do not exist, or exist twice. faults: by their places, what each could be instead."""

    def __init__(self, faults: dict[int, str]) -> None:
        super().__init__(next(iter(faults.values())))
        self.faults = faults


@dataclass(frozen=True)
class Recurrence:
    """Every so many days or weeks, or every length of time.

    Attributes:
        every: how many days or weeks; not looked at when there is a length.
        weekdays: of weeks, 0 for Monday; without, the one that it begins on.
        times: how many moments it has. until: the last day that may have one.
    """

    every: int = 1
    is_weekly: bool = False
    weekdays: tuple[int, ...] = ()
    length: timedelta | None = None
    times: int | None = None
    until: date | None = None

    def __str__(self) -> str:
        """As people write it."""
        unit = "week" if self.is_weekly else "day"
        step = f"every {unit}" if self.every == 1 else f"every {self.every} {unit}s"
        if self.length is not None:
            step = f"every {self.length.total_seconds() / 60:g}m"
        on = f" on {_listed(self.weekdays)}" if self.weekdays else ""
        return step + on + (f" until {self.until}" if self.until else f" {self.times} times" if self.times else "")

    def moments(self, first: datetime, zone: tzinfo | None, count: int) -> list[datetime]:
        """The first so many moments, each with its offset.

        Args:
            first: a local time of the zone, without an offset: the first moment. Of a length, it may have an offset.
            zone: None: the machine's own.
        Raises: NoRecurrence when it does not begin there, or ends before; NoSuchTimes.
        """
        if count > MOST:
            raise NoRecurrence(f"A series has {MOST} moments at most, not {count:,}: make several of it.")
        if self.weekdays and first.weekday() not in self.weekdays:
            day = _DAYS[first.weekday()].title()
            raise NoRecurrence(
                f"{first:%Y-%m-%d} is a {day}, not one of {_listed(self.weekdays)}: begin on one of them."
            )
        found = list(islice(self._moments(first, zone), count))
        if len(found) < count:
            moments = "1 moment" if len(found) == 1 else f"{len(found)} moments"
            text = f"There are {count} lessons, and {moments} from {first:%Y-%m-%d %H:%M} on, {self}"
            raise NoRecurrence(f"{text}: let it end later, or name fewer lessons.")
        # None of a row is named by its own offset: so the row has another time of day, or does without this one.
        faults = {
            place: f"{at.why}. Choose another time of day, or schedule this lesson by itself, at {at.readings}."
            for place, at in enumerate(found)
            if isinstance(at, NotOneMoment)
        }
        if faults:
            raise NoSuchTimes(faults)
        return [at for at in found if isinstance(at, datetime)]

    def _moments(self, first: datetime, zone: tzinfo | None) -> Iterator[datetime | NotOneMoment]:
        if self.length is not None:
            yield from self._by_length(first, self.length, zone)
            return
        for local in self._by_wall_clock(first):
            try:
                yield moment_at(local, zone)
            except NotOneMoment as refused:
                yield refused

    def _by_wall_clock(self, first: datetime) -> Iterator[datetime]:
        # Loaded here: who shows times, and makes none, does without.
        from dateutil.rrule import DAILY, WEEKLY, rrule

        rule = rrule(
            WEEKLY if self.is_weekly else DAILY,
            dtstart=first,
            interval=self.every,
            byweekday=self.weekdays or None,
            count=self.times,
        )
        last = datetime.combine(self.until, time.max) if self.until else _LAST
        return takewhile(lambda local: local <= last, rule)

    def _by_length(self, first: datetime, length: timedelta, zone: tzinfo | None) -> Iterator[datetime | NotOneMoment]:
        try:
            at = first if first.tzinfo else moment_at(first, zone)
        except NotOneMoment as refused:
            yield refused
            return
        # In UTC: sums of local times go by the wall clock.
        moments = ((at.astimezone(UTC) + length * place).astimezone(at.tzinfo) for place in range(self.times or MOST))
        last = self.until or _LAST.date()
        yield from takewhile(lambda one: one.date() <= last, moments)


def read_recurrence(text: str) -> Recurrence:
    """Read a rhythm as people write it, with `every` before it or without. Raises: NoRecurrence."""
    typed = re.sub(r" *, *", ",", " ".join(text.lower().split()))
    if len(typed) > LONGEST or not typed.isascii():
        raise NoRecurrence(f"Not understood. Say {EXAMPLES}.")
    times, until = None, None
    if found := _UNTIL.fullmatch(typed):
        typed, until = found[1], _day(found[2])
    elif found := _TIMES.fullmatch(typed):
        typed, times = found[1], int(found[2])
        if not 1 <= times <= MOST:
            raise NoRecurrence(f"A series has {MOST} moments at most: say how many, from 1 to {MOST}.")
    typed = typed.removeprefix("every ").strip()
    for word, meant in _WORDS.items():
        typed = re.sub(rf"^{word}\b", meant, typed)
    length = _length(typed.replace(" ", ""))
    if length is not None:
        return Recurrence(length=length, times=times, until=until)
    if found := _STEP.fullmatch(typed):
        every, is_weekly = int(found[1] or 1), found[2].startswith("w")
        if not 1 <= every <= _MOST_STEPS or (found[3] and not is_weekly):
            raise NoRecurrence(f"Not understood. Say {EXAMPLES}; at most every {_MOST_STEPS} weeks.")
        return Recurrence(every, is_weekly, _weekdays(found[3]) if found[3] else (), times=times, until=until)
    return Recurrence(is_weekly=True, weekdays=_weekdays(typed), times=times, until=until)


def _weekdays(text: str) -> tuple[int, ...]:
    words = re.split(r",| and | ", text)
    days = {_weekday(word) for word in words if word}
    if not days or len(days) < len([word for word in words if word]):
        raise NoRecurrence(f"Not understood. Say {EXAMPLES}, each day once.")
    return tuple(sorted(days))


def _weekday(word: str) -> int:
    for place, day in enumerate(_DAYS):
        if len(word) >= 2 and day.startswith(word):
            return place
    raise NoRecurrence(f"Not understood. Say {EXAMPLES}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoRecurrence(f"There is no day {text}: say until 2030-06-30.") from None


def _length(text: str) -> timedelta | None:
    found = _PART.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        return None
    parts: dict[str, int] = {}
    for number, unit in found:
        parts[_UNITS[unit]] = int(number) if _UNITS[unit] not in parts else 0  # 1h2h: which one was meant?
    length = timedelta(**parts)
    if not timedelta(0) < length <= _MOST_LENGTH or 0 in parts.values():
        raise NoRecurrence(f"{text} is no length: say every 30m, every 2h or every 1h30m.")
    return length


def _listed(weekdays: tuple[int, ...]) -> str:
    return ",".join(_CODES[day] for day in weekdays)
