"""Finds what people name, by id, title or slug: of each kind that goes public or holds it; what was deleted, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chaishots.content.errors import NotFound
from chaishots.content.queries.scheduled_changes import TITLE
from chaishots.content.search_words import IGNORED, plain_form
from chaishots.content.text_normalisation import containing, is_plain, is_visible, normalised
from chaishots.database.connection import Connection
from chaishots.times import tell_time

SHOWN: Final = 10
"""Things that fit which are listed at most."""

KINDS: Final = ("lesson", "program", "term", "release")
"""What is found unless more is asked for: what goes public, or holds it."""
ALL_KINDS: Final = (*KINDS, "topic", "change")
"""A change is found by its id alone: its title is that of what it changes."""

# For people who ask now and then: titles have no index, and are read through.
_EACH: Final = {
    "lesson": """
        select 'lesson' as kind, lesson.id, lesson.title,
               program.title || ', term ' || term_number || ', lesson ' || lesson_number as place, lesson.translations
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id""",
    "program": "select 'program' as kind, id, title, '/' || slug as place, translations from program",
    "term": """
        select 'term' as kind, term.id, coalesce(term.title, 'Term ' || term_number) as title, program.title as place,
               term.translations
          from term join program on program.id = term.program_id""",
    "release": "select 'release' as kind, id, name as title, '' as place, jsonb '{}' as translations from release",
    "topic": """
        select 'topic' as kind, id, name as title, '' as place,
               (select coalesce(jsonb_object_agg(tag, jsonb_build_object('title', said -> 'name')), '{}')
                  from jsonb_each(translations) as each (tag, said)) as translations
          from topic""",
    "change": f"""
        select 'change' as kind, change.id, coalesce({TITLE}, '') as title, 'of a ' || object_type as place,
               jsonb '{{}}' as translations
          from change""",
}
_THINGS: Final = "select * from ({each}) as thing where {condition} order by kind, title, id limit $2"
_BY_ID: Final = "id = $1"
_BY_TITLE: Final = """
    kind <> 'change' and (lower(title) = lower($1) or kind = 'program' and place = '/' || $1
       or exists (select from jsonb_each(translations) as said where lower(said.value ->> 'title') = lower($1)))
"""
_BY_PART: Final = """
    kind <> 'change' and (title ilike $1
       or exists (select from jsonb_each(translations) as said where said.value ->> 'title' ilike $1))
"""

_PLAIN: Final = "lower(regexp_replace(normalize({}, nfkd), $3, '', 'g')) like $1"
_BY_PLAIN_PART: Final = f"""
    kind <> 'change' and ({_PLAIN.format("title")}
       or exists (select from jsonb_each(translations) as said where {_PLAIN.format("said.value ->> 'title'")}))
"""

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
# One that was brought back and deleted again has several lines.
_DELETED_ONCE: Final = f"""
    select * from (
        select distinct on (id) * from ({_DELETED.replace("limit $2", "")}) as found order by id, seq desc
    ) as latest order by seq desc limit $2
"""
_BEFORE: Final = ("line.before ->> 'title'", "line.before ->> 'name'")
_DELETED_BY_PART: Final = _DELETED_ONCE.format(condition=f"({' or '.join(f'{name} ilike $1' for name in _BEFORE)})")
_DELETED_BY_PLAIN_PART: Final = _DELETED_ONCE.format(condition=f"({' or '.join(map(_PLAIN.format, _BEFORE))})")


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


async def find_thing(
    connection: Connection, named: str, *, only_deleted: bool = False, kinds: Sequence[str] = KINDS
) -> Thing:
    """The one thing that is named by its id, its title in any language, its slug or a part of its title.

    What there is goes before what was deleted, whole titles before parts, and titles as they are before those that
    differ in joiners or accents alone, which nobody sees or has at hand; upper and lower case are one.

    Args:
        kinds: what it may be, of ALL_KINDS.
    Raises: NotFound, or Ambiguous with those that fit.
    """
    text = normalised(named.strip())
    found: list[Thing] = []
    if (key := _as_id(text)) is not None:
        found = [] if only_deleted else await _fetch(connection, _of(kinds, _BY_ID), key)
        found = found or (await _fetch(connection, _DELETED_BY_ID, key))[:1]
    elif is_visible(text) and is_plain(text):
        if not only_deleted:
            found = await _fetch(connection, _of(kinds, _BY_TITLE), text)
            found = found or await _fetch(connection, _of(kinds, _BY_PART), containing(text))
        found = found or await _fetch(connection, _DELETED_BY_TITLE, text)
        found = found or await _fetch(connection, _DELETED_BY_PART, containing(text))
        if not only_deleted:
            found = found or await _fetch_plain(connection, _of(kinds, _BY_PLAIN_PART), text)
        found = found or await _fetch_plain(connection, _DELETED_BY_PLAIN_PART, text)
    found = [thing for thing in found if thing.kind in kinds]
    if not found:
        *most, last = kinds
        kind = f"{'deleted ' if only_deleted else ''}{', '.join(most)} or {last}" if most else last
        raise NotFound(f"There is no {kind} {_how(key, only_deleted=only_deleted)}.")
    if len(found) > 1:
        raise Ambiguous(found[:SHOWN], is_cut=len(found) > SHOWN)
    return found[0]


def _of(kinds: Sequence[str], condition: str) -> str:
    return _THINGS.format(each=" union all ".join(_EACH[kind] for kind in kinds), condition=condition)


async def _fetch_plain(connection: Connection, sql: str, text: str) -> list[Thing]:
    plain = plain_form(text)
    return await _fetch(connection, sql, containing(plain), IGNORED) if is_visible(plain) else []


async def _fetch(connection: Connection, sql: str, wanted: object, *more: object) -> list[Thing]:
    rows = [dict(row) for row in await connection.fetch(sql, wanted, SHOWN + 1, *more)]
    for row in rows:
        row.pop("translations", None)
    return [Thing(**row) for row in rows]


def _how(key: UUID | None, *, only_deleted: bool) -> str:
    if key:
        return "with this id"
    return "with this title" if only_deleted else "with this title, nor was one deleted"


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
