"""The numbers of a program's terms and of a term's lessons: which comes next, and how the others make room for one."""

from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.models import Lesson, Term
from chaishots.database.orm import query

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


def names_of(model: type[Term] | type[Lesson]) -> tuple[str, str]:
    """The table, and that of what its rows are numbered in."""
    return ("term", "program") if model is Term else ("lesson", "term")
