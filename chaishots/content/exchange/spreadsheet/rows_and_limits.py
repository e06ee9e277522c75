"""What a sheet holds before anybody knows what it means: rows of cells, each with the number that the reader sees.

Knows values and letters of columns. Must not know which columns there are, nor where the rows come from.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | float | bool | datetime | date | time | timedelta
"""A cell of a workbook; of a text file all are texts. An empty one is an empty text."""

CLEARED: Final = "null"
"""The whole of a cell that empties a field, as in the other files."""
MOST_ROWS: Final = 130_000
"""As many lessons as a file of the other forms may have."""
MOST_COLUMNS: Final = 1_000
MOST_CELL: Final = 100_000
"""Characters of a cell; the longest field has 10,000 of them."""

# What Excel and others take for a formula, and with an apostrophe before it for text: OWASP, "CSV Injection".
_ESCAPED: Final = re.compile(r"'*(?:[=+\-@\t\r\n＝＋－＠]|null\Z)")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number as the spreadsheet shows it, and its cells from the first column on."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return all(map(is_empty, self.cells))


def is_empty(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return isinstance(cell, str) and not cell.strip()


def letters(index: int) -> str:
    """What a spreadsheet calls the column of this index: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def escaped(text: str) -> str:
    """The text as a cell that is no formula and clears nothing: an apostrophe stands before what could."""
    return f"'{text}" if _ESCAPED.match(text) else text


def unescaped(text: str) -> str:
    """The text of such a cell."""
    return text[1:] if text.startswith("'") and _ESCAPED.match(text) else text
