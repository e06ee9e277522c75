"""The public read model: published lessons of published programs, and nothing else.

Postgres builds the nested JSON, in one statement an answer; what comes back is text, ready to be sent. A program is
public when it is published and has at least one published lesson.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.catalog.filters import EVERYTHING_PUBLIC, Place, Selection, Value
from chaishots.content.catalog.next_moments import (
    ANY_NEXT,
    COMMITTED,
    ITS,
    NEXT_OF_ITS,
    NEXT_OF_LESSON,
    NEXT_OF_PROGRAM,
    NOW,
    UNTOLD,
)
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.program_states import STATE, WRITTEN, Parts
from chaishots.content.catalog.public_fields import NEIGHBOURS
from chaishots.content.catalog.public_json import lesson_json, program_json
from chaishots.content.catalog.requested_fields import EVERYTHING, View
from chaishots.content.catalog.slug_redirects import find_programs_of_slugs, or_moved
from chaishots.content.catalog.what_is_public import (
    EACH_PUBLIC_PROGRAM,
    PUBLIC_LESSON,
    PUBLIC_PROGRAM,
    PUBLISHED_LESSON,
    PUBLISHED_PROGRAM,
)
from chaishots.content.errors import NotFound
from chaishots.database.connection import Connection

TOGETHER: Final = 8
"""Programs, or lessons, that a statement reads by their ids at most. Each costs two thirds of what it costs alone."""

# idx_program_status_… (status, published_at, id), or program_place, backwards; a topic's programs by
# program_topic_of_topic. The outer
# join gives an empty page its moments too. The last row only tells that there is another page: nobody is shown it.
_PROGRAMS: Final = """
    select {moments}, page.*
      from (select) as always left join (
        select case when program.place < $1 {wanted} then {program}::text end as document,
               program.published_at, program.id, program.position, program.place {state}
          from (select program.*, row_number() over (order by {order}) as place {written}
                  from program where {public} {filters} order by {order} limit $1) as program {its}) as page on true
     order by page.place
"""
# As wide for one as for several: Postgres plans it once, and not anew for each number of them.
_IDS: Final = ", ".join(f"${place}" for place in range(1, TOGETHER + 1))
WANTED: Final = f"unnest(array[{_IDS}]::uuid[]) with ordinality as wanted (id, place)"
WANTED_SLUGS: Final = f"unnest(array[{_IDS}]::text[]) with ordinality as named (slug, place)"
_PREFER: Final = f"${TOGETHER + 1}"
# offset 0: each by its key, also where a plan would rather read all the programs of a small catalog.
PROGRAMS_BY_ID: Final = f"""
    select wanted.place, program.id as program_id, {{moments}}, {{program}}::text as document
      from {{wanted}} cross join lateral (
        select * from program where program.id = wanted.id offset 0) as program cross join lateral (
        select bool_or({PUBLISHED_LESSON}) as is_public {{next_of_its}}
          from term join lesson on lesson.term_id = term.id where term.program_id = program.id) as its
     where {PUBLISHED_PROGRAM} and its.is_public
"""
_LESSONS_BY_ID: Final = f"""
    select wanted.place, program.id as program_id, {{moments}}, ({{lesson}})::text as document
      from {{wanted}} join lesson on lesson.id = wanted.id
           join term on term.id = lesson.term_id join program on program.id = term.program_id {{its}}
     where {PUBLIC_LESSON}
"""

_TOPICS: Final = f"""
    select {NOW}, {ANY_NEXT}, row_to_json(shown)::text as document from (select array(
        select row_to_json(used) from (
            select topic.id, topic.name, count(*) as programs
              from topic join program_topic on program_topic.topic_id = topic.id
                         join program on program.id = program_topic.program_id
             where {PUBLIC_PROGRAM} group by topic.id, topic.name order by lower(topic.name)
        ) as used) as topics) as shown
"""

_SNAPSHOT: Final = f"select {COMMITTED}"


@dataclass(frozen=True, slots=True)
class Rendering:
    """An answer, and for how long nothing that is scheduled will change it, both of one statement.

    document: JSON.
    read_at: Postgres' clock then.
    changes_at: the next moment at which something scheduled may change it; in the past when that is overdue.
    ends_at: the next scheduled end of something shown; it is among what `changes_at` tells.
    snapshot: the server and what was committed there then, to be compared with `current_snapshot`.
    old_at: when it is old though nothing changed, as what is new for a week; None: never.
    cursor: where the feed ended then, of what tells it.
    program_id: the one program that is shown, itself or with a lesson of it; None: several, or a list of any.
    parts: of a page of programs, when they were asked for: then `document` is empty.
    """

    document: str
    read_at: datetime
    changes_at: datetime | None
    ends_at: datetime | None
    snapshot: str
    old_at: datetime | None = None
    cursor: str = ""
    program_id: UUID | None = None
    parts: Parts | None = None

    @classmethod
    def of(cls, row: asyncpg.Record, document: str | None = None, parts: Parts | None = None) -> "Rendering":
        """What a statement with moments told."""
        ends_at = row["next_end_at"]
        coming = (row["next_publish_at"], row["next_release_at"], row["next_change_at"], ends_at)
        return cls(
            row["document"] if document is None else document,
            row["read_at"],
            min((at for at in coming if at is not None), default=None),
            ends_at,
            row["snapshot"],
            program_id=row.get("program_id"),
            parts=parts,
        )


async def programs(
    connection: Connection,
    *,
    limit: int,
    selection: Selection = EVERYTHING_PUBLIC,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
    tells_moments: bool = True,
    known: Collection[str] | None = None,
) -> Rendering:
    """A page of public programs: `{"programs": […], "next_cursor": …}`.

    Each has its first LISTED_TERMS, and the first LISTED_LESSONS of each.

    Args:
        limit: programs, 1 to 100.
        selection: which of them, and in which order.
        reader: only who holds a token gets the URLs of paid lessons.
        view: how much of each program is shown.
        tells_moments: whether the Rendering tells when it changes.
        known: the page is given in parts, and the JSON of programs in these states is not read. None: it is whole.
    """
    statement, values = programs_statement(
        limit=limit, selection=selection, reader=reader, view=view, tells_moments=tells_moments, known=known
    )
    rows = await connection.fetch(statement, *values)
    return page_of("programs", rows, limit) if known is None else _in_parts("programs", rows, limit)


def page_of(name: str, rows: Sequence[asyncpg.Record], limit: int) -> Rendering:
    """A page under a name, of rows with their moments, of which there is one more than its limit where more follow."""
    documents = ",".join(row["document"] for row in rows[:limit] if row["id"])
    return Rendering.of(rows[0], f"{_before(name)}{documents}{_behind(rows, limit)}")


def _in_parts(name: str, rows: Sequence[asyncpg.Record], limit: int) -> Rendering:
    shown = tuple((row["state"], row["document"]) for row in rows[:limit] if row["id"])
    return Rendering.of(rows[0], "", Parts(_before(name), shown, _behind(rows, limit)))


def _before(name: str) -> str:
    return f'{{"{name}":['


def _behind(rows: Sequence[asyncpg.Record], limit: int) -> str:
    cursor = _place(rows[limit - 1]).cursor() if len(rows) > limit else None
    return f'],"next_cursor":{json.dumps(cursor)}}}'


def _place(row: asyncpg.Record) -> Place:
    return Place(row["published_at"], row["id"], row.get("position"))


async def program(
    connection: Connection,
    program_id: UUID,
    *,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
    tells_moments: bool = True,
) -> Rendering:
    """A public program with its terms and published lessons. Raises: NotFound."""
    return _only(await programs_by_id(connection, [program_id], reader=reader, view=view, tells_moments=tells_moments))


async def programs_by_id(
    connection: Connection,
    ids: Sequence[UUID],
    *,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
    tells_moments: bool = True,
) -> list[Rendering | NotFound]:
    """Programs as `program` gives them, for at most TOGETHER ids, in their order; what there is not, as an error."""
    statement = programs_by_id_statement(reader, view, tells_moments=tells_moments)
    missing = "There is no published program with this id."
    return await _by_id(connection, statement, ids, view, missing)


async def programs_by_slug(
    connection: Connection, slugs: Sequence[str], *, reader: Reader = Reader.ANYBODY, view: View = EVERYTHING
) -> list[Rendering | NotFound]:
    """The same by slugs, at most TOGETHER. A former slug of a public program gives Moved."""
    led_to = await find_programs_of_slugs(connection, slugs)
    ids = [led_to[slug].id for slug in slugs if slug in led_to]
    found = iter(await programs_by_id(connection, ids, reader=reader, view=view) if ids else ())
    missing = NotFound("There is no published program with this slug.", field="id")

    def told(slug: str) -> Rendering | NotFound:
        if slug not in led_to or isinstance(program := next(found), NotFound):
            return missing
        return or_moved(program, slug, led_to[slug].slug)

    return [told(slug) for slug in slugs]


async def lesson(
    connection: Connection, lesson_id: UUID, *, reader: Reader = Reader.ANYBODY, view: View = EVERYTHING
) -> Rendering:
    """A published lesson of a published program, with the ids of its term and program. Raises: NotFound."""
    return _only(await lessons_by_id(connection, [lesson_id], reader=reader, view=view))


async def lessons_by_id(
    connection: Connection, ids: Sequence[UUID], *, reader: Reader = Reader.ANYBODY, view: View = EVERYTHING
) -> list[Rendering | NotFound]:
    """Lessons as `lesson` gives them, for at most TOGETHER ids, in their order; what there is not, as an error."""
    missing = "There is no published lesson with this id."
    return await _by_id(connection, lessons_by_id_statement(reader, view), ids, view, missing)


async def topics(connection: Connection) -> Rendering:
    """The topics that public programs have, by name, each with the number of them: `{"topics": […]}`."""
    row = await connection.fetchrow(_TOPICS)
    assert row is not None  # it always has its row
    return Rendering.of(row)


async def current_snapshot(connection: Connection) -> str:
    """The server, and what is committed there now: as long as it is the same text, every statement reads the same.

    It differs after any transaction of the server that wrote something, of content or not. The highest `seq` of the
    history would not do: what was written first may be committed last.
    """
    return await connection.fetchval(_SNAPSHOT)


def programs_statement(
    *,
    limit: int,
    selection: Selection = EVERYTHING_PUBLIC,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
    tells_moments: bool = True,
    known: Collection[str] | None = None,
) -> tuple[str, list[Value]]:
    """The SQL of `programs`, and its values."""
    # One more than asked for tells whether there is a next page.
    values: list[Value] = [limit + 1]
    filters = selection.sql("program", values)
    wanted = state = written = its = ""
    if known is not None:
        values.append([*known])
        wanted, state = f"and its.state <> all(${len(values)}::text[])", ", its.state"
        written, its = WRITTEN, STATE
    statement = _PROGRAMS.format(
        wanted=wanted,
        state=state,
        written=written,
        its=its,
        moments=f"{NOW}, {ANY_NEXT}" if tells_moments else UNTOLD,
        program=program_json(reader, view, f"${len(values) + 1}", is_listed=True),
        public=EACH_PUBLIC_PROGRAM,
        filters=filters,
        order=selection.order.by("program"),
    )
    return statement, [*values, *_languages(view)]


@lru_cache(256)
def programs_by_id_statement(
    reader: Reader = Reader.ANYBODY, view: View = EVERYTHING, *, tells_moments: bool = True
) -> str:
    """The SQL of `programs_by_id`."""
    return PROGRAMS_BY_ID.format(
        moments=f"{NOW}, {NEXT_OF_PROGRAM}" if tells_moments else UNTOLD,
        next_of_its=NEXT_OF_ITS if tells_moments else "",
        program=program_json(reader, view, _PREFER),
        wanted=WANTED,
    )


@lru_cache(256)
def lessons_by_id_statement(reader: Reader = Reader.ANYBODY, view: View = EVERYTHING) -> str:
    """The SQL of `lessons_by_id`."""
    # What is scheduled in its program may become a neighbour.
    has_neighbours = view.fields is None or not view.fields.isdisjoint(NEIGHBOURS)
    return _LESSONS_BY_ID.format(
        moments=f"{NOW}, {NEXT_OF_PROGRAM if has_neighbours else NEXT_OF_LESSON}",
        its=ITS if has_neighbours else "",
        lesson=lesson_json(reader, view, _PREFER),
        wanted=WANTED,
    )


async def _by_id(
    connection: Connection, statement: str, ids: Sequence[UUID], view: View, missing: str
) -> list[Rendering | NotFound]:
    values = [*ids, *[None] * (TOGETHER - len(ids)), *_languages(view)]
    rows = {row["place"]: row for row in await connection.fetch(statement, *values)}
    return [
        Rendering.of(rows[place]) if place in rows else NotFound(missing, field="id")
        for place in range(1, len(ids) + 1)
    ]


def _only(found: list[Rendering | NotFound]) -> Rendering:
    if isinstance(found[0], NotFound):
        raise found[0]
    return found[0]


def _languages(view: View) -> list[list[str]]:
    return [list(view.prefer)] if view.prefer else []
