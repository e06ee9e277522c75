"""Terms: create, change, delete one, and put a program's terms in order. Each command is one transaction."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chaishots.content.editing.records import (
    Values,
    change,
    create,
    lock,
    reorder,
    require_none_in_use,
    require_version,
)
from chaishots.content.editing.transaction import changing
from chaishots.content.fields import TERM, Writer, written_by
from chaishots.content.models import Lesson, Program, Term

TERM_FIELDS: Final = frozenset(written_by(Writer.EDITOR, TERM))


async def create_term(program_id: UUID, values: Values, *, actor: str) -> Term:
    """Create a term of a program from TERM_FIELDS. Raises: NotFound, Conflict, InvalidContent."""
    return await create(Term, values, TERM_FIELDS, actor, program_id=program_id)


async def change_term(term_id: UUID, values: Values, *, version: int | None = None, actor: str) -> Term:
    """Change some of a term's TERM_FIELDS. Raises: NotFound, VersionConflict, Conflict, InvalidContent."""
    async with changing(actor) as transaction:
        term = await lock(Term, term_id, transaction)
        require_version(term, version)
        return await change(term, values, TERM_FIELDS, transaction)


async def delete_term(term_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a term with its lessons. Raises: NotFound, VersionConflict, Conflict when some are public or scheduled."""
    async with changing(actor) as transaction:
        term = await lock(Term, term_id, transaction)
        require_version(term, version)
        await require_none_in_use(Lesson.filter(term_id=term_id), "term", transaction)
        await term.delete(using_db=transaction)


async def reorder_terms(program_id: UUID, order: Sequence[UUID], *, version: int | None = None, actor: str) -> int:
    """Number a program's terms from 1 on in this order, which names each of them once.

    Args:
        version: the program's, whose part the order is.
    Returns: the program's version from now on.
    Raises: NotFound, VersionConflict, InvalidContent.
    """
    async with changing(actor) as transaction:
        program = await lock(Program, program_id, transaction)
        require_version(program, version)
        return await reorder(program, order, transaction)
