"""The hierarchy in the terminal: programs, their terms, their lessons, in windows; and search in it.

Knows every state, not only what is public. Each read is one statement and bounded: a hierarchy of 100,000 lessons is
never read as a whole for its rows, only for its counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.queries.search_filter import Search
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class Tally:
    """What is below a program or term: lessons by state, those that were refused, and the next to come."""

    draft: int
    scheduled: int
    published: int
    archived: int
    refused: int
    next_publish_at: datetime | None

    @property
    def lessons(self) -> int:
        """All of them."""
        return self.draft + self.scheduled + self.published + self.archived


@dataclass(frozen=True)
class ProgramRow:
    """A program as one line."""

    id: UUID
    title: str
    status: ProgramStatus
    languages: Sequence[str]
    version: int
    terms: int
    tally: Tally


@dataclass(frozen=True)
class TermRow:
    """A term as one line."""

    id: UUID
    program_id: UUID
    term_number: int
    title: str | None
    tally: Tally


@dataclass(frozen=True)
class LessonRow:
    """A lesson as one line, with its place in the hierarchy."""

    id: UUID
    term_id: UUID
    program_id: UUID
    program_title: str
    program_status: ProgramStatus
    term_number: int
    lesson_number: int
    title: str
    status: Status
    content_type: str
    is_paid: bool
    languages: Sequence[str]
    publish_at: datetime | None
    publish_zone: str | None
    published_at: datetime | None
    archive_at: datetime | None
    archive_zone: str | None
    publish_error: str | None
    release_id: UUID | None
    version: int


_TALLY: Final = f"""
    count(*) filter (where lesson.status = 'draft') as draft,
    count(*) filter (where lesson.status = 'scheduled') as scheduled,
    count(*) filter (where lesson.status = 'published') as published,
    count(*) filter (where lesson.status = 'archived') as archived,
    count(*) filter (where {is_refused("lesson")}) as refused,
    min(lesson.publish_at) filter (where lesson.status = 'scheduled') as next_publish_at
"""
# program_pkey, backwards; then term_number_unique (program_id, …) and lesson_number_unique (term_id, …).
_PROGRAMS: Final = f"""
    select program.*, tally.* from (
        select id, title, status, languages_available as languages, version from program
         where {{condition}} order by id desc limit $1) as program
      cross join lateral (
        select count(distinct term.id) as terms, {_TALLY}
          from term left join lesson on lesson.term_id = term.id where term.program_id = program.id) as tally
     order by program.id desc
"""
# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number).
_TERMS: Final = f"""
    select term.id, term.program_id, term.term_number, term.title, tally.* from term
      cross join lateral (select {_TALLY} from lesson where lesson.term_id = term.id) as tally
     where term.program_id = any($1) order by term.program_id, term.term_number, term.id
"""
_LESSON_COLUMNS: Final = f"""
    lesson.id, lesson.term_id, term.program_id, program.title as program_title, program.status as program_status,
    term.term_number, lesson.lesson_number, lesson.title, lesson.status, lesson.content_type, lesson.is_paid,
    lesson.content_languages_available as languages, lesson.publish_at, lesson.publish_zone,
    lesson.published_at, lesson.archive_at, lesson.archive_zone,
    {reason("lesson")} as publish_error, lesson.release_id, lesson.version
"""
_PLACED: Final = "lesson join term on term.id = lesson.term_id join program on program.id = term.program_id"
# lesson_number_unique (term_id, lesson_number), for each window anew.
_LESSONS: Final = f"""
    select {_LESSON_COLUMNS} from unnest($1::uuid[], $2::integer[]) as open (term_id, size)
      join term on term.id = open.term_id join program on program.id = term.program_id
      cross join lateral (
        select * from lesson where lesson.term_id = open.term_id order by lesson_number limit open.size) as lesson
     order by lesson.term_id, lesson.lesson_number, lesson.id
"""
_LESSONS_BY_ID: Final = f"select {_LESSON_COLUMNS} from {_PLACED} where lesson.id = any($1) order by lesson.id"
# Titles have no index that answers words within; 100,000 take a tenth of a second.
_FIND_LESSONS: Final = f"""
    select {_LESSON_COLUMNS} from {_PLACED} where {{condition}}
     order by term.program_id desc, term.term_number, lesson.lesson_number, lesson.id limit $1
"""
_IDS: Final = "lesson.id, lesson.term_id, term.program_id, lesson.release_id"
"""By which a lesson is found: its own, and those of what it is in."""
# lesson_scheduled (publish_at, id).
_PLANNED: Final = f"""
    select {_LESSON_COLUMNS} from {_PLACED}
     where lesson.status = 'scheduled' {{condition}} order by lesson.publish_at, lesson.id limit $1
"""


async def programs(
    connection: Connection, *, limit: int, after: UUID | None = None, only: Sequence[UUID] | None = None
) -> list[ProgramRow]:
    """Programs, the newest made first.

    Args:
        after: the last one of the window before.
        only: of these ids; those that are gone are left out.
    """
    return await _programs(
        connection, "($2::uuid is null or id < $2) and ($3::uuid[] is null or id = any($3))", limit, after, only
    )


async def find_programs(connection: Connection, search: Search, *, limit: int) -> list[ProgramRow]:
    """The programs whose own line the search finds, the newest made first."""
    condition, values = search.condition("title", "status", "languages_available", ids="id", first_place=2)
    return await _programs(connection, condition, limit, *values)


async def terms(connection: Connection, program_ids: Sequence[UUID]) -> list[TermRow]:
    """The terms of these programs, by program, then number."""
    rows = await connection.fetch(_TERMS, program_ids)
    return [TermRow(row["id"], row["program_id"], row["term_number"], row["title"], _tally(row)) for row in rows]


async def lessons(connection: Connection, windows: Sequence[tuple[UUID, int]]) -> list[LessonRow]:
    """The first lessons of some terms, by term, then number.

    Args:
        windows: a term, and how many of its lessons at most.
    """
    term_ids, sizes = [window[0] for window in windows], [window[1] for window in windows]
    return [_lesson(row) for row in await connection.fetch(_LESSONS, term_ids, sizes)]


async def lessons_by_id(connection: Connection, lesson_ids: Sequence[UUID]) -> list[LessonRow]:
    """These lessons, by id; those that are gone are left out."""
    return [_lesson(row) for row in await connection.fetch(_LESSONS_BY_ID, lesson_ids)]


async def find_lessons(connection: Connection, search: Search, *, limit: int) -> list[LessonRow]:
    """The lessons that a search finds, in the order of the hierarchy."""
    condition, values = search.condition(
        "lesson.title", "lesson.status", "lesson.content_languages_available", ids=_IDS, first_place=2
    )
    rows = await connection.fetch(_FIND_LESSONS.format(condition=condition), limit, *values)
    return [_lesson(row) for row in rows]


async def planned(connection: Connection, *, limit: int, search: Search | None = None) -> list[LessonRow]:
    """The scheduled lessons, the soonest first: what is overdue or was refused comes before what is to come."""
    condition, values = "", list[Any]()
    if search:
        condition, values = search.condition(
            "lesson.title || ' ' || program.title",
            "lesson.status",
            "lesson.content_languages_available",
            ids=_IDS,
            first_place=2,
        )
        condition = f"and {condition}"
    rows = await connection.fetch(_PLANNED.format(condition=condition), limit, *values)
    return [_lesson(row) for row in rows]


async def _programs(connection: Connection, condition: str, *values: Any) -> list[ProgramRow]:  # Any: the statement's
    rows = await connection.fetch(_PROGRAMS.format(condition=condition), *values)
    return [
        ProgramRow(
            row["id"],
            row["title"],
            ProgramStatus(row["status"]),
            row["languages"],
            row["version"],
            row["terms"],
            _tally(row),
        )
        for row in rows
    ]


def _tally(row: Any) -> Tally:  # Any: a record, by name
    return Tally(*(row[name] for name in ("draft", "scheduled", "published", "archived", "refused", "next_publish_at")))


def _lesson(row: Any) -> LessonRow:  # Any: a record of _LESSON_COLUMNS
    values: dict[str, Any] = dict(row)
    values["status"], values["program_status"] = Status(values["status"]), ProgramStatus(values["program_status"])
    return LessonRow(**values)
