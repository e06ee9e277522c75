"""What people type to find lines of the history: words, who, what and when, as a condition of SQL.

`ginger tea` finds what has both words, in its actor, action or title, and `!seed` what has it not; `"ginger tea"` is
one word. `who:asha`, `what:publish`, `what:lesson.publish` and `when:today` ask for a field, `!who:seed` for others; an
id finds the lines of the thing that has it. What cannot be understood is told, never guessed.

Pure. Knows the columns of `activity`; must not know how lines are read or shown.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from chaishots.content.text_normalisation import containing, is_like, normalised
from chaishots.time_input import read_length

_LONGEST: Final = 1_000
_QUOTED: Final = 25
_MOST: Final = 20
_WORD: Final = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_FIELD: Final = re.compile(r"[a-z_]+:\S+", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?", re.IGNORECASE)
_FIELDS: Final = ("who", "what", "when")
_YEARS: Final = range(1000, 9000)
TIMES: Final = "today, yesterday, 2026-11-20, -2h"

# Of a thing that is there still, its name now; of any, the name that the line itself has.
_TEXT: Final = """concat_ws(' ', actor, carried_out_by, action, coalesce(after, before) ->> 'title',
                             before ->> 'title', coalesce(after, before) ->> 'name')"""
_NAMED: Final = " union all ".join(
    f"select id from {table} where {is_like(name)}"  # names of ours
    for table, name in (("lesson", "title"), ("program", "title"), ("term", "title"), ("topic", "name"),
                        ("release", "name"))
)  # fmt: skip
_HAS_WORD: Final = f"({is_like(_TEXT)} or coalesce(object_id in ({_NAMED}), false))"
# At the beginning of a word: `who:rao` is Asha Rao, too.
_IS_BY: Final = "(' ' || actor || ' ' || coalesce(carried_out_by, '')) ilike {0}"
# `lesson.publish`; its object or its verb alone will do.
_IS_ACTION: Final = "('.' || action) ilike {0}"


class NotUnderstood(Exception):
    """The text is no time of the past; the message says what would be."""


@dataclass(frozen=True)
class HistoryFilter:
    """Which lines of the history are wanted: all of it has to be so.

    since, until: the first moment that is wanted, and the first that is not any more.
    doubt: what was probably meant otherwise, as a sentence.
    is_understood: whether there is something to go by; if not, `doubt` says why.
    """

    words: Sequence[str] = ()
    unwanted: Sequence[str] = ()
    who: Sequence[str] = ()
    not_who: Sequence[str] = ()
    what: Sequence[str] = ()
    not_what: Sequence[str] = ()
    ids: Sequence[UUID] = ()
    since: datetime | None = None
    until: datetime | None = None
    doubt: str = ""
    is_understood: bool = True

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.conditions())

    def conditions(self) -> list[tuple[str, Any]]:
        """What is asked for, as SQL with {0} for the value that comes with it."""
        asked: list[tuple[str, Any]] = [(_HAS_WORD, _pattern(word)) for word in self.words]
        asked += [(f"not {_HAS_WORD}", _pattern(word)) for word in self.unwanted]
        asked += [(_IS_BY, _pattern(f" {name}")) for name in self.who]
        asked += [(f"not {_IS_BY}", _pattern(f" {name}")) for name in self.not_who]
        asked += [(_IS_ACTION, _pattern(f".{name}")) for name in self.what]
        asked += [(f"not {_IS_ACTION}", _pattern(f".{name}")) for name in self.not_what]
        asked += [("object_id = {0}", one) for one in self.ids]
        asked += [("at >= {0}", self.since)] if self.since else []
        asked += [("at < {0}", self.until)] if self.until else []
        return asked


def read_filter(text: str, actions: Sequence[str], now: datetime, zone: tzinfo | None) -> HistoryFilter:
    """What somebody typed; anything can be typed.

    Args:
        actions: those that there are, to tell which were probably misspelled.
        now: what `when:-2h` counts from.
        zone: the zone of days; None: the machine's own.
    """
    if len(text) > _LONGEST or len(words := _WORD.findall(_clean(text))) > _MOST:
        return HistoryFilter(doubt=f"That is too long: {_MOST} words at most.", is_understood=False)
    whole = HistoryFilter()
    for word in words:
        try:
            whole = _both(whole, _read_word(word, actions, now, zone))
        except NotUnderstood as refused:
            return HistoryFilter(doubt=str(refused), is_understood=False)
    return whole


def read_since(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    """The moment from which on lines are wanted: today, yesterday, 2026-11-20, -2h. Raises: NotUnderstood."""
    return _read_span(text.strip(), now, zone)[0]


def doubt_about(action: str, actions: Sequence[str]) -> str:
    """Why no line may have this action, as a sentence; empty for one that there is, or what one begins with."""
    wanted = action.casefold()
    if any(f".{wanted}" in f".{one}" for one in actions):
        return ""
    verbs = sorted({one.partition(".")[2] for one in actions})
    near = difflib.get_close_matches(wanted, [*verbs, *actions], n=1)
    instead = f"did you mean {near[0]}?" if near else f"{', '.join(verbs[:4])} …"
    return f"There is no action {action[:_QUOTED]}: {instead}"


def _pattern(text: str) -> str:
    return containing(_clean(text))


def _clean(text: str) -> str:
    # Halves of pairs, as a command line that is no UTF-8 has them, cannot be asked for.
    return normalised(text).replace("\0", " ").encode("utf-8", "replace").decode()


def _both(one: HistoryFilter, other: HistoryFilter) -> HistoryFilter:
    return HistoryFilter(
        words=(*one.words, *other.words),
        unwanted=(*one.unwanted, *other.unwanted),
        who=(*one.who, *other.who),
        not_who=(*one.not_who, *other.not_who),
        what=(*one.what, *other.what),
        not_what=(*one.not_what, *other.not_what),
        ids=(*one.ids, *other.ids),
        since=max(filter(None, (one.since, other.since)), default=None),
        until=min(filter(None, (one.until, other.until)), default=None),
        doubt=f"{one.doubt} {other.doubt}".strip(),
    )


def _read_word(word: str, actions: Sequence[str], now: datetime, zone: tzinfo | None) -> HistoryFilter:
    is_unwanted, said = word.startswith("!"), word.removeprefix("!")
    bare = said.replace('"', "").strip()
    field, colon, value = bare.partition(":")
    field = field.casefold() if colon and not said.startswith('"') else ""
    if not bare or (field in _FIELDS and not value.strip()):
        return HistoryFilter()  # somebody has begun to type
    if field == "when" and is_unwanted:
        raise NotUnderstood("!when: is nothing: say when:..2026-11-20 for before.")
    if field == "when":
        since, until = _read_period(value, now, zone)
        return HistoryFilter(since=since, until=until)
    if field == "who":
        return HistoryFilter(not_who=[value]) if is_unwanted else HistoryFilter(who=[value])
    if field == "what":
        doubt = doubt_about(value, actions)
        return HistoryFilter(not_what=[value], doubt=doubt) if is_unwanted else HistoryFilter(what=[value], doubt=doubt)
    if _ID.fullmatch(bare) and not is_unwanted:
        return HistoryFilter(ids=[UUID(bare)])
    doubt = ""
    if field and _FIELD.fullmatch(bare) and "//" not in bare:
        doubt = f"{field}: is no field here; who:, what: and when: are."
    return HistoryFilter(unwanted=[bare], doubt=doubt) if is_unwanted else HistoryFilter(words=[bare], doubt=doubt)


def _read_period(text: str, now: datetime, zone: tzinfo | None) -> tuple[datetime | None, datetime | None]:
    first, dots, last = text.partition("..")
    if not dots:
        start, end, _ = _read_span(text, now, zone)
        return start, end
    since = _read_span(first, now, zone)[0] if first else None
    until = _read_span(last, now, zone)[2] if last else None
    if since and until and since >= until:
        raise NotUnderstood(f"when:{text} ends before it begins.")
    return since, until


def _read_span(text: str, now: datetime, zone: tzinfo | None) -> tuple[datetime, datetime | None, datetime]:
    """The beginning of what was said; its end when it stands alone (None: it goes on), and as the end of a range."""
    said = text.casefold()
    try:
        if said in ("today", "yesterday"):
            today = now.astimezone(zone).date()
            return _whole_day(today - timedelta(days=said == "yesterday"), zone)
        if said.startswith("-") and (length := read_length(said[1:])) is not None:
            start = now - length
            return _checked(start), None, start
        if _DAY.fullmatch(text):
            return _whole_day(date.fromisoformat(text), zone)
        if _MOMENT.fullmatch(text):
            at = datetime.fromisoformat(text.upper())
            start = _checked((at if at.tzinfo or zone is None else at.replace(tzinfo=zone)).astimezone(UTC))
            return start, start + timedelta(minutes=1), start
    except (ValueError, OverflowError):
        raise NotUnderstood(f"There is no {text[:_QUOTED]}: say {TIMES}.") from None
    raise NotUnderstood(f"“{text[:_QUOTED]}” is no time: say {TIMES}.")


def _whole_day(day: date, zone: tzinfo | None) -> tuple[datetime, datetime, datetime]:
    start, end = (
        _checked(datetime.combine(one, time(), zone)).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return start, end, end


def _checked(at: datetime) -> datetime:
    # Postgres knows more years than we can tell in every zone.
    if at.year not in _YEARS:
        raise ValueError("the year is out of range")
    return at
