"""The rows of a sheet as a tree of the seed format: programs, their terms, and the lessons, each with its row's place.

A row finds its lesson by id, or else by its number in its term; its term by number or title; its program by title, slug
or id. What a row leaves empty stays as it is stored. Must not know how the tree is stored.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from chaishots.content import language_tags
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.partial_node import PartialNode
from chaishots.content.exchange.spreadsheet import columns
from chaishots.content.exchange.spreadsheet.cells_by_column import RowCells, fault_at, node_of, require_letters, uuid_of
from chaishots.content.exchange.spreadsheet.lesson_node import LessonNodes
from chaishots.content.exchange.spreadsheet.rows_and_limits import Row, is_empty
from chaishots.content.exchange.spreadsheet.sheet import Sheet
from chaishots.content.exchange.spreadsheet.stored_names import (
    Stored,
    StoredLesson,
    StoredProgram,
    StoredTerm,
    load,
)
from chaishots.content.exchange.yaml import Node
from chaishots.content.text_normalisation import normalised
from chaishots.database.connection import Connection

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
    cells = RowCells(sheet)
    names: set[str] = set()
    for row in sheet.rows:
        with suppress(Fault):  # whoever reads the row tells it
            if text := cells.text(row, columns.PROGRAM):
                names |= {text, normalised(text.strip())}
    program_ids = {key for name in names if (key := uuid_of(name))}
    lesson_ids = {key for row in sheet.rows if (key := cells.uuid(row, columns.ID))}
    # As it was at one moment: each lesson with its term and program.
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await load(connection, names, program_ids, lesson_ids)


class Document:
    """The tree of a sheet, made row by row."""

    def __init__(self, sheet: Sheet, stored: Stored, faults: FaultList) -> None:
        self._sheet, self._stored, self._faults = sheet, stored, faults
        self._cells = RowCells(sheet)
        self._lessons = LessonNodes(sheet, self._cells, faults)
        self._programs: dict[object, _Program] = {}
        self._rows: dict[UUID, int] = {}
        self._named_ids = {self._cells.uuid(row, columns.ID) for row in sheet.rows}

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
        key = self._cells.uuid(row, columns.ID)
        lesson = self._stored.lessons.get(key) if key else None
        is_somewhere = True
        try:
            term = self._find_term(row, lesson)
        except Fault as fault:
            self._faults.note(fault)
            # What else is wrong with the row is told all the same; nothing is stored.
            term, is_somewhere = self._nowhere(row), False
        with self._faults.noting():
            if lesson is None and is_empty(self._cells.cell(row, columns.ID)):
                lesson = self._find_by_number(row, term)
        if lesson and (other := self._rows.setdefault(lesson.id, row.number)) != row.number:
            name = columns.ID if not is_empty(self._cells.cell(row, columns.ID)) else "lesson_number"
            self._faults.note(fault_at(row, name, f"Row {other} is this lesson already."))
            return
        term.lessons.append(self._lessons.make(row, lesson, is_somewhere=is_somewhere))

    # Where a row's lesson is

    def _find_term(self, row: Row, lesson: StoredLesson | None) -> _Term:
        home = self._stored.terms[lesson.term_id] if lesson else None
        found = self._find_program(row, home)
        title, number = self._cells.word(row, columns.TERM), self._term_number(row)
        if isinstance(found, StoredProgram):
            term = self._find_stored_term(row, found, number, title, home)
            program = self._known_program(row, found)
            if isinstance(term, StoredTerm):
                return self._known_term(row, program, term)
            number = term
        else:
            program = found
        if number is None:
            raise fault_at(row, columns.TERM_NUMBER, "Give the number of the term.")
        return self._new_term(row, program, number, title)

    def _find_program(self, row: Row, home: StoredTerm | None) -> StoredProgram | _Program:
        own = self._stored.programs[home.program_id] if home else None
        cell = self._cells.cell(row, columns.PROGRAM)
        if is_empty(cell):
            if own:
                return own
            raise fault_at(row, columns.PROGRAM, self._nameless(row))
        text = self._cells.text(row, columns.PROGRAM)
        title, language = normalised(text.strip()), self._cells.word(row, columns.PROGRAM_LANGUAGE)
        found = self._stored.by_title.get(text) or self._stored.by_title.get(title) or []
        if language:
            found = [program for program in found if program.language == _canonical(language)]
        if own in found:
            assert own is not None
            return own
        if len(found) > 1:
            rule = "Several programs have this title: give the slug or the id of the one that is meant."
            raise fault_at(row, columns.PROGRAM, rule)
        named = found[0] if found else self._by_slug_or_id(text.strip())
        if named:
            return named
        if not language:
            raise fault_at(row, columns.PROGRAM, self._unknown(title))
        return self._new_program(row, text, language)

    def _by_slug_or_id(self, text: str) -> StoredProgram | None:
        key = uuid_of(text)
        return self._stored.by_slug.get(text) or (self._stored.programs.get(key) if key else None)

    def _nameless(self, row: Row) -> str:
        if is_empty(self._cells.cell(row, columns.ID)):
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
                raise fault_at(row, columns.TERM, rule)
            return term or number
        own = home if home and home.program_id == program.id else None
        if not title:
            if own:
                return own
            raise fault_at(row, columns.TERM_NUMBER, "Name the lesson's term, by its number or title.")
        found = [term for term in terms if _is_same(term.title, title)]
        if own in found:
            assert own is not None
            return own
        if len(found) > 1:
            raise fault_at(row, columns.TERM, "Several terms have this title: give the number.")
        if found:
            return found[0]
        if number := _whole(title):
            return next((term for term in terms if term.number == number), number)
        rule = f"The program has no term of this title. To create it, give its number in {columns.TERM_NUMBER}."
        raise fault_at(row, columns.TERM, rule)

    def _find_by_number(self, row: Row, term: _Term) -> StoredLesson | None:
        key = uuid_of(term.node.stored.get("id", ""))
        number = _whole(self._cells.word(row, "lesson_number"))
        lesson = self._stored.by_number.get((key, number)) if key and number else None
        # One that another row names by its id is that row's.
        return None if lesson is None or lesson.id in self._named_ids else lesson

    def _term_number(self, row: Row) -> int | None:
        text = self._cells.word(row, columns.TERM_NUMBER)
        if text and _whole(text) is None:
            raise fault_at(row, columns.TERM_NUMBER, _NUMBER)
        return _whole(text)

    # The nodes of programs and terms

    def _known_program(self, row: Row, program: StoredProgram) -> _Program:
        if program.id not in self._programs:
            stored = {"title": program.title, "language_primary": program.language}
            node = node_of(row, {"id": str(program.id)}, "program", stored)
            self._programs[program.id] = _Program(node)
        return self._programs[program.id]

    def _new_program(self, row: Row, title: str, language: str) -> _Program:
        key = normalised(title.strip()), _canonical(language)
        if key not in self._programs:
            require_letters(row, columns.PROGRAM, title)
            node = node_of(row, {"title": key[0], "language_primary": language}, "program")
            self._programs[key] = _Program(node)
        return self._programs[key]

    def _known_term(self, row: Row, program: _Program, term: StoredTerm) -> _Term:
        if term.id not in program.terms:
            node = node_of(row, {"id": str(term.id)}, "term", {"term_number": term.number, "id": str(term.id)})
            program.terms[term.id] = _Term(node, [])
        return program.terms[term.id]

    def _new_term(self, row: Row, program: _Program, number: int, title: str) -> _Term:
        term = program.terms.get(number)
        if term is None:
            node = node_of(row, {"term_number": str(number)}, "term")
            term = program.terms[number] = _Term(node, [])
        if title and not term.title and _whole(title) != number:
            require_letters(row, columns.TERM, title)
            assert isinstance(term.node.value, dict)
            term.node.value["title"] = Node(title, term.node, "title", row.number, is_quoted=True)
            term.title, term.row = title, row.number
        elif title and term.title and not _is_same(term.title, title):
            rule = f"Row {term.row} gives term {number} another title: {term.title[:_SHOWN]!r}."
            self._faults.note(fault_at(row, columns.TERM, rule))
        return term

    def _nowhere(self, row: Row) -> _Term:
        nowhere = node_of(row, {}, "program", {"title": "", "language_primary": ""})
        program = self._programs.setdefault(None, _Program(nowhere))
        node = node_of(row, {}, "term", {"term_number": -row.number})
        term = program.terms[-row.number] = _Term(node, [])
        return term


def _whole(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10 and not text.startswith("0")
    return int(text) if is_number else None


def _canonical(language: str) -> str:
    try:
        return language_tags.canonical(language)
    except ValueError:
        return language


def _is_same(title: str | None, named: str) -> bool:
    return title is not None and normalised(title).strip() == normalised(named).strip()
