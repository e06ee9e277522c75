"""What is stored of the programs, terms and lessons that a sheet may mean, to find them by what its rows call them.

Reads; locks nothing. What is found is looked at once more when it is changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chaishots.content.exchange.spreadsheet.columns import FIELDS
from chaishots.content.exchange.spreadsheet.write_cell import decoded
from chaishots.database.connection import Connection

# By title, id or slug, or as the program of a lesson that is named by its id.
_PROGRAMS: Final = """
    select id, title, language_primary, slug from program
     where title = any($1) or slug = any($1) or id = any($2)
        or id in (select program_id from term join lesson on lesson.term_id = term.id where lesson.id = any($3))
     order by created_at, id
"""
# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number)
_TERMS: Final = "select id, program_id, term_number, title from term where program_id = any($1) order by term_number"
_LESSONS: Final = f"""
    select term_id, {", ".join(FIELDS)} from lesson where term_id = any($1) or id = any($2)
"""
# For the name that may have been meant.
_TITLES: Final = "select distinct title from program order by title limit 2000"


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """A program that is stored."""

    id: UUID
    title: str
    language: str
    slug: str | None


@dataclass(frozen=True, slots=True)
class StoredTerm:
    """A term that is stored."""

    id: UUID
    program_id: UUID
    number: int
    title: str | None


@dataclass(frozen=True, slots=True)
class StoredLesson:
    """A lesson that is stored, with the columns that a sheet may have."""

    id: UUID
    term_id: UUID
    values: dict[str, Any]  # Any: as the columns have them


class Stored:
    """Programs, terms and lessons by what they are known by."""

    def __init__(
        self,
        programs: Iterable[StoredProgram],
        terms: Iterable[StoredTerm],
        lessons: Iterable[StoredLesson],
        titles: Iterable[str],
    ) -> None:
        self.programs = {program.id: program for program in programs}
        self.terms = {term.id: term for term in terms}
        self.lessons = {lesson.id: lesson for lesson in lessons}
        self.titles = tuple(titles)
        self.by_title: dict[str, list[StoredProgram]] = {}
        self.by_slug: dict[str, StoredProgram] = {}
        for program in self.programs.values():
            self.by_title.setdefault(program.title, []).append(program)
            if program.slug:
                self.by_slug[program.slug] = program
        self.terms_of: dict[UUID, list[StoredTerm]] = {}
        for term in self.terms.values():
            self.terms_of.setdefault(term.program_id, []).append(term)
        self.by_number = {(lesson.term_id, lesson.values["lesson_number"]): lesson for lesson in self.lessons.values()}


async def load(
    connection: Connection, names: Iterable[str], program_ids: Iterable[UUID], lesson_ids: Iterable[UUID]
) -> Stored:
    """What is stored of these programs with all that is in them, and of these lessons with all that they are in.

    Args:
        names: titles and slugs of programs.
    """
    keys = [*lesson_ids]
    programs = [StoredProgram(*row) for row in await connection.fetch(_PROGRAMS, [*names], [*program_ids], keys)]
    terms = [StoredTerm(*row) for row in await connection.fetch(_TERMS, [program.id for program in programs])]
    rows = (decoded(row) for row in await connection.fetch(_LESSONS, [term.id for term in terms], keys))
    lessons = [StoredLesson(values["id"], values["term_id"], values) for values in rows]
    titles = [row["title"] for row in await connection.fetch(_TITLES)]
    return Stored(programs, terms, lessons, titles)
