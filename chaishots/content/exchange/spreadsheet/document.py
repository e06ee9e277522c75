"""The rows of a sheet as a tree of the seed format: programs, their terms, and the lessons, each with its row's place.

A row finds its lesson by id, or else by its number in its term; its term by number or title; its program by title, slug
or id. What a row leaves empty stays as it is stored. Must not know how the tree is stored.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final
from uuid import UUID

from chaishots import times, zones
from chaishots.content import languages
from chaishots.content.exchange.faults import Fault, FaultList, Unread
from chaishots.content.exchange.partial_node import PartialNode
from chaishots.content.exchange.spreadsheet import columns, values
from chaishots.content.exchange.spreadsheet.cells import CLEARED, Cell, Row, is_empty
from chaishots.content.exchange.spreadsheet.columns import FIELDS, Column
from chaishots.content.exchange.spreadsheet.printing import printed
from chaishots.content.exchange.spreadsheet.sheet import Sheet
from chaishots.content.exchange.spreadsheet.stored import (
    Stored,
    StoredLesson,
    StoredProgram,
    StoredTerm,
    load,
)
from chaishots.content.exchange.spreadsheet.values import Unreadable
from chaishots.content.exchange.yaml import Node
from chaishots.content.field_kinds import Kind
from chaishots.content.lifecycle import Status
from chaishots.content.texts import normalised
from chaishots.database.connection import Connection

_REQUIRED: Final = ("lesson_number", "title", "content_type", "content_language_primary")
_NUMBER: Final = "Give a whole number from 1 on."
_SHOWN: Final = 60  # characters of a title


@dataclass
class _Program:
    node: PartialNode
    terms: dict[object, "_Term"] = field(default_factory=dict["object", "_Term"])


@dataclass
class _Term:
    node: PartialNode
    lessons: list[Node]
    title: str = ""
    row: int = 0


async def load_stored(sheet: Sheet, connection: Connection) -> Stored:
    """What is stored of that which the rows of a sheet name."""
    cells = {column.name: column for column in sheet.columns}
    names: set[str] = set()
    ids: set[UUID] = set()
    if program := cells.get(columns.PROGRAM):
        for cell in {program.cell(row) for row in sheet.rows}:
            if not is_empty(cell) and (text := _text(cell)) is not None:
                names |= {text, normalised(text.strip())}
    program_ids = {key for name in names if (key := _uuid(name))}
    if column := cells.get(columns.ID):
        ids = {key for row in sheet.rows if (key := _uuid(_text(column.cell(row)) or ""))}
    return await load(connection, names, program_ids, ids)


class Document:
    """The tree of a sheet, made row by row."""

    def __init__(self, sheet: Sheet, stored: Stored, faults: FaultList) -> None:
        self._sheet, self._stored, self._faults = sheet, stored, faults
        self._columns = {column.name: column for column in sheet.columns}
        self._fields = [column for column in sheet.columns if column.field in FIELDS and column.field != columns.ID]
        self._programs: dict[object, _Program] = {}
        self._rows: dict[UUID, int] = {}
        self._named_ids = {key for row in sheet.rows if (key := _uuid(_text(self._cell(row, columns.ID)) or ""))}

    def root(self) -> Node:
        """The tree; what cannot be read is noted."""
        for row in self._sheet.rows:
            self._add(row)
        root = Node({}, None, "", 0)
        programs = [self._complete(program) for program in self._programs.values()]
        root.value = {"programs": Node(programs, root, "programs", 0)}
        return root

    def _complete(self, program: _Program) -> Node:
        assert isinstance(program.node.value, dict)
        program.node.value["terms"] = Node([term.node for term in program.terms.values()], program.node, "terms", 0)
        for term in program.terms.values():
            assert isinstance(term.node.value, dict)
            term.node.value["lessons"] = Node([*term.lessons], term.node, "lessons", 0)
        return program.node

    def _add(self, row: Row) -> None:
        key = _uuid(_text(self._cell(row, columns.ID)) or "")
        lesson = self._stored.lessons.get(key) if key else None
        is_somewhere = True
        try:
            term = self._find_term(row, lesson)
        except Fault as fault:
            self._faults.note(fault)
            # What else is wrong with the row is told all the same; nothing is stored.
            term, is_somewhere = self._nowhere(row), False
        with self._faults.noting():
            if lesson is None and is_empty(self._cell(row, columns.ID)):
                lesson = self._find_by_number(row, term)
        if lesson and (other := self._rows.setdefault(lesson.id, row.number)) != row.number:
            name = columns.ID if not is_empty(self._cell(row, columns.ID)) else "lesson_number"
            self._faults.note(self._fault(row, name, f"Row {other} is this lesson already."))
            return
        term.lessons.append(self._lesson(row, lesson, is_somewhere=is_somewhere))

    # Where a row's lesson is

    def _find_term(self, row: Row, lesson: StoredLesson | None) -> _Term:
        home = self._stored.terms[lesson.term_id] if lesson else None
        found = self._find_program(row, home)
        title, number = self._word(row, columns.TERM), self._term_number(row)
        if isinstance(found, StoredProgram):
            term = self._find_stored_term(row, found, number, title, home)
            program = self._known_program(row, found)
            if isinstance(term, StoredTerm):
                return self._known_term(row, program, term)
            number = term
        else:
            program = found
        if number is None:
            raise self._fault(row, columns.TERM_NUMBER, "Give the number of the term.")
        return self._new_term(row, program, number, title)

    def _find_program(self, row: Row, home: StoredTerm | None) -> StoredProgram | _Program:
        own = self._stored.programs[home.program_id] if home else None
        cell = self._cell(row, columns.PROGRAM)
        if is_empty(cell):
            if own:
                return own
            raise self._fault(row, columns.PROGRAM, self._nameless(row))
        text = self._read(row, columns.PROGRAM, cell)
        title, language = normalised(text.strip()), self._word(row, columns.PROGRAM_LANGUAGE)
        found = self._stored.by_title.get(text) or self._stored.by_title.get(title) or []
        if language:
            found = [program for program in found if program.language == _canonical(language)]
        if own in found:
            assert own is not None
            return own
        if len(found) > 1:
            rule = "Several programs have this title: give the slug or the id of the one that is meant."
            raise self._fault(row, columns.PROGRAM, rule)
        named = found[0] if found else self._by_slug_or_id(text.strip())
        if named:
            return named
        if not language:
            raise self._fault(row, columns.PROGRAM, self._unknown(title))
        return self._new_program(row, text, language)

    def _by_slug_or_id(self, text: str) -> StoredProgram | None:
        key = _uuid(text)
        return self._stored.by_slug.get(text) or (self._stored.programs.get(key) if key else None)

    def _nameless(self, row: Row) -> str:
        if is_empty(self._cell(row, columns.ID)):
            return "Name the lesson's program, by its title, slug or id."
        return "There is no lesson of this id. To create one, name its program."

    def _unknown(self, title: str) -> str:
        nearest = get_close_matches(title, self._stored.titles, 1)
        meant = f" Did you mean {nearest[0][:_SHOWN]!r}?" if nearest else ""
        return (
            f"There is no program of this title, slug or id.{meant} "
            f"To create it, give its language in the column {columns.PROGRAM_LANGUAGE}."
        )

    def _find_stored_term(
        self, row: Row, program: StoredProgram, number: int | None, title: str, home: StoredTerm | None
    ) -> StoredTerm | int:
        # The term, or the number of one that is not there yet.
        terms = self._stored.terms_of.get(program.id, [])
        if number is not None:
            term = next((term for term in terms if term.number == number), None)
            if term and title and _whole(title) != number and not _is_same(term.title, title):
                called = f"is called {term.title[:_SHOWN]!r}" if term.title else "has no title"
                rule = f"Term {number} {called}: let both name one term, or empty one of them."
                raise self._fault(row, columns.TERM, rule)
            return term or number
        own = home if home and home.program_id == program.id else None
        if not title:
            if own:
                return own
            raise self._fault(row, columns.TERM_NUMBER, "Name the lesson's term, by its number or title.")
        found = [term for term in terms if _is_same(term.title, title)]
        if own in found:
            assert own is not None
            return own
        if len(found) > 1:
            raise self._fault(row, columns.TERM, "Several terms have this title: give the number.")
        if found:
            return found[0]
        if number := _whole(title):
            return next((term for term in terms if term.number == number), number)
        rule = f"The program has no term of this title. To create it, give its number in {columns.TERM_NUMBER}."
        raise self._fault(row, columns.TERM, rule)

    def _find_by_number(self, row: Row, term: _Term) -> StoredLesson | None:
        key = _uuid(term.node.stored.get("id", ""))
        number = _whole(self._word(row, "lesson_number"))
        lesson = self._stored.by_number.get((key, number)) if key and number else None
        # One that another row names by its id is that row's.
        return None if lesson is None or lesson.id in self._named_ids else lesson

    def _term_number(self, row: Row) -> int | None:
        text = self._word(row, columns.TERM_NUMBER)
        if text and _whole(text) is None:
            raise self._fault(row, columns.TERM_NUMBER, _NUMBER)
        return _whole(text)

    # The nodes of programs and terms

    def _known_program(self, row: Row, program: StoredProgram) -> _Program:
        if program.id not in self._programs:
            stored = {"title": program.title, "language_primary": program.language}
            node = _node(row, {"id": str(program.id)}, "program", stored)
            self._programs[program.id] = _Program(node)
        return self._programs[program.id]

    def _new_program(self, row: Row, title: str, language: str) -> _Program:
        key = normalised(title.strip()), _canonical(language)
        if key not in self._programs:
            self._require_letters(row, columns.PROGRAM, title)
            node = _node(row, {"title": key[0], "language_primary": language}, "program")
            self._programs[key] = _Program(node)
        return self._programs[key]

    def _known_term(self, row: Row, program: _Program, term: StoredTerm) -> _Term:
        if term.id not in program.terms:
            node = _node(row, {"id": str(term.id)}, "term", {"term_number": term.number, "id": str(term.id)})
            program.terms[term.id] = _Term(node, [])
        return program.terms[term.id]

    def _new_term(self, row: Row, program: _Program, number: int, title: str) -> _Term:
        term = program.terms.get(number)
        if term is None:
            node = _node(row, {"term_number": str(number)}, "term")
            term = program.terms[number] = _Term(node, [])
        if title and not term.title and _whole(title) != number:
            self._require_letters(row, columns.TERM, title)
            assert isinstance(term.node.value, dict)
            term.node.value["title"] = Node(title, term.node, "title", row.number, is_quoted=True)
            term.title, term.row = title, row.number
        elif title and term.title and not _is_same(term.title, title):
            rule = f"Row {term.row} gives term {number} another title: {term.title[:_SHOWN]!r}."
            self._faults.note(self._fault(row, columns.TERM, rule))
        return term

    def _nowhere(self, row: Row) -> _Term:
        nowhere = _node(row, {}, "program", {"title": "", "language_primary": ""})
        program = self._programs.setdefault(None, _Program(nowhere))
        node = _node(row, {}, "term", {"term_number": -row.number})
        term = program.terms[-row.number] = _Term(node, [])
        return term

    # The lesson

    def _lesson(self, row: Row, lesson: StoredLesson | None, *, is_somewhere: bool) -> Node:
        # Of one whose place is not known, nobody knows what it lacks.
        of_lesson: dict[str, Any] = lesson.values if lesson else {}  # Any: values of columns
        stored = {name: of_lesson.get(name, "") for name in _REQUIRED} if lesson or not is_somewhere else {}
        node = _node(row, {}, "", stored)
        assert isinstance(node.value, dict)
        with self._faults.noting():
            if key := str(lesson.id) if lesson else self._word(row, columns.ID):
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
        return is_same and (zone is None or self._word(row, zone) in ("", lesson.values[zone]))

    def _set(
        self, row: Row, node: Node, column: Column, cell: Cell, lesson: StoredLesson | None, *, is_cleared: bool
    ) -> None:
        assert isinstance(node.value, dict)
        kind = FIELDS[column.field].kind
        if is_cleared:
            node.value[column.field] = Node(CLEARED, node, column.field, row.number)
            if (zone := columns.ZONES.get(column.field)) and is_empty(self._cell(row, zone)):
                # It stands beside its time alone.
                node.value[zone] = Node(CLEARED, node, zone, row.number)
            return
        if column.field in columns.ZONES:
            self._set_moment(row, node, column, cell, lesson)
            return
        try:
            value = values.READERS.get(kind, values.word_of)(cell)
        except Unreadable as error:
            raise self._fault(row, column.name, str(error)) from error
        if kind in (Kind.TITLE, Kind.TEXT, Kind.TRANSLATIONS):
            assert isinstance(value, str)
            self._require_letters(row, column.name, value)
        target, key = node, column.field
        for step in column.entry:
            assert isinstance(target.value, dict)
            target = target.value.setdefault(key, Node({}, target, key, row.number))
            key = step
        assert isinstance(target.value, dict)
        made = Node("", target, key, row.number, is_quoted=kind not in values.UNQUOTED)
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
            text = values.moment_of(cell, zone, zone_column=zone_column)
        except Unreadable as error:
            raise self._fault(row, column.name, str(error)) from error
        node.value[column.field] = Node(text, node, column.field, row.number, is_quoted=True)
        if is_of_team and not values.has_zone_of_its_own(cell):
            node.value[zone_column] = Node(zone or "", node, zone_column, row.number, is_quoted=True)

    def _zone(self, row: Row, column: str, lesson: StoredLesson | None) -> tuple[str | None, bool]:
        # The zone that a time is in which names none, and whether it is the team's.
        if text := self._word(row, column):
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
        at = self._cell(row, "publish_at")
        is_said = is_empty(at) or at == CLEARED or not is_empty(self._cell(row, "status"))
        if not is_said and (lesson is None or lesson.values["status"] == Status.DRAFT):
            raise self._fault(row, "status", "Say whether the lesson is scheduled for publish_at, or still a draft.")

    # Cells

    def _cell(self, row: Row, name: str) -> Cell:
        column = self._columns.get(name)
        return column.cell(row) if column else ""

    def _word(self, row: Row, name: str) -> str:
        cell = self._cell(row, name)
        return "" if is_empty(cell) else self._read(row, name, cell).strip()

    def _read(self, row: Row, name: str, cell: Cell) -> str:
        try:
            return values.text_of(cell)
        except Unreadable as error:
            raise self._fault(row, name, str(error)) from error

    def _require_letters(self, row: Row, name: str, text: str) -> None:
        if values.has_lost_letters(text):
            raise self._fault(row, name, values.LOST)

    def _fault(self, row: Row, name: str, rule: str) -> Fault:
        return Fault(f"row {row.number}.{name}", rule, row.number)


def _node(row: Row, texts: dict[str, str], parent: str, stored: dict[str, Any] | None = None) -> PartialNode:
    place = f"row {row.number}, {parent}" if parent else f"row {row.number}"
    node = PartialNode({}, None, "", row.number, place=place, stored={} if stored is None else stored)
    node.value = {
        name: Node(text, node, name, row.number, is_quoted=name != "term_number") for name, text in texts.items()
    }
    return node


def _text(cell: Cell) -> str | None:
    try:
        return values.text_of(cell)
    except Unreadable:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10 and not text.startswith("0")
    return int(text) if is_number else None


def _canonical(language: str) -> str:
    try:
        return languages.canonical(language)
    except ValueError:
        return language


def _is_same(title: str | None, named: str) -> bool:
    return title is not None and normalised(title).strip() == normalised(named).strip()
