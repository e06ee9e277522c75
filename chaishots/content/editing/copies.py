"""Copies: a lesson, a term with its lessons, or a program with all that is in it, as drafts without any moments.

A copy has what editors write, but for what only one thing can have and for a scheduled end.
"""

from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import slug_spelling
from chaishots.content.editing.move_term_or_lesson import lock_program, lock_terms
from chaishots.content.editing.numbers_and_order import next_lesson_number, next_term_number
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import NotFound
from chaishots.content.field_kinds import Field, Writer, written_by
from chaishots.content.fields import LESSON, PROGRAM, TERM
from chaishots.content.models import Lesson, Program, Term
from chaishots.database.orm import query

_LEFT: Final = frozenset(
    {"archive_at", "archive_zone", "slug", "former_slugs", "position", "term_number", "lesson_number"}
)


def _copied(fields: tuple[Field, ...]) -> tuple[str, ...]:
    return tuple(name for name in written_by(Writer.EDITOR, fields) if name not in _LEFT)


def _listed(table: str, fields: tuple[Field, ...]) -> str:
    return ", ".join(f"{table}.{name}" for name in _copied(fields))


_LESSON: Final = ", ".join(_copied(LESSON))
_TERM: Final = ", ".join(_copied(TERM))
_PROGRAM: Final = ", ".join(_copied(PROGRAM))
_COPY_LESSON: Final = f"""
    insert into lesson (term_id, lesson_number, {_LESSON}) select $2, $3, {_LESSON} from lesson where id = $1
    returning id
"""
_COPY_TERM: Final = f"""
    insert into term (program_id, term_number, {_TERM}) select $2, $3, {_TERM} from term where id = $1 returning id
"""
_COPY_PROGRAM: Final = f"""
    insert into program (slug, {_PROGRAM}) select $2, {_PROGRAM} from program where id = $1 returning id
"""
_NAME: Final = "update program set title = $2 where id = $1"
_COPY_TOPICS: Final = """
    insert into program_topic (program_id, topic_id) select $2, topic_id from program_topic where program_id = $1
"""
_COPY_TERMS: Final = f"""
    insert into term (program_id, term_number, {_TERM}) select $2, term_number, {_TERM} from term where program_id = $1
"""
_COPY_LESSONS_OF_TERM: Final = f"""
    insert into lesson (term_id, lesson_number, {_LESSON})
    select $2, lesson_number, {_LESSON} from lesson where term_id = $1
"""
_COPY_LESSONS: Final = f"""
    insert into lesson (term_id, lesson_number, {_LESSON})
    select copied.id, lesson.lesson_number, {_listed("lesson", LESSON)}
      from term join term copied on copied.program_id = $2 and copied.term_number = term.term_number
      join lesson on lesson.term_id = term.id
     where term.program_id = $1
"""


async def copy_lesson(lesson_id: UUID, *, term_id: UUID | None = None, number: int | None = None, actor: str) -> UUID:
    """Copy a lesson as a draft; the copy's id.

    Args:
        term_id: the copy's term; None for the lesson's own.
        number: the copy's number; None for the one behind the last.
    Raises: NotFound, Conflict.
    """
    async with changing(actor) as transaction:
        lesson = await Lesson.filter(id=lesson_id).using_db(transaction).first()
        if lesson is None:
            raise NotFound("There is no lesson with this id.", field="id")
        target: UUID = term_id or lesson.term_id
        if not await lock_terms([target], transaction):
            raise NotFound("There is no term with this id.", field="term_id")
        number = number or await next_lesson_number(target, transaction)
        return await _copied_by(transaction, _COPY_LESSON, "lesson", lesson_id, target, number)


async def copy_term(term_id: UUID, *, program_id: UUID | None = None, number: int | None = None, actor: str) -> UUID:
    """Copy a term with its lessons, as drafts; the copy's id.

    Args:
        program_id: the copy's program; None for the term's own.
        number: the copy's number; None for the one behind the last.
    Raises: NotFound, Conflict, InvalidContent when the program would have more than it can.
    """
    async with changing(actor) as transaction:
        term = await Term.filter(id=term_id).using_db(transaction).first()
        if term is None:
            raise NotFound("There is no term with this id.", field="id")
        target: UUID = program_id or term.program_id
        await lock_program(target, transaction)
        number = number or await next_term_number(target, transaction)
        copy = await _copied_by(transaction, _COPY_TERM, "term", term_id, target, number)
        await query(transaction, _COPY_LESSONS_OF_TERM, term_id, copy)
        return copy


async def copy_program(program_id: UUID, *, title: str | None = None, actor: str) -> UUID:
    """Copy a program with its topics, terms and lessons, as drafts; the copy's id.

    Args:
        title: the copy's, in the primary language; None for the program's own.
    Raises: NotFound.
    """
    async with changing(actor) as transaction:
        program = await lock(Program, program_id, transaction)
        slug = slug_spelling.wished(title or program.title)
        copy = await _copied_by(transaction, _COPY_PROGRAM, "program", program_id, slug)
        if title is not None:
            await query(transaction, _NAME, copy, title)
        for statement in (_COPY_TOPICS, _COPY_TERMS, _COPY_LESSONS):
            await query(transaction, statement, program_id, copy)
        return copy


async def _copied_by(
    transaction: TransactionalDBClient, statement: str, name: str, key: UUID, *values: UUID | int | str
) -> UUID:
    rows = await query(transaction, statement, key, *values)
    if not rows:
        raise NotFound(f"There is no {name} with this id.", field="id")
    return rows[0]["id"]
