"""Terms: create, change, delete one, and put a program's terms in order. Each command is one transaction."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chaishots.content.editing.load_and_save import Values, change, create_part, delete
from chaishots.content.editing.move_term_or_lesson import lock_program, place_term
from chaishots.content.editing.numbers_and_order import reorder
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import TERM
from chaishots.content.models import Lesson, Term
from chaishots.database.orm import query

TERM_FIELDS: Final = frozenset(written_by(Writer.EDITOR, TERM))
MOVABLE_FIELDS: Final = TERM_FIELDS | {"program_id"}
_LOCK_PROGRAM_OF: Final = "select from program where id = (select program_id from term where id = $1) for no key update"


async def create_term(program_id: UUID, values: Values, *, has_room: bool = False, actor: str) -> Term:
    """Create a term of a program from TERM_FIELDS.

    Args:
        has_room: whether the term that has the number gets the next one, and so on.
    Raises: NotFound, Conflict, InvalidContent.
    """
    return await create_part(Term, program_id, values, TERM_FIELDS, has_room=has_room, actor=actor)


async def change_term(
    term_id: UUID, values: Values, *, has_room: bool = False, version: int | None = None, actor: str
) -> Term:
    """Change some of a term's MOVABLE_FIELDS.

    Args:
        has_room: whether the term that has the new number gets the next one, and so on.
    Raises: NotFound, VersionConflict, Conflict, InvalidContent, InvalidTransition when something in it is public and
        would go to a program that is not.
    """
    async with changing(actor) as transaction:
        program = await lock_program(values["program_id"], transaction) if "program_id" in values else None
        if has_room and program is None:
            await query(transaction, _LOCK_PROGRAM_OF, term_id)
        term = await lock(Term, term_id, transaction, version=version)
        placed = await place_term(term, values, program, transaction, has_room=has_room)
        return await change(term, placed, MOVABLE_FIELDS, transaction)


async def delete_term(term_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a term with its lessons. Raises: NotFound, VersionConflict, Conflict when some are public or scheduled."""
    lessons = Lesson.filter(term_id=term_id)
    await delete(Term, term_id, lessons=lessons, version=version, actor=actor)


async def reorder_terms(program_id: UUID, order: Sequence[UUID], *, version: int | None = None, actor: str) -> int:
    """Number a program's terms from 1 on in this order, which names each of them once.

    Args:
        version: the program's, whose part the order is.
    Returns: the program's version from now on.
    Raises: NotFound, VersionConflict, InvalidContent.
    """
    return await reorder(Term, program_id, order, version=version, actor=actor)
