"""The loaded part of the hierarchy: which programs, terms and lessons are loaded and open, and the rows they make.

Pure: callers hand it what they read. A branch is loaded when opened, in windows; a row at its end loads the next one.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, TermRow
from chaishots.tui.rendering.content_rows import OutlineRow

PROGRAM_WINDOW: Final = 200
LESSON_WINDOW: Final = 1_000


class Outline:
    """The loaded programs, terms and lessons, and which of them are open."""

    def __init__(self) -> None:
        self.programs: list[ProgramRow] = []
        self.has_more_programs = False
        self.open: set[UUID] = set()
        self.terms: dict[UUID, list[TermRow]] = {}
        self.lessons: dict[UUID, list[LessonRow]] = {}
        self.windows: dict[UUID, int] = {}

    def open_programs(self, among: frozenset[UUID] | None = None) -> list[UUID]:
        """The open programs; only those in `among`, if given."""
        return [p.id for p in self.programs if p.id in self.open and (among is None or p.id in among)]

    def lesson_windows(self, programs: Sequence[UUID]) -> list[tuple[UUID, int]]:
        """The open terms of these programs, each with the number of lessons to load."""
        return [
            (term.id, self.windows.get(term.id, LESSON_WINDOW))
            for program in programs
            for term in self.terms.get(program, [])
            if term.id in self.open
        ]

    def put_programs(self, among: frozenset[UUID] | None, found: Sequence[ProgramRow]) -> None:
        """Store the programs read: all (`among` is None), or those in `among`, some of which may be deleted."""
        if among is None:
            self.programs = list(found)
        else:
            kept = [program for program in self.programs if program.id not in among]
            newest = [
                program for program in found if not self.has_more_programs or not kept or program.id > kept[-1].id
            ]
            self.programs = sorted([*kept, *newest], key=lambda program: program.id, reverse=True)

    def put_terms(self, programs: Sequence[UUID], found: Sequence[TermRow]) -> None:
        """Store the terms of these programs."""
        for program in programs:
            self.terms[program] = []
        for term in found:
            self.terms[term.program_id].append(term)

    def put_lessons(self, windows: Sequence[tuple[UUID, int]], found: Sequence[LessonRow]) -> None:
        """Store the lessons of these terms."""
        for term, size in windows:
            self.lessons[term], self.windows[term] = [], size
        for lesson in found:
            self.lessons[lesson.term_id].append(lesson)

    def rows(self) -> list[OutlineRow]:
        """The rows, from top to bottom."""
        rows: list[OutlineRow] = []
        for program in self.programs:
            is_open = program.id in self.open
            rows.append(OutlineRow(program.id, thing=program, is_open=is_open))
            if is_open:
                rows += self._below_program(program)
        if self.has_more_programs:
            rows.append(OutlineRow("more programs", note="more programs …"))
        return rows

    def _below_program(self, program: ProgramRow) -> list[OutlineRow]:
        if program.id not in self.terms:
            return [OutlineRow(("loading", program.id), stops=False, depth=1, note="loading …")]
        if not self.terms[program.id]:
            return [OutlineRow(("none", program.id), stops=False, depth=1, note="no terms yet")]
        rows: list[OutlineRow] = []
        for term in self.terms[program.id]:
            is_open = term.id in self.open
            rows.append(OutlineRow(term.id, thing=term, depth=1, is_open=is_open))
            if is_open:
                rows += self._below_term(term)
        return rows

    def _below_term(self, term: TermRow) -> list[OutlineRow]:
        if term.id not in self.lessons:
            return [OutlineRow(("loading", term.id), stops=False, depth=2, note="loading …")]
        lessons = self.lessons[term.id]
        if not lessons:
            return [OutlineRow(("none", term.id), stops=False, depth=2, note="no lessons yet")]
        rows = [OutlineRow(lesson.id, can_be_marked=True, thing=lesson, depth=2) for lesson in lessons]
        if left := max(0, term.tally.lessons - len(lessons)):
            rows.append(OutlineRow(("more", term.id), depth=2, note=f"{left:,} more …", more_of=term.id))
        return rows


def found_rows(programs: Sequence[ProgramRow], lessons: Sequence[LessonRow]) -> list[OutlineRow]:
    """The rows of a search: each program with the lessons found in it, in the order of the hierarchy."""
    by_program: dict[UUID, list[LessonRow]] = {program.id: [] for program in programs}
    for lesson in lessons:
        by_program.setdefault(lesson.program_id, []).append(lesson)
    known = {program.id: program for program in programs}
    rows: list[OutlineRow] = []
    for program_id, below in sorted(by_program.items(), key=lambda item: item[0], reverse=True):
        if program_id in known:
            rows.append(OutlineRow(program_id, thing=known[program_id], is_open=True))
        else:
            heading = f"{below[0].program_title}"
            rows.append(OutlineRow(("of", program_id), stops=False, note=heading))
        rows += [OutlineRow(one.id, can_be_marked=True, thing=one, depth=1, shows_term=True) for one in below]
    return rows
