"""The lesson of a row as a node: what its cells say of each field; what they leave empty stays as it is stored.

Must not know which lesson it is, nor where: `row_tree` does.
"""

from typing import Any, Final

from chaishots import times, zones
from chaishots.content.exchange.faults import Fault, FaultList, Unread
from chaishots.content.exchange.spreadsheet import columns, read_cell
from chaishots.content.exchange.spreadsheet.cells_by_column import RowCells, fault_at, node_of, require_letters
from chaishots.content.exchange.spreadsheet.columns import FIELDS, Column
from chaishots.content.exchange.spreadsheet.read_cell import Unreadable
from chaishots.content.exchange.spreadsheet.rows_and_limits import CLEARED, Cell, Row, is_empty
from chaishots.content.exchange.spreadsheet.sheet import Sheet
from chaishots.content.exchange.spreadsheet.stored_names import StoredLesson
from chaishots.content.exchange.spreadsheet.write_cell import printed
from chaishots.content.exchange.yaml import Node
from chaishots.content.field_kinds import Kind
from chaishots.content.lifecycle import Status

_REQUIRED: Final = ("lesson_number", "title", "content_type", "content_language_primary")


class LessonNodes:
    """The nodes of the lessons of a sheet. faults: gets what cannot be read."""

    def __init__(self, sheet: Sheet, cells: RowCells, faults: FaultList) -> None:
        self._cells, self._faults = cells, faults
        self._fields = [column for column in sheet.columns if column.field in FIELDS and column.field != columns.ID]

    def make(self, row: Row, lesson: StoredLesson | None, *, is_somewhere: bool) -> Node:
        """The node of a row.

        Args:
            lesson: the one that is stored; None of a new one.
            is_somewhere: whether its term is known.
        """
        # Of one whose place is not known, nobody knows what it lacks.
        of_lesson: dict[str, Any] = lesson.values if lesson else {}  # Any: values of columns
        stored = {name: of_lesson.get(name, "") for name in _REQUIRED} if lesson or not is_somewhere else {}
        node = node_of(row, {}, "", stored)
        assert isinstance(node.value, dict)
        with self._faults.noting():
            if key := str(lesson.id) if lesson else self._cells.word(row, columns.ID):
                node.value["id"] = Node(key, node, "id", row.number, is_quoted=True)
        taken_out: dict[str, set[tuple[str, ...]]] = {}
        for column in self._fields:
            cell = column.cell(row)
            if is_empty(cell):
                continue
            is_cleared = isinstance(cell, str) and cell.strip() == CLEARED
            if column.entry and is_cleared:
                taken_out.setdefault(column.field, set()).add(column.entry)
                continue
            try:
                if lesson and self._is_as_stored(row, column, lesson):
                    continue
                self._set(row, node, column, CLEARED if is_cleared else cell, lesson, is_cleared=is_cleared)
            except Fault as fault:
                self._faults.note(fault)
                # It is not missing.
                stored.setdefault(column.field, "")
            except Unread:
                pass
        node.taken_out = {name: frozenset(ways) for name, ways in taken_out.items()}
        self._faults.check(self._require_status, row, lesson)
        return node

    def _is_as_stored(self, row: Row, column: Column, lesson: StoredLesson) -> bool:
        # What an export has says nothing new, whatever SQL has stored there; a time may be another one in another zone.
        is_same = column.cell(row) == printed(lesson.values, column.field, column.entry)
        zone = columns.ZONES.get(column.field)
        return is_same and (zone is None or self._cells.word(row, zone) in ("", lesson.values[zone]))

    def _set(
        self, row: Row, node: Node, column: Column, cell: Cell, lesson: StoredLesson | None, *, is_cleared: bool
    ) -> None:
        assert isinstance(node.value, dict)
        kind = FIELDS[column.field].kind
        if is_cleared:
            node.value[column.field] = Node(CLEARED, node, column.field, row.number)
            if (zone := columns.ZONES.get(column.field)) and is_empty(self._cells.cell(row, zone)):
                # It stands beside its time alone.
                node.value[zone] = Node(CLEARED, node, zone, row.number)
            return
        if column.field in columns.ZONES:
            self._set_moment(row, node, column, cell, lesson)
            return
        try:
            value = read_cell.READERS.get(kind, read_cell.word_of)(cell)
        except Unreadable as error:
            raise fault_at(row, column.name, str(error)) from error
        if kind in (Kind.TITLE, Kind.TEXT, Kind.TRANSLATIONS):
            assert isinstance(value, str)
            require_letters(row, column.name, value)
        target, key = node, column.field
        for step in column.entry:
            assert isinstance(target.value, dict)
            target = target.value.setdefault(key, Node({}, target, key, row.number))
            key = step
        assert isinstance(target.value, dict)
        made = Node("", target, key, row.number, is_quoted=kind not in read_cell.UNQUOTED)
        made.value = (
            [Node(word, made, place, row.number, is_quoted=True) for place, word in enumerate(value)]
            if isinstance(value, list)
            else value
        )
        target.value[key] = made

    def _set_moment(self, row: Row, node: Node, column: Column, cell: Cell, lesson: StoredLesson | None) -> None:
        assert isinstance(node.value, dict)
        zone_column = columns.ZONES[column.field]
        zone, is_of_team = self._zone(row, zone_column, lesson)
        try:
            text = read_cell.moment_of(cell, zone, zone_column=zone_column)
        except Unreadable as error:
            raise fault_at(row, column.name, str(error)) from error
        node.value[column.field] = Node(text, node, column.field, row.number, is_quoted=True)
        if is_of_team and not read_cell.has_zone_of_its_own(cell):
            node.value[zone_column] = Node(zone or "", node, zone_column, row.number, is_quoted=True)

    def _zone(self, row: Row, column: str, lesson: StoredLesson | None) -> tuple[str | None, bool]:
        # The zone that a time is in which names none, and whether it is the team's.
        if text := self._cells.word(row, column):
            try:
                return (None, False) if text == CLEARED else (zones.canonical(text), False)
            except zones.NoZone as error:
                raise Unread(column) from error  # whoever reads the zone tells it
        if lesson and (stored := zones.zone_of(lesson.values[column])):
            return stored.key, False
        team = times.team_zone()
        return (team.key, True) if team else (None, False)

    def _require_status(self, row: Row, lesson: StoredLesson | None) -> None:
        # A moment alone schedules nothing: whoever thinks that it does would wait in vain.
        at = self._cells.cell(row, "publish_at")
        is_said = is_empty(at) or at == CLEARED or not is_empty(self._cells.cell(row, "status"))
        if not is_said and (lesson is None or lesson.values["status"] == Status.DRAFT):
            raise fault_at(row, "status", "Say whether the lesson is scheduled for publish_at, or still a draft.")
