"""What people may be about to name: titles and ids that begin with what they typed so far, for completion.

Titles in any language, and of what was deleted where a command takes that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.content.text_normalisation import starting
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
_TRANSLATED: Final = """
    union all
    (select '{kind}' as kind, one.id, said.title, one.status, one.term_id, one.program_id
       from (select {columns}, translations from {kind} where translations <> '{{}}') as one
      cross join lateral (select value ->> '{name}' as title from jsonb_each(translations)) as said
      where said.title ilike $2 and ({states} is null or one.status = any({states}))
      order by lower(said.title), one.id limit $1)
"""
_SCANNED: Final = 200_000
"""Lines of the history, the newest, among which the ends of things are looked for."""
# activity_pkey (seq), and of one thing idx_activity_object_… (object_id, seq).
_DELETED: Final = f"""
    select line.object_type as kind, line.object_id as id, ended.title, null as place
      from activity line cross join lateral (
            select coalesce(line.before ->> 'title', line.before ->> 'name',
                            'Term ' || (line.before ->> 'term_number')) as title) as ended
     where line.seq > (select max(seq) from activity) - {_SCANNED} and line.action = any($2) and {{condition}}
       and not exists (select from activity later where later.object_id = line.object_id and later.seq > line.seq
                          and later.action = line.object_type || '.create')
     order by line.seq desc limit $1
"""
_ONE: Final = """
    (select '{kind}' as kind, * from (select {columns} from {kind}) as one
      where {condition} and ({states} is null or status = any({states}))
      order by lower(title), id limit $1)
"""
_NAMES: Final = {"lesson": "title", "program": "title", "term": "title", "topic": "name"}


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
    return await _fetch(connection, "title ilike $2", starting(text), kinds, translated=True)


async def deleted_that_start(
    connection: Connection, text: str, kinds: Sequence[str], *, by_id: bool = False
) -> list[Named]:
    """Things that were deleted, by the title that they had or by their id; the latest first, at most MOST."""
    condition = "line.object_id::text like $3" if by_id else "ended.title ilike $3"
    actions = [f"{kind}.delete" for kind in kinds]
    rows = await connection.fetch(_DELETED.format(condition=condition), MOST, actions, starting(text.lower()))
    return [Named(row["kind"], row["id"], row["title"] or "", row["place"]) for row in rows]


async def ids_that_start(connection: Connection, text: str, kinds: Mapping[str, Sequence[str] | None]) -> list[Named]:
    """Things by the start of an id, as it is written; the empty start is that of all."""
    digits = text.replace("-", "").lower()
    if len(digits) > _HEX_DIGITS or not set(digits) <= set("0123456789abcdef"):
        return []
    first, last = (UUID(digits.ljust(_HEX_DIGITS, filler)) for filler in "0f")
    found = await _fetch(connection, "id between $2 and $3", first, kinds, last)
    return [thing for thing in found if str(thing.id).startswith(text.lower())]


async def _fetch(
    connection: Connection,
    condition: str,
    wanted: object,
    kinds: Mapping[str, Sequence[str] | None],
    *more: object,
    translated: bool = False,
) -> list[Named]:
    values = [MOST, wanted, *more]
    each: list[str] = []
    for kind, states in kinds.items():
        values.append(states)
        marks = {"states": f"${len(values)}::text[]", "condition": condition}
        each.append(_ONE.format(kind=kind, columns=_COLUMNS[kind], **marks))
        if translated and (name := _NAMES.get(kind)):
            each[-1] += _TRANSLATED.format(kind=kind, columns=_COLUMNS[kind], name=name, states=marks["states"])
    rows = await connection.fetch(_STARTS.format(each=" union all ".join(each)), *values)
    return [Named(row["kind"], row["id"], row["title"], row["place"]) for row in rows]
