"""The columns of a sheet: what each is called, and which field, or entry of a field's map, its cells say.

A field is called as in the other files. A map has a column an entry: `content_urls.te`, `thumbnails.te.portrait`,
`translations.te.title`. Knows the fields of a lesson. Must not know rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from chaishots.content import language_tags, lifecycle
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.spreadsheet.rows_and_limits import Cell, Row, is_empty, letters
from chaishots.content.field_kinds import MAPS, Field, Kind, Writer
from chaishots.content.fields import LESSON

ID: Final = "id"
PROGRAM: Final = "program"
PROGRAM_LANGUAGE: Final = "program_language"
TERM_NUMBER: Final = "term_number"
TERM: Final = "term"
PLACES: Final = (PROGRAM, TERM_NUMBER, TERM)
"""The columns by which a row says where its lesson is, in the order in which a sheet has them."""

# What the database and the publisher keep of a lesson is for no sheet.
_KEPT: Final = frozenset(field.name for field in LESSON if field.writer is Writer.DATABASE and field.name != ID) | {
    "published_at",
    "publish_error",
}
FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in LESSON if field.name not in _KEPT}
PLAIN: Final = tuple(name for name, field in FIELDS.items() if field.kind not in MAPS and name != ID)
ZONES: Final = {"publish_at": "publish_zone", "archive_at": "archive_zone"}
"""The zone of each time."""
_SINGLE: Final = (ID, *PLACES, PROGRAM_LANGUAGE, *PLAIN)
_MAPS: Final = tuple(name for name, field in FIELDS.items() if field.kind in MAPS)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its place from 0 on, and the way to its entry in the field's map."""

    name: str
    index: int
    field: str
    entry: tuple[str, ...] = ()

    def cell(self, row: Row) -> Cell:
        """What a row has in it; an empty text where it has nothing."""
        return row.cells[self.index] if self.index < len(row.cells) else ""


def name_of(field: str, entry: tuple[str, ...]) -> str:
    """What the column of an entry of a map is called."""
    return ".".join((field, *entry))


def is_known(name: str) -> bool:
    """Whether there is, or could be, a column of this name."""
    return _find(name) is not None


def read_header(row: Row, faults: FaultList) -> list[Column]:
    """The columns that a header names. faults: gets names that there are not, and those that come twice."""
    columns: list[Column] = []
    seen: dict[str, int] = {}
    for index, cell in enumerate(row.cells):
        if is_empty(cell):
            continue
        place = f"row {row.number}, column {letters(index)}"
        found = _find(cell) if isinstance(cell, str) else None
        if found is None:
            faults.note(Fault(place, f"There is no column {str(cell).strip()[:60]!r}. {_hint(str(cell))}"))
            continue
        name = name_of(*found)
        if name in seen:
            faults.note(Fault(place, f"The column {name} is there already: {letters(seen[name])}."))
            continue
        seen[name] = index
        columns.append(Column(name, index, *found))
    if not {ID, "lesson_number"} & seen.keys():
        faults.note(Fault(f"row {row.number}", _NAMELESS))
    return columns


_NAMELESS: Final = (
    "The header names neither id nor lesson_number: give one, by which a lesson is known. The first row that is not "
    "empty names the columns."
)


def _find(name: str) -> tuple[str, tuple[str, ...]] | None:
    field, *entry = name.strip().split(".")
    field = field.lower()
    if not entry:
        return (field, ()) if field in _SINGLE else None
    if field not in _MAPS:
        return None
    try:
        tag = language_tags.canonical(entry[0])
    except ValueError:
        return None
    ends = [(), *((end,) for end in entry_ends(FIELDS[field]))]
    end = tuple(part.lower() for part in entry[1:])
    return (field, (tag, *end)) if end in ends and bool(end) is (len(ends) > 1) else None


def entry_ends(field: Field) -> tuple[str, ...]:
    """What an entry of a map has below its language; nothing where its language has the value."""
    match field.kind:
        case Kind.ASSETS:
            return tuple(lifecycle.VARIANTS)
        case Kind.TRANSLATIONS:
            return tuple(text.name for text in field.texts)
        case _:
            return ()


def _hint(name: str) -> str:
    head, *entry = name.strip().lower().split(".")
    if head in _KEPT:
        return "It is kept by the database: leave the column out."
    nearest = get_close_matches(head, (*_SINGLE, *_MAPS), 1)
    if not nearest:
        return f"There are {', '.join((*_SINGLE, *_examples()))}."
    if nearest[0] in _MAPS:
        ends = entry_ends(FIELDS[nearest[0]])
        language = entry[0] if entry and _is_language(entry[0]) else "te"
        end = get_close_matches(entry[-1], ends, 1) if len(entry) > 1 else []
        return f"Did you mean {name_of(nearest[0], (language, *(end or ends[:1])))}?"
    return f"Did you mean {nearest[0]}?"


def _is_language(text: str) -> bool:
    try:
        language_tags.canonical(text)
    except ValueError:
        return False
    return True


def _examples() -> Iterator[str]:
    for name in _MAPS:
        yield name_of(name, ("te", *entry_ends(FIELDS[name])[:1]))
