"""A sheet as text, its cells parted by commas, semicolons or tabs, as Excel, LibreOffice and Google save it.

Knows the text alone. Which delimiter it has, the header decides: the one by which the most names in it are known.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.spreadsheet.rows_and_limits import MOST_CELL, MOST_COLUMNS, MOST_ROWS, Row

_DELIMITERS: Final = ",;\t"
# Excel's own way to name the delimiter; it shows no row for it.
_NAMED: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_MOST_BYTES: Final = 64 * 2**20
"""Of the file; 130,000 lessons have some 60 MiB."""
_HEADER_CHARACTERS: Final = 64 * 1024
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_rows(text: bytes, is_known: Callable[[str], bool]) -> Iterator[Row]:
    """The rows that are not empty. Raises: Fault, where the text cannot be read on.

    Args:
        is_known: whether this may be the name of a column.
    """
    if len(text) > _MOST_BYTES:
        raise Fault("", f"Split the file: it is larger than {_MOST_BYTES // 2**20} MiB.")
    decoded = _decoded(text)
    if named := _NAMED.match(decoded):
        decoded, delimiter = decoded[named.end() :], named[1]
    else:
        delimiter = find_delimiter(decoded, is_known)
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > MOST_COLUMNS:
                raise Fault(f"row {number}", f"The row has more than {MOST_COLUMNS:,} columns: leave the others out.")
            row = Row(number, tuple(cells))
            if number > MOST_ROWS + 1:
                raise Fault("", f"Split the file: it has more than {MOST_ROWS:,} rows.")
            if not row.is_empty:
                yield row
    except csv.Error as error:
        raise Fault(f"row {number + 1}", _explained(str(error))) from error


def has_header(text: bytes, is_known: Callable[[str], bool]) -> bool:
    """Whether a text begins like a sheet: with a name of a column, and with two of them at least."""
    try:
        decoded = _decoded(text[:_HEADER_CHARACTERS], is_cut=True)
    except Fault:
        return False
    if named := _NAMED.match(decoded):
        decoded = decoded[named.end() :]
    header = _header(decoded, find_delimiter(decoded, is_known))
    # A comment of YAML may name some too, but not as its first word.
    first = next((name for name in header if name), "")
    return is_known(first) and sum(map(is_known, header)) >= 2


def find_delimiter(text: str, is_known: Callable[[str], bool]) -> str:
    """The delimiter of a text; a comma when its header tells none."""
    return max(_DELIMITERS, key=lambda delimiter: _count_known(text, delimiter, is_known))


def _count_known(text: str, delimiter: str, is_known: Callable[[str], bool]) -> int:
    return sum(map(is_known, _header(text, delimiter)))


def _header(text: str, delimiter: str) -> list[str]:
    reader = csv.reader(io.StringIO(text[:_HEADER_CHARACTERS], newline=""), delimiter=delimiter)
    try:
        # Empty rows may stand before it.
        return next((row for row in islice(reader, 100) if any(row)), list[str]())
    except csv.Error:
        return []


def _decoded(text: bytes, *, is_cut: bool = False) -> str:
    bom, encoding = next(((bom, name) for bom, name in _BOMS if text.startswith(bom)), (b"", "utf-8"))
    try:
        decoded = text[len(bom) :].decode(encoding, errors="ignore" if is_cut else "strict")
    except UnicodeError as error:
        raise Fault("", "Save the file as CSV UTF-8: it is in another encoding, which lacks most letters.") from error
    # What puts a mark before a text that has one already makes two; neither is a letter of the first column's name.
    decoded = decoded.lstrip("\ufeff")
    if "\0" in decoded:
        raise Fault("", "Leave out the NUL characters: Postgres keeps none.")
    return decoded


def _explained(error: str) -> str:
    if "field limit" in error:
        return f"A cell has more than {MOST_CELL:,} characters: is a quotation mark left open?"
    if "end of data" in error:
        return "A quotation mark is left open."
    return "A quotation mark inside a cell is written twice, and the whole cell stands in quotation marks."
