"""Numbers a program's terms and a term's lessons: which comes next, how others make room, and all in another order."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import InvalidContent
from chaishots.content.models import Lesson, Program, Term
from chaishots.database.orm import query

# One statement: the numbers are unique, but only at its end (deferrable).
_RENUMBER: Final = """
    update {table} set {table}_number = place from unnest($1::uuid[]) with ordinality as wanted (id, place)
     where {table}.id = wanted.id and {table}_number <> place
 returning {table}.id
"""
# Of those that follow each other without a gap, the number less its place is the same.
_MAKE_ROOM: Final = """
    update {table} set {table}_number = {table}_number + 1
      from (select id, {table}_number - row_number() over (order by {table}_number) as run
              from {table} where {of}_id = $1 and {table}_number >= $2 and id is distinct from $3) as later
     where {table}.id = later.id and later.run = $2 - 1
"""
# term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number)
_LAST: Final = "select coalesce(max({table}_number), 0) as number from {table} where {of}_id = $1"


async def make_room(
    model: type[Term] | type[Lesson],
    parent_id: UUID,
    number: int,
    transaction: TransactionalDBClient,
    *,
    besides: UUID | None = None,
) -> None:
    """Give the term or lesson that has this number the next one, and so on up to the first number that is free.

    The parent is locked already. Numbers are unique again at the end of what follows, which lets `besides`, that is to
    get the number, have its old one meanwhile.
    """
    table, of = names_of(model)
    await query(transaction, f"set constraints {table}_number_unique deferred")
    await query(transaction, _MAKE_ROOM.format(table=table, of=of), parent_id, number, besides)


async def next_lesson_number(term_id: UUID, transaction: TransactionalDBClient) -> int:
    """The number behind the last of a term's lessons."""
    return await _next(Lesson, term_id, transaction)


async def next_term_number(program_id: UUID, transaction: TransactionalDBClient) -> int:
    """The number behind the last of a program's terms."""
    return await _next(Term, program_id, transaction)


async def _next(model: type[Term] | type[Lesson], parent_id: UUID, transaction: TransactionalDBClient) -> int:
    table, of = names_of(model)
    return (await query(transaction, _LAST.format(table=table, of=of), parent_id))[0]["number"] + 1


async def reorder(
    model: type[Term] | type[Lesson], parent_id: UUID, order: Sequence[UUID], *, version: int | None, actor: str
) -> int:
    """Number a program's terms, or a term's lessons, from 1 on in this order, which names each of them once.

    The order is part of the parent, which gets another version by it.

    Args:
        version: the parent's that the order is meant for.
    Returns: the parent's version from now on.
    Raises: NotFound, VersionConflict, InvalidContent.
    """
    table, of = names_of(model)
    async with changing(actor) as transaction:
        parent = await lock(Program if model is Term else Term, parent_id, transaction, version=version)
        rows = await query(transaction, f"select id from {table} where {of}_id = $1", parent_id)
        present = {row["id"] for row in rows}
        if len(order) != len(present) or set(order) != present:
            raise InvalidContent(f"Name each of the {len(present)} {table}s once, and no other.", field="order")
        if await query(transaction, _RENUMBER.format(table=table), list(order)):
            await query(transaction, f"update {of} set version = version + 1 where id = $1", parent_id)
            await parent.refresh_from_db(using_db=transaction)
        return parent.version


def names_of(model: type[Term] | type[Lesson]) -> tuple[str, str]:
    """The table, and that of what its rows are numbered in."""
    return ("term", "program") if model is Term else ("lesson", "term")
