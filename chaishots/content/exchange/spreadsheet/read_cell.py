"""What a cell says, as the value of a key that the readers of the other files read: a text, a number, a flag, a time.

A workbook has kinds of cells, a text file has none: a number where a text is due is its digits, Excel's own dates are
times. Must not know rows, nor what is stored.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from chaishots import zones
from chaishots.content.exchange.spreadsheet.rows_and_limits import Cell, unescaped
from chaishots.content.field_kinds import Kind

_MOST_EXACT: Final = 2**53
"""Up to this a workbook has whole numbers exactly."""
_SEPARATED: Final = re.compile(r"[\s,;]+")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_LOST: Final = re.compile(r"(?=.*\?{3})[?\s\d.,:;!()'\"/-]*")

NO_ZONE: Final = (
    "Say in which zone this is, in the column {}, such as Asia/Kolkata; or give the time with its offset, such as "
    "2030-02-01T18:00:00+05:30."
)
_NO_TIME: Final = "Give the time of day too: 2030-02-01 18:00."
_TIME: Final = (
    "Give a time such as 2030-02-01 18:00, with the zone in its own column, or one with its offset, such as "
    "2030-02-01T18:00:00+05:30. Others, such as 01-02-2030, mean another day elsewhere."
)
_DATED: Final = "The spreadsheet has made a date of this: format the cell as text, and type it once more."
_ROUNDED: Final = "A spreadsheet keeps 15 digits of a number: format the cell as text, and type it once more."
LOST: Final = "The spreadsheet has lost the letters of this text: save it as CSV UTF-8, or as .xlsx."


class Unreadable(ValueError):
    """A cell that says nothing of its kind; the error's own text says what would."""


def text_of(cell: Cell) -> str:
    """The text of a cell, just as it is written. Raises: Unreadable."""
    match cell:
        case str():
            return unescaped(cell)
        case bool():
            return str(cell).upper()
        case int() | float():
            return _number_text(cell)
        case _:
            raise Unreadable(_DATED)


def word_of(cell: Cell) -> str:
    """A text that spaces around it do not belong to."""
    return text_of(cell).strip()


def number_of(cell: Cell) -> str:
    """The digits of a number, or whatever else is written there."""
    return word_of(cell)


def flag_of(cell: Cell) -> str:
    """`true` or `false`, or whatever else is written there."""
    text = word_of(cell).lower()
    return "true" if text in _TRUE else "false" if text in _FALSE else text


def words_of(cell: Cell) -> list[str]:
    """Words that commas, semicolons or spaces part."""
    return [word for word in _SEPARATED.split(word_of(cell)) if word]


def moment_of(cell: Cell, zone: str | None, *, zone_column: str) -> str:
    """A time as the other files have it. Raises: Unreadable.

    Args:
        zone: in which a time is that names no offset; None: such a time is refused.
    """
    match cell:
        case datetime():
            local = cell
        case date():
            # Midnight has no time of day in a workbook.
            local = datetime.combine(cell, time())
        case str():
            text = word_of(cell)
            if _DAY.fullmatch(text):
                raise Unreadable(_NO_TIME)
            if text[:1] in ("+", "-"):
                return text  # from the moment of importing
            local = _parsed(text)
        case _:
            raise Unreadable(_TIME)
    if local.tzinfo is not None:
        return local.isoformat()
    if zone is None:
        raise Unreadable(NO_ZONE.format(zone_column))
    try:
        return zones.moment_at(local, ZoneInfo(zone)).isoformat()
    except (zones.NotOneMoment, OverflowError) as error:
        raise Unreadable(str(error)) from error


def has_zone_of_its_own(cell: Cell) -> bool:
    """Whether a time says its offset, or counts from now."""
    return isinstance(cell, str) and bool(re.search(r"(?:Z|[+-]\d\d:?\d\d)$|^[+-]", word_of(cell)))


def has_lost_letters(text: str) -> bool:
    """Whether of a text nothing is left but question marks, as where a spreadsheet saved it without its letters."""
    return _LOST.fullmatch(text) is not None


READERS: Final[Mapping[Kind, Callable[[Cell], str | list[str]]]] = {
    Kind.TITLE: text_of,
    Kind.TEXT: text_of,
    Kind.TRANSLATIONS: text_of,
    Kind.INTEGER: number_of,
    Kind.BIG_INTEGER: number_of,
    Kind.FLAG: flag_of,
    Kind.LANGUAGES: words_of,
    Kind.CHOICE: lambda cell: word_of(cell).lower(),
}
"""How the cells of a kind are read; of others by `word_of`."""
UNQUOTED: Final = frozenset({Kind.INTEGER, Kind.BIG_INTEGER, Kind.FLAG})
"""Those that are no texts."""


def _number_text(number: float) -> str:
    if isinstance(number, int) or number.is_integer():
        if abs(number) > _MOST_EXACT:
            raise Unreadable(_ROUNDED)
        return str(int(number))
    return repr(number)


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(_TIME) from error
