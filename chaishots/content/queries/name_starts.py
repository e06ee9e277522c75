"""What people may be about to name: titles and ids that begin with what they typed so far, for completion.

Knows what stands; what was deleted is named by who remembers it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.content.texts import starting
from chaishots.database.connection import Connection

MOST: Final = 100
"""Things that are offered at most."""
_HEX_DIGITS: Final = 32

# Titles have no index, and are read through; what is joined is joined for those that are offered alone.
_COLUMNS: Final = {
    "lesson": "id, title, status, term_id, null::uuid as program_id",
    "program": "id, title, status, null::uuid as term_id, null::uuid as program_id",
    "term": "id, coalesce(title, 'Term ' || term_number) as title, '' as status, null::uuid as term_id, program_id",
    "release": "id, name as title, status, null::uuid as term_id, null::uuid as program_id",
    "topic": "id, name as title, '' as status, null::uuid as term_id, null::uuid as program_id",
}
_STARTS: Final = """
    select thing.kind, thing.id, thing.title, program.title as place
      from ({each}) as thing left join term on term.id = thing.term_id
      left join program on program.id = coalesce(term.program_id, thing.program_id)
     order by lower(thing.title), thing.kind, thing.id
"""
_ONE: Final = """
    (select '{kind}' as kind, * from (select {columns} from {kind}) as one
      where {condition} and ({states} is null or status = any({states}))
      order by lower(title), id limit $1)
"""


@dataclass(frozen=True)
class Named:
    """A thing that may be meant; place: the title of its program, if it is in one."""

    kind: str
    id: UUID
    title: str
    place: str | None


async def titles_that_start(
    connection: Connection, text: str, kinds: Mapping[str, Sequence[str] | None]
) -> list[Named]:
    """Things by title, whatever the case; at most MOST of each kind.

    Args:
        kinds: what may be meant, each with the states it may be in; None: any.
    """
    return await _fetch(connection, "title ilike $2", starting(text), kinds)


async def ids_that_start(connection: Connection, text: str, kinds: Mapping[str, Sequence[str] | None]) -> list[Named]:
    """Things by the start of an id, as it is written; the empty start is that of all."""
    digits = text.replace("-", "").lower()
    if len(digits) > _HEX_DIGITS or not set(digits) <= set("0123456789abcdef"):
        return []
    first, last = (UUID(digits.ljust(_HEX_DIGITS, filler)) for filler in "0f")
    found = await _fetch(connection, "id between $2 and $3", first, kinds, last)
    return [thing for thing in found if str(thing.id).startswith(text.lower())]


async def _fetch(
    connection: Connection, condition: str, wanted: object, kinds: Mapping[str, Sequence[str] | None], *more: object
) -> list[Named]:
    values = [MOST, wanted, *more]
    each: list[str] = []
    for kind, states in kinds.items():
        values.append(states)
        marks = {"states": f"${len(values)}::text[]", "condition": condition}
        each.append(_ONE.format(kind=kind, columns=_COLUMNS[kind], **marks))
    rows = await connection.fetch(_STARTS.format(each=" union all ".join(each)), *values)
    return [Named(row["kind"], row["id"], row["title"], row["place"]) for row in rows]
