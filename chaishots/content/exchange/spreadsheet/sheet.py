"""A sheet: its columns and its rows, and the cell that a fault is in.

Knows how rows are read and named. Must not know what is stored, nor what becomes of the rows.
"""

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from chaishots.content.errors import FileFault
from chaishots.content.exchange.faults import Fault, FaultList, Faults
from chaishots.content.exchange.spreadsheet import columns, csv_text, workbook
from chaishots.content.exchange.spreadsheet.columns import Column
from chaishots.content.exchange.spreadsheet.rows_and_limits import Row, letters

_SUFFIXES: Final = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls"})
_PLACE: Final = re.compile(r"row (\d+)(?:, (program|term))?(?:\.(.*)|\['(.*)'\])?", re.DOTALL)
# The columns of what a row says of the program and the term that it names.
_OF_PARENTS: Final = {
    ("program", "title"): columns.PROGRAM,
    ("program", "language_primary"): columns.PROGRAM_LANGUAGE,
    ("term", "term_number"): columns.TERM_NUMBER,
    ("term", "title"): columns.TERM,
}


@dataclass(frozen=True)
class Sheet:
    """The columns that its header names, and the rows below it."""

    columns: Sequence[Column]
    rows: Sequence[Row]

    @contextmanager
    def naming_cells(self) -> Generator[None]:
        """Raise faults with the cells that they are in, in the place of paths."""
        try:
            yield
        except Fault as fault:
            found = sorted(map(self._in_its_cell, fault.each), key=lambda one: one[:2])
            raise Faults([one for _, _, one in found], fault.total) from fault

    def _in_its_cell(self, fault: FileFault) -> tuple[int, int, FileFault]:
        # The row and the column, and the fault with both of them named.
        found = _PLACE.fullmatch(fault.place)
        if found is None:
            return 0, 0, replace(fault, line=None)
        number, parent, key, other = found.groups()
        key = key or other or ""
        place = f"row {number}"
        if column := self._column_of(_OF_PARENTS.get((parent, key), "") if parent else key):
            place = f"{place}, column {column.name} ({letters(column.index)}{number})"
        elif key or parent:
            place = f"{place}, {' '.join(filter(None, (parent, key)))}"
        return int(number), column.index if column else len(self.columns), replace(fault, place=place, line=None)

    def _column_of(self, key: str) -> Column | None:
        # The column itself, or else the first one of the map that is meant.
        named = {column.name: column for column in self.columns}
        of_map = (column for column in self.columns if column.entry and column.name.startswith(f"{key}."))
        return named.get(key) or next(of_map, None)


def is_sheet(text: bytes, suffix: str) -> bool:
    """Whether a file is a sheet, rather than YAML or JSON: by its name's ending, or by how it begins."""
    return suffix.lower() in _SUFFIXES or workbook.is_workbook(text) or csv_text.has_header(text, columns.is_known)


async def read_sheet(text: bytes, suffix: str) -> Sheet:
    """The sheet that a file holds. Raises: Fault, with all that is wrong with its header."""
    is_workbook = workbook.is_workbook(text) or suffix.lower().startswith(".xl")
    rows: Iterable[Row] = await workbook.read_rows(text) if is_workbook else csv_text.read_rows(text, columns.is_known)
    rows = iter(rows)
    header = next(rows, None)
    if header is None:
        raise Fault("", "The sheet is empty: its first row names the columns.")
    faults = FaultList()
    found = columns.read_header(header, faults)
    faults.require_none()
    named = {column.index for column in found}
    kept = [*rows]
    for row in kept:
        for index, cell in enumerate(row.cells):
            if index not in named and cell != "":
                place = f"row {row.number}, column {letters(index)}"
                faults.note(Fault(place, "The first row gives this column no name."))
    faults.require_none()
    return Sheet(found, kept)
