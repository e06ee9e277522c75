"""Things as text to be edited: loaded from the database and written in the seed format, with comments that help.

Reads, and knows which keys editors are shown. Must not know what becomes of the text: that is `edited_text.py`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from chaishots.content.errors import NotFound
from chaishots.content.exchange import seed_format
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.text_editing import new_things
from chaishots.content.exchange.text_editing.key_comments import ADVICE, KEYS_NOT_SHOWN, describe_keys, describe_thing
from chaishots.content.exchange.writers import Kind, YamlWriter
from chaishots.content.field_kinds import Field, Writer
from chaishots.content.fields import LESSON, MAP_NAMES, PROGRAM, RELEASE, TERM, TOPIC
from chaishots.content.lifecycle import ObjectType
from chaishots.database.connection import Connection
from chaishots.safe_text import visible

MOST_THINGS: Final = 100
"""Things that are opened together at most."""

_PROGRAMS: Final = """
    select program.*, array(
               select topic.name from program_topic join topic on topic.id = topic_id
                where program_id = program.id order by topic.name collate "C") as topics
      from program where id = any($1) order by id
"""
_TERMS: Final = "select * from term where id = any($1) order by term_number, id"
_LESSONS: Final = "select * from lesson where id = any($1) order by lesson_number, id"
_OTHERS: Final[Mapping[str, str]] = {
    "topic": "select * from topic where id = any($1) order by name",
    "release": "select * from release where id = any($1) order by id",
    "change": "select * from change where id = any($1) and status = 'scheduled' order by id",
}
_NEXT_NUMBERS: Final[Mapping[str, str]] = {
    "term": "select coalesce(max(term_number), 0) + 1 from term where program_id = $1",
    "lesson": "select coalesce(max(lesson_number), 0) + 1 from lesson where term_id = $1",
}

# What is shown of a thing that stands around what is edited: enough to know it by, and what the format requires.
_AROUND: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PROGRAMS: ("id", "title", "language_primary"),
    Kind.TERMS: ("id", "term_number", "title"),
}
_CHANGE_KEYS: Final = ("id", "object_type", "object_id", "apply_at", "publish_zone", "release_id", "patch")
_FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = {
    Kind.TOPICS: TOPIC,
    Kind.RELEASES: RELEASE,
    Kind.PROGRAMS: PROGRAM,
    Kind.TERMS: TERM,
    Kind.LESSONS: LESSON,
}


@dataclass(frozen=True)
class Opened:
    """Text to be edited.

    text: what the editor gets. known: what exists of it, as a file of the format. versions: of each thing in `known`,
    as it was read. titles: of these, for people.
    """

    text: str
    known: bytes
    versions: Mapping[UUID, int]
    titles: Mapping[UUID, str]


@dataclass
class _Item:
    """A thing of the text, and what stands inside it. is_new: it has no row yet."""

    kind: Kind
    values: Values
    parts: list["_Item"] = field(default_factory=list["_Item"])
    is_new: bool = False


@dataclass(frozen=True)
class _Rows:
    programs: dict[UUID, Values]
    terms: dict[UUID, Values]
    lessons: dict[UUID, Values]
    others: list[tuple[str, Values]]


async def open_things(connection: Connection, things: Sequence[tuple[str, UUID]]) -> Opened:
    """Things that exist, by kind (a table's name) and id, in one text.

    Raises: NotFound when one is gone, or is a change that is no longer to come.
    """
    rows = await _load(connection, things)
    around = {key for kind, key in things if kind in ("program", "term")}
    items = _around_parts(rows, around)
    items += [_Item(_OF_TABLE[table], _shown(_OF_TABLE[table], values)) for table, values in rows.others]
    heading = [line for kind, key in things for line in _describe(kind, key, rows)]
    return _opened(items, heading, {kind for kind, _ in things}, rows)


async def open_new(connection: Connection, kind: str, inside: UUID | None = None) -> Opened:
    """A text to make something new.

    Args:
        kind: topic, release, program, term, lesson or change.
        inside: the program of a term, the term of a lesson; of a change, the thing that changes.
    Raises: NotFound when there is no such program, term or thing.
    """
    heading = [f"A new {kind}."]
    if kind == "change":
        assert inside is not None
        return _opened([await _new_change(connection, inside)], heading, {"change"}, _Rows({}, {}, {}, []))
    if kind in ("topic", "release", "program"):
        blank = {
            "topic": new_things.blank_topic,
            "release": new_things.blank_release,
            "program": new_things.blank_program,
        }[kind]
        item = _Item(_OF_TABLE[kind], blank(), is_new=True)
        parts = new_things.PARTS_OF_NEW_PROGRAM if kind == "program" else ""
        return _opened([item], heading, {kind}, _Rows({}, {}, {}, []), after=parts)
    assert inside is not None
    rows = await _load(connection, [("program" if kind == "term" else "term", inside)])
    number = await connection.fetchval(_NEXT_NUMBERS[kind], inside)
    [program] = _around_parts(rows, set())
    primary = program.values["language_primary"]
    if kind == "term":
        program.parts = [_Item(Kind.TERMS, new_things.blank_term(number), is_new=True)]
    else:
        program.parts[0].parts = [_Item(Kind.LESSONS, new_things.blank_lesson(number, primary), is_new=True)]
    return _opened([program], heading, {kind}, rows)


async def _load(connection: Connection, things: Sequence[tuple[str, UUID]]) -> _Rows:
    wanted: dict[str, list[UUID]] = {}
    for kind, key in things:
        wanted.setdefault(kind, []).append(key)
    lessons = await _fetch(connection, _LESSONS, wanted.get("lesson", []))
    of_lessons = [lesson["term_id"] for lesson in lessons.values()]
    terms = await _fetch(connection, _TERMS, [*wanted.get("term", []), *of_lessons])
    of_terms = [term["program_id"] for term in terms.values()]
    programs = await _fetch(connection, _PROGRAMS, [*wanted.get("program", []), *of_terms])
    others = [
        (table, values)
        for table, sql in _OTHERS.items()
        if table in wanted
        for values in (await _fetch(connection, sql, wanted[table])).values()
    ]
    found = {*lessons, *terms, *programs, *(values["id"] for _, values in others)}
    for kind, key in things:
        if key not in found:
            gone = "no scheduled change with this id any more" if kind == "change" else f"no {kind} with this id"
            raise NotFound(f"There is {gone}: {key}.", field="id")
    return _Rows(programs, terms, lessons, others)


async def _fetch(connection: Connection, sql: str, ids: Sequence[UUID]) -> dict[UUID, Values]:
    if not ids:
        return {}
    return {
        row["id"]: {
            key: json.loads(value) if key in MAP_NAMES or key == "patch" else value for key, value in row.items()
        }
        for row in await connection.fetch(sql, ids)
    }


def _around_parts(rows: _Rows, whole: set[UUID]) -> list[_Item]:
    # Programs with their terms with their lessons; what is only around them is shown in brief.
    items: list[_Item] = []
    for program_id, program in rows.programs.items():
        item = _Item(Kind.PROGRAMS, _shown(Kind.PROGRAMS, program, in_brief=program_id not in whole))
        for term_id, term in rows.terms.items():
            if term["program_id"] != program_id:
                continue
            part = _Item(Kind.TERMS, _shown(Kind.TERMS, term, in_brief=term_id not in whole))
            part.parts = [
                _Item(Kind.LESSONS, _shown(Kind.LESSONS, lesson))
                for lesson in rows.lessons.values()
                if lesson["term_id"] == term_id
            ]
            item.parts.append(part)
        items.append(item)
    return items


def _shown(kind: Kind, values: Values, *, in_brief: bool = False) -> Values:
    said = _KEYS_OF[kind](values)
    if in_brief:
        return {key: said[key] for key in _AROUND[kind]}
    if kind is Kind.CHANGES:
        return {key: said[key] for key in _CHANGE_KEYS}
    written = {one.name for one in _FIELDS[kind] if one.writer is Writer.EDITOR} - KEYS_NOT_SHOWN
    return {key: value for key, value in said.items() if key in written or key in ("id", "topics")}


def _opened(
    items: Sequence[_Item], heading: Sequence[str], kinds: Iterable[str], rows: _Rows, *, after: str = ""
) -> Opened:
    everything = [*rows.programs.values(), *rows.terms.values(), *rows.lessons.values()]
    everything += [values for _, values in rows.others]
    text = "".join(
        [
            *(f"# {visible(line)}\n".replace("# \n", "#\n") for line in [*heading, "", *ADVICE]),
            _written(items),
            after,
            *describe_keys(kinds),
        ]
    )
    return Opened(
        text,
        _written(_existing(items)).encode(),
        {values["id"]: values["version"] for values in everything},
        {values["id"]: _title(values) for values in everything},
    )


def _written(items: Iterable[_Item]) -> str:
    writer = YamlWriter()
    # The order of the file: the lists of a kind stand together, and the writer says those that have nothing.
    in_order = sorted(items, key=lambda item: list(Kind).index(item.kind))
    text = "".join(writer.write(item.kind, item.values) for each in in_order for item in _flat(each)) + writer.end()
    return text.removeprefix("topics: []\n")


def _flat(item: _Item) -> Iterator[_Item]:
    yield item
    for part in item.parts:
        yield from _flat(part)


def _existing(items: Iterable[_Item]) -> list[_Item]:
    return [_Item(item.kind, item.values, _existing(item.parts)) for item in items if not item.is_new]


def _describe(kind: str, key: UUID, rows: _Rows) -> list[str]:
    if kind == "lesson":
        lesson = rows.lessons[key]
        return describe_thing(kind, lesson, rows.programs[rows.terms[lesson["term_id"]]["program_id"]])
    if kind == "program":
        return describe_thing(kind, rows.programs[key])
    if kind == "term":
        return describe_thing(kind, rows.terms[key])
    return describe_thing(kind, next(values for table, values in rows.others if table == kind and values["id"] == key))


def _title(values: Values) -> str:
    if "patch" in values:
        return f"change of {', '.join(sorted(values['patch']))}"
    return values.get("title") or values.get("name") or f"term {values['term_number']}"


async def _new_change(connection: Connection, of: UUID) -> _Item:
    for kind in ObjectType:
        if await connection.fetchval(f"select true from {kind.value} where id = $1", of):
            return _Item(Kind.CHANGES, new_things.blank_change(kind.value, of), is_new=True)
    raise NotFound(f"There is no program, term or lesson with this id: {of}.", field="id")


_OF_TABLE: Final[Mapping[str, Kind]] = {
    "topic": Kind.TOPICS,
    "release": Kind.RELEASES,
    "program": Kind.PROGRAMS,
    "term": Kind.TERMS,
    "lesson": Kind.LESSONS,
    "change": Kind.CHANGES,
}
_KEYS_OF: Final = {
    Kind.TOPICS: seed_format.topic_keys,
    Kind.RELEASES: seed_format.release_keys,
    Kind.PROGRAMS: seed_format.program_keys,
    Kind.TERMS: seed_format.term_keys,
    Kind.LESSONS: seed_format.lesson_keys,
    Kind.CHANGES: seed_format.change_keys,
}
