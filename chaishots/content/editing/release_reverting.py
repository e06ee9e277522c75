"""Takes a published release back: all that it published goes down, in one transaction, and is told beforehand.

A lesson that was public is never a draft again: it is archived, and stays in the release, whose history it is. What was
taken down by hand since stays down.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import InvalidTransition
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.models import Release
from chaishots.database.orm import query

# lesson_of_release (release_id). By id, as whoever locks many.
_LOCK: Final = "select id from lesson where release_id = $1 and status = 'published' order by id for no key update"
_TAKE_DOWN: Final = "update lesson set status = 'archived' where id = any($1)"
_LESSONS: Final = """
    select lesson.id as lesson_id, lesson.title, term.program_id, term.term_number, lesson.lesson_number
      from lesson join term on term.id = lesson.term_id where lesson.id = any($1)
     order by term.program_id, term.term_number, lesson.lesson_number, lesson.id
"""
_PROGRAMS: Final = """
    select program.id as program_id, program.title, program.status = 'published' and counted.lessons > 0 as is_public,
           counted.lessons
      from program cross join lateral (
        select count(*) as lessons from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and lesson.status = 'published') as counted
     where program.id in (select term.program_id from lesson join term on term.id = lesson.term_id
                           where lesson.id = any($1))
     order by program.title, program.id
"""


@dataclass(frozen=True)
class TakenDown:
    """A lesson that the release had published, and that goes down."""

    lesson_id: UUID
    title: str
    program_id: UUID
    term_number: int
    lesson_number: int


@dataclass(frozen=True)
class ProgramThen:
    """A program as the catalog shows it then: with so many lessons, or not at all."""

    program_id: UUID
    title: str
    is_public: bool
    lessons: int


@dataclass(frozen=True)
class RevertedRelease:
    """What goes down, and what the catalog shows of the programs concerned then."""

    lessons: list[TakenDown]
    programs: list[ProgramThen]


async def revert_release(
    release_id: UUID, *, dry_run: bool = False, version: int | None = None, actor: str
) -> RevertedRelease:
    """Take down what a release has published, all of it or nothing.

    Args:
        dry_run: do everything, tell it, and undo it.
    Raises: NotFound, VersionConflict, InvalidTransition when the release is not published.
    """
    try:
        async with changing(actor) as transaction:
            found = await lock(Release, release_id, transaction, version=version)
            if found.status is not ReleaseStatus.PUBLISHED:
                text = f"The release is {found.status}: only a published one is taken back."
                raise InvalidTransition(text, field="status")
            public = [row["id"] for row in await query(transaction, _LOCK, release_id)]
            await query(transaction, _TAKE_DOWN, public)
            lessons = [TakenDown(**row) for row in await query(transaction, _LESSONS, public)]
            programs = [ProgramThen(**row) for row in await query(transaction, _PROGRAMS, public)]
            reverted = RevertedRelease(lessons, programs)
            if dry_run:
                raise _Tried(reverted)
            return reverted
    except _Tried as tried:
        return tried.reverted


class _Tried(Exception):
    """What would be done is told, and nothing is kept."""

    def __init__(self, reverted: RevertedRelease) -> None:
        super().__init__()
        self.reverted = reverted
