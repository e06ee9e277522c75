"""Moves a term to another program, or a lesson to another term.

Programs are locked before terms, and terms before lessons, each by id, as whoever else locks several of them does.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.load_and_save import Values
from chaishots.content.editing.numbers_and_order import make_room, next_lesson_number, next_term_number
from chaishots.content.errors import InvalidTransition, NotFound
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.models import Lesson, Term
from chaishots.database.orm import query

_LOCK_PROGRAMS: Final = """
    select id, status from program
     where id = any($1) or id in (select program_id from term where id = any($2)) order by id for no key update
"""
_LOCK_TERMS: Final = "select id, program_id from term where id = any($1) order by id for no key update"
_PUBLIC: Final = "select from lesson where term_id = $1 and status = 'published' limit 1"

Terms = Mapping[UUID, ProgramStatus]
"""Terms that are locked, and where the program of each stands."""


async def lock_program(program_id: UUID, transaction: TransactionalDBClient) -> ProgramStatus:
    """Lock the program that something goes into, and tell where it stands. Raises: NotFound."""
    rows = await query(transaction, _LOCK_PROGRAMS, [program_id], [])
    if not rows:
        raise NotFound("There is no program with this id.", field="program_id")
    return ProgramStatus(rows[0]["status"])


async def lock_terms(term_ids: Iterable[UUID], transaction: TransactionalDBClient) -> Terms:
    """Lock the terms that lessons go into, and their programs; those that there are."""
    wanted = sorted(set(term_ids))
    if not wanted:
        return {}
    programs = {row["id"]: row["status"] for row in await query(transaction, _LOCK_PROGRAMS, [], wanted)}
    terms = await query(transaction, _LOCK_TERMS, wanted)
    return {row["id"]: ProgramStatus(programs[row["program_id"]]) for row in terms if row["program_id"] in programs}


async def place_lesson(
    lesson: Lesson, values: Values, terms: Terms, transaction: TransactionalDBClient, *, has_room: bool
) -> Values:
    """What to change of a lesson, its number in the term that it goes to included: the last, when none is given.

    Args:
        terms: has the term that it goes to.
        has_room: whether the lesson that has the number makes room.
    Raises: NotFound, InvalidTransition when the lesson is public, and the other program is not.
    """
    placed: dict[str, Any] = dict(values)
    term_id: UUID = placed.get("term_id", lesson.term_id)
    if term_id != lesson.term_id:
        if term_id not in terms:
            raise NotFound("There is no term with this id.", field="term_id")
        _require_public(terms[term_id], "term_id", is_public=lesson.status == Status.PUBLISHED)
        placed.setdefault("lesson_number", await next_lesson_number(term_id, transaction))
    if has_room and "lesson_number" in placed:
        await make_room(Lesson, term_id, placed["lesson_number"], transaction, besides=lesson.id)
    return placed


async def place_term(
    term: Term, values: Values, program: ProgramStatus | None, transaction: TransactionalDBClient, *, has_room: bool
) -> Values:
    """What to change of a term, its number in the program that it goes to included: the last, when none is given.

    Args:
        program: where that program stands, which is locked; None when the term stays.
        has_room: whether the term that has the number makes room.
    Raises: InvalidTransition when something in the term is public, and the other program is not.
    """
    placed: dict[str, Any] = dict(values)
    program_id: UUID = placed.get("program_id", term.program_id)
    if program is not None and program_id != term.program_id:
        _require_public(program, "program_id", is_public=bool(await query(transaction, _PUBLIC, term.id)))
        placed.setdefault("term_number", await next_term_number(program_id, transaction))
    if has_room and "term_number" in placed:
        await make_room(Term, program_id, placed["term_number"], transaction, besides=term.id)
    return placed


def _require_public(program: ProgramStatus, field: str, *, is_public: bool) -> None:
    # In a draft, a public lesson would publish the program; in an archived one, go out of sight.
    if is_public and program is not ProgramStatus.PUBLISHED:
        raise InvalidTransition(
            f"It is public, and the program that it would go to is {program}: archive it first, then move it.",
            field=field,
        )
