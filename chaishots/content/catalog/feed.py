"""The feed: what became public, changed or went away, in one order, with nothing missed.

It has each program and lesson at the position of its latest change (`chaishots_number_changes` numbers them), and one
that was published since the reading began where it was published too, so that nobody takes what is new for changed. It
is read from a position on. What stands there is read as it is now: so a copy is right at the end, whatever was changed
between two pages. Must not know who asks, nor how it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import asyncpg

from chaishots.content import paging
from chaishots.content.catalog.next_moments import ANY_NEXT, NOW
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.public_fields import LESSON_FIELDS, PROGRAM_FIELDS
from chaishots.content.catalog.public_json import lesson_json, program_json
from chaishots.content.catalog.requested_fields import View
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.what_is_public import PUBLIC_LESSON, PUBLIC_PROGRAM
from chaishots.content.errors import CursorExpired
from chaishots.database.connection import Connection

MOST_CHANGES: Final = 1_000
"""Changes on a page."""

_OF_OTHERS: Final = ("term", "program", "previous_lesson_id", "next_lesson_id")
_LESSON: Final = View(frozenset(name for name in LESSON_FIELDS if "." not in name and name not in _OF_OTHERS))
"""A lesson without what it says of its neighbours, its term and its program: they change by themselves."""
_PROGRAM: Final = View(
    frozenset(
        name
        for name in PROGRAM_FIELDS
        if name != "terms" and ("." not in name or (name.startswith("terms.") and not name.startswith("terms.lessons")))
    )
)
"""A program with its terms; its lessons come by themselves."""

# By feed_position_key (position) and feed_published (public_since), as the marks by theirs; then each thing by its key.
_CHANGES: Final = f"""
    with page as materialized (
        (select id, kind, position, is_public and public_since = position as is_new from feed
          where position > $1 and (is_public or position > $2) order by position limit $3)
         union all
        (select id, kind, public_since, true from feed
          where public_since > $1 and public_since > $2 and is_public and public_since < position
          order by public_since limit $3)
         order by position limit $3)
    select {NOW}, {ANY_NEXT}, coalesce(state.position, 0) as head, coalesce(state.kept_after, 0) as kept_after,
           (select mark from feed_mark where position >= $1 order by position limit 1) as mark,
           (select mark from feed_mark where position = state.position) as head_mark,
           shown.*
      from (select) as always left join feed_state as state on true left join lateral (
        select page.id, page.kind, page.position, page.is_new,
               (select mark from feed_mark where position >= page.position order by position limit 1) as own_mark,
               case page.kind when 'lesson' then (
                    select {{lesson}}::text
                      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
                     where lesson.id = page.id and {PUBLIC_LESSON})
               else (select {{program}}::text
                       from program where program.id = page.id and {PUBLIC_PROGRAM}) end as document
          from page) as shown on true
     order by shown.position
"""

_HEAD: Final = "select position, mark from feed_state join feed_mark using (position)"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the feed: all up to there was read.

    position: of the last change read. mark: of the numbering that it is of: another history has another one.
    began_at: the position at which the reading began with nothing; what was gone by then need not be told.
    """

    position: int
    mark: int
    began_at: int

    def __str__(self) -> str:
        """The place as an opaque text, for the next request's `cursor`."""
        return paging.cursor(self.position, self.mark, self.began_at)

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """The place that a text stands for. Raises: InvalidContent when it was not made here."""
        return cls(*paging.place(text, paging.number, paging.number, paging.number))


@dataclass(frozen=True, slots=True)
class Change:
    """A program or lesson that is new, has changed, or went away, as the feed tells it.

    kind: program or lesson. happened: `published`, `changed` or `removed`.
    document: a JSON object. after: the place behind it.
    """

    kind: str
    happened: str
    document: str
    after: Cursor


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a cursor.

    changes: in the order of the feed. next: where to go on. has_more: whether there is more by now.
    row: what the statement told beside.
    """

    changes: Sequence[Change]
    next: Cursor
    has_more: bool
    row: asyncpg.Record

    def rendering(self) -> Rendering:
        """The same as an answer: `{"changes": […], "next_cursor": …, "has_more": …}`."""
        documents = ",".join(change.document for change in self.changes)
        more = "true" if self.has_more else "false"
        document = f'{{"changes":[{documents}],"next_cursor":"{self.next}","has_more":{more}}}'
        return Rendering.of(self.row, document)


async def changes(
    connection: Connection, after: Cursor | None, *, limit: int, reader: Reader = Reader.ANYBODY
) -> Changes:
    """What changed after a cursor; without one all that is public, and what changes meanwhile.

    Each is a program or a lesson as the catalog shows it, without what it says of others, and with its `type`; or, when
    it is public no more, `{"type": …, "id": …, "deleted": true}`.

    Args:
        limit: changes, 1 to MOST_CHANGES.
        reader: only who holds a token gets the URLs of paid lessons.
    Raises: CursorExpired when the feed does not go back so far, or the cursor is of another history, as after a backup
        was restored: then the copy is to be made anew.
    """
    position = after.position if after else 0
    # At the head nothing that is gone is of use to whoever has nothing yet.
    began_at = after.began_at if after else _FROM_NOTHING
    # One more than asked for tells whether there is more.
    rows = await connection.fetch(statement(reader), position, began_at, limit + 1)
    first = rows[0]
    last: int = first["head"]
    if after is not None:
        _require_same_history(after, first)
    found = [row for row in rows if row["id"] is not None]
    has_more = len(found) > limit
    shown = found[:limit]
    since = after.began_at if after else last
    told = [_change(row, since) for row in shown]
    following = told[-1].after if has_more else Cursor(last, first["head_mark"] or 0, since)
    return Changes(told, following, has_more, first)


async def head(connection: Connection) -> Cursor:
    """Where the feed ends now: who reads on from there reads what comes."""
    row = await connection.fetchrow(_HEAD)
    return Cursor(row["position"], row["mark"], 0) if row else Cursor(0, 0, 0)


def _require_same_history(after: Cursor, row: asyncpg.Record) -> None:
    if row["mark"] == after.mark:
        return
    why = (
        "is older than what the feed still tells"
        if after.position <= row["kept_after"]
        else "is of another history, as after a backup was restored"
    )
    raise CursorExpired(f"This cursor {why}: begin anew, without a cursor.", field="cursor")


def _change(row: asyncpg.Record, began_at: int) -> Change:
    kind, document = row["kind"], row["document"]
    after = Cursor(row["position"], row["own_mark"] or 0, began_at)
    if document is None:
        return Change(kind, "removed", f'{{"type":"{kind}","id":"{row["id"]}","deleted":true}}', after)
    happened = "published" if row["is_new"] else "changed"
    return Change(kind, happened, f'{{"type":"{kind}",{document[1:]}', after)


@lru_cache(2)
def statement(reader: Reader) -> str:
    """The SQL of `changes`."""
    return _CHANGES.format(lesson=lesson_json(reader, _LESSON, ""), program=program_json(reader, _PROGRAM, ""))


_FROM_NOTHING: Final = 2**63 - 1
