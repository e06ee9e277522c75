"""The cells of a sheet by the names of their columns, and what is wrong with one, at its place.

Knows the sheet. Must not know what is stored.
"""

from typing import Any
from uuid import UUID

from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.partial_node import PartialNode
from chaishots.content.exchange.spreadsheet import read_cell
from chaishots.content.exchange.spreadsheet.read_cell import Unreadable
from chaishots.content.exchange.spreadsheet.rows_and_limits import Cell, Row, is_empty
from chaishots.content.exchange.spreadsheet.sheet import Sheet
from chaishots.content.exchange.yaml import Node


class RowCells:
    """The cells of each row of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._columns = {column.name: column for column in sheet.columns}

    def cell(self, row: Row, name: str) -> Cell:
        """What stands in a column; an empty text where there is none."""
        column = self._columns.get(name)
        return column.cell(row) if column else ""

    def word(self, row: Row, name: str) -> str:
        """Its text without spaces around it. Raises: Fault."""
        cell = self.cell(row, name)
        return "" if is_empty(cell) else self.text(row, name).strip()

    def text(self, row: Row, name: str) -> str:
        """Its text, just as it is. Raises: Fault."""
        try:
            return read_cell.text_of(self.cell(row, name))
        except Unreadable as error:
            raise fault_at(row, name, str(error)) from error

    def uuid(self, row: Row, name: str) -> UUID | None:
        """The id that stands there; None when it is none."""
        try:
            return uuid_of(read_cell.text_of(self.cell(row, name)))
        except Unreadable:
            return None


def fault_at(row: Row, name: str, rule: str) -> Fault:
    """The fault of breaking a rule in a column."""
    return Fault(f"row {row.number}.{name}", rule, row.number)


def require_letters(row: Row, name: str, text: str) -> None:
    """Refuse a text that a spreadsheet saved without its letters. Raises: Fault."""
    if read_cell.has_lost_letters(text):
        raise fault_at(row, name, read_cell.LOST)


def uuid_of(text: str) -> UUID | None:
    """The id that a text is; None when it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def node_of(row: Row, texts: dict[str, str], parent: str, stored: dict[str, Any] | None = None) -> PartialNode:
    """The node of a row's lesson, or of what it names as its `parent`, a program or term."""
    place = f"row {row.number}, {parent}" if parent else f"row {row.number}"
    node = PartialNode({}, None, "", row.number, place=place, stored={} if stored is None else stored)
    node.value = {
        name: Node(text, node, name, row.number, is_quoted=name != "term_number") for name, text in texts.items()
    }
    return node
