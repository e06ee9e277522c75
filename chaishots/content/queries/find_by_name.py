"""Finds what people name: a lesson, program, term or release, by id, title or slug; what was deleted, too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chaishots.content.errors import NotFound
from chaishots.content.texts import containing, is_plain, is_visible, normalised
from chaishots.database.connection import Connection
from chaishots.times import tell_time

SHOWN: Final = 10
"""Things that fit which are listed at most."""

# For people who ask now and then: titles have no index, and are read through.
_THINGS: Final = """
    select * from (
        select 'lesson' as kind, lesson.id, lesson.title,
               program.title || ', term ' || term_number || ', lesson ' || lesson_number as place, lesson.translations
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         union all
        select 'program', id, title, '/' || slug, translations from program
         union all
        select 'term', term.id, coalesce(term.title, 'Term ' || term_number), program.title, term.translations
          from term join program on program.id = term.program_id
         union all
        select 'release', id, name, '', '{{}}' from release) as thing
     where {condition} order by kind, title, id limit $2
"""
_BY_ID: Final = _THINGS.format(condition="id = $1")
_BY_TITLE: Final = _THINGS.format(
    condition="""lower(title) = lower($1) or kind = 'program' and place = '/' || $1
       or exists (select from jsonb_each(translations) as said where lower(said.value ->> 'title') = lower($1))"""
)
_BY_PART: Final = _THINGS.format(condition="title ilike $1")

# What is not there any more; its last line is that of its end. idx_activity_object_… (object_id, seq) by id.
_DELETED: Final = """
    select line.object_type as kind, line.object_id as id,
           coalesce(line.before ->> 'title', line.before ->> 'name', 'Term ' || (line.before ->> 'term_number'))
           as title, line.at as deleted_at, line.actor as deleted_by, line.seq
      from activity line
     where {condition} and line.action in ('lesson.delete', 'program.delete', 'term.delete', 'release.delete')
     order by line.seq desc limit $2
"""
_DELETED_BY_ID: Final = _DELETED.format(condition="line.object_id = $1")
_DELETED_BY_TITLE: Final = _DELETED.format(
    condition="(lower(line.before ->> 'title') = lower($1) or lower(line.before ->> 'name') = lower($1))"
)


class Ambiguous(Exception):
    """What was named fits several things, `fits`, each in a line."""

    def __init__(self, fits: list["Thing"], *, is_cut: bool) -> None:
        super().__init__(f"{'More than ' if is_cut else ''}{len(fits)} things fit. Name one by its id:")
        self.fits = fits


@dataclass(frozen=True)
class Thing:
    """What was named. place: where it is, for people. deleted_at, deleted_by, seq: when it is no more, and its line."""

    kind: str
    id: UUID
    title: str
    place: str = ""
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    seq: int | None = None

    def __str__(self) -> str:
        """Its title with its id, as things are told everywhere."""
        of = f", {self.place}" if self.place else ""
        gone = f", deleted by {self.deleted_by}, {tell_time(self.deleted_at)}" if self.deleted_at else ""
        return f"{self.title} ({self.kind} {self.id}{of}{gone})"


async def find_thing(connection: Connection, named: str, *, only_deleted: bool = False) -> Thing:
    """The one thing that is named by its id, its title in any language, its slug or a part of its title.

    What there is goes before what was deleted, and whole titles before parts; upper and lower case are one.

    Raises: NotFound, or Ambiguous with those that fit.
    """
    text = normalised(named.strip())
    found: list[Thing] = []
    if (key := _as_id(text)) is not None:
        found = [] if only_deleted else await _fetch(connection, _BY_ID, key)
        found = found or (await _fetch(connection, _DELETED_BY_ID, key))[:1]
    elif is_visible(text) and is_plain(text):
        if not only_deleted:
            found = await _fetch(connection, _BY_TITLE, text) or await _fetch(connection, _BY_PART, containing(text))
        found = found or await _fetch(connection, _DELETED_BY_TITLE, text)
    if not found:
        raise NotFound(f"There is no {'deleted ' if only_deleted else ''}lesson, program, term or release {_how(key)}.")
    if len(found) > 1:
        raise Ambiguous(found[:SHOWN], is_cut=len(found) > SHOWN)
    return found[0]


async def _fetch(connection: Connection, sql: str, wanted: object) -> list[Thing]:
    rows = [dict(row) for row in await connection.fetch(sql, wanted, SHOWN + 1)]
    for row in rows:
        row.pop("translations", None)
    return [Thing(**row) for row in rows]


def _how(key: UUID | None) -> str:
    return "with this id" if key else "with this title, nor was one deleted"


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
