"""Takes a published release back: what it published goes down, what it changed is as it was, what it ended is public.

In one transaction, and told beforehand. A lesson that was public is never a draft again: it is archived, and stays in
the release, whose history it is. What was taken down by hand since stays down.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.load_and_save import database_now, save
from chaishots.content.editing.revert_change import Line, hold, line_of, require_newest, take_back
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import Versioned, lock
from chaishots.content.errors import InvalidTransition
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.models import Lesson, Program, Release, Term
from chaishots.database.orm import query

# lesson_of_release (release_id). By id, as whoever locks many.
_LOCK: Final = "select id from lesson where release_id = $1 and status = 'published' order by id for no key update"
_TAKE_DOWN: Final = "update lesson set status = 'archived' where id = any($1)"
_LESSONS: Final = """
    select lesson.id as lesson_id, lesson.title, term.program_id, term.term_number, lesson.lesson_number
      from lesson join term on term.id = lesson.term_id where lesson.id = any($1)
     order by term.program_id, term.term_number, lesson.lesson_number, lesson.id
"""
# What the release's changes have done, the last first: lines of their things between the release's own and theirs,
# while their rows were locked. change_of_release (release_id); the history by idx_activity_object_… (object_id, seq).
_DONE: Final = """
    select done.seq, change.id as change_id, done.object_type, done.object_id,
           case change.object_type when 'program' then change.object_id
                when 'term' then (select program_id from term where id = change.object_id)
                else (select program_id from lesson join term on term.id = lesson.term_id
                       where lesson.id = change.object_id) end as program_id
      from change
      join activity applied on applied.object_id = change.id and applied.action = 'change.apply'
      join activity done on done.object_id = change.object_id and done.carried_out_by is not null
           and done.seq < applied.seq
           and done.seq > (select max(seq) from activity where object_id = $1 and action = 'release.publish')
     where change.release_id = $1 and change.status = 'applied'
     order by done.seq desc
"""
_PROGRAMS: Final = """
    select program.id as program_id, program.title, program.status = 'published' and counted.lessons > 0 as is_public,
           counted.lessons
      from program cross join lateral (
        select count(*) as lessons from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and lesson.status = 'published') as counted
     where program.id in (select term.program_id from lesson join term on term.id = lesson.term_id
                           where lesson.id = any($1)) or program.id = any($2)
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
class TakenBack:
    """A change of the release that is taken back, with the title that its thing has then.

    fields: what is as it was; `status` where a lesson is public again.
    """

    change_id: UUID
    object_type: str
    object_id: UUID
    title: str
    fields: list[str]


@dataclass(frozen=True)
class ProgramThen:
    """A program as the catalog shows it then: with so many lessons, or not at all."""

    program_id: UUID
    title: str
    is_public: bool
    lessons: int


@dataclass(frozen=True)
class RevertedRelease:
    """What goes down, which changes are taken back, and what the catalog shows of the programs concerned then."""

    lessons: list[TakenDown]
    changes: list[TakenBack]
    programs: list[ProgramThen]


async def revert_release(
    release_id: UUID, *, dry_run: bool = False, force: bool = False, version: int | None = None, actor: str
) -> RevertedRelease:
    """Take back what a release has done, all of it or nothing.

    Args:
        dry_run: do everything, tell it, and undo it.
        force: also where somebody has changed since what a change of the release has changed.
    Raises: NotFound, VersionConflict, InvalidTransition when the release is not published; ChangedSince when something
        came since; NotPublishable when what it took down cannot be public again.
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
            done = await query(transaction, _DONE, release_id)
            lines = [await line_of(row["seq"], transaction) for row in done]
            if not force:
                for line in lines:
                    await require_newest(line, transaction, beside=[line.seq for line in lines])
            changes = [
                await _take_back(row["change_id"], line, transaction) for row, line in zip(done, lines, strict=True)
            ]
            of_changes = [row["program_id"] for row in done if row["program_id"]]
            programs = [ProgramThen(**row) for row in await query(transaction, _PROGRAMS, public, of_changes)]
            if lessons or changes or found.reverted_at is None:
                found.reverted_at, found.reverted_by = await database_now(transaction), actor
                await save(found, ["reverted_at", "reverted_by"], transaction)
            reverted = RevertedRelease(lessons, changes, programs)
            if dry_run:
                raise _Tried(reverted)
            return reverted
    except _Tried as tried:
        return tried.reverted


async def _take_back(change_id: UUID, line: Line, transaction: TransactionalDBClient) -> TakenBack:
    thing, _ = held = await hold(line, transaction)
    await take_back(line, held, transaction)
    await thing.refresh_from_db(using_db=transaction)
    return TakenBack(change_id, line.object_type, line.object_id, _title(thing), line.fields)


def _title(thing: Versioned) -> str:
    if isinstance(thing, Term):
        return thing.title or f"Term {thing.term_number}"
    assert isinstance(thing, Program | Lesson)  # what changes are of
    return thing.title


class _Tried(Exception):
    """What would be done is told, and nothing is kept."""

    def __init__(self, reverted: RevertedRelease) -> None:
        super().__init__()
        self.reverted = reverted
