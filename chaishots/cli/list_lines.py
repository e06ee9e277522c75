"""How a thing stands in a list for people: one line, cut to the terminal between syllables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.queries.term_places import TermPlace
from chaishots.safe_text import visible
from chaishots.times import here

_MOMENTS: Final = {
    "scheduled": ("publish_at", "apply_at"),
    "published": ("published_at",),
    "applied": ("applied_at",),
}
"""Which moment is told of a thing in this state."""
_MOMENT_CELLS: Final = 23
_STATUS_CELLS: Final = 9


def line_of(
    kind: str,
    document: Mapping[str, Any],  # Any: JSON
    places: Mapping[UUID, TermPlace],
    width: int | None,
) -> str:
    """A line of a list.

    Args:
        kind: of the list, such as `lessons`.
        document: the thing as `content/queries` tell it.
        places: where lessons are.
        width: cells that it may take; None: as many as it needs.
    """
    line = visible(_whole_line(kind, document, places))
    return line if width is None else _cut(line, width)


def _whole_line(kind: str, document: Mapping[str, Any], places: Mapping[UUID, TermPlace]) -> str:  # Any: JSON
    match kind:
        case "terms":
            title = document.get("title") or ""
            return f"{document['term_number']:>4}  {title}".rstrip()
        case "topics":
            count = document["programs"]
            return f"{count:>5,} {'program ' if count == 1 else 'programs'}  {document['name']}"
        case "lessons":
            place = places.get(UUID(document["term_id"]))
            of = f"  ({place.program_title} {place.term_number}.{document['lesson_number']})" if place else ""
            told = f"{document['title']}{of}"
        case "programs":
            told = f"{document['title']}  (/{document['slug']})"
        case "releases":
            told = f"{document['name']}  ({document['lesson_count']} lessons, {document['change_count']} changes)"
            if document["reverted_at"]:
                told += f"; taken back by {document['reverted_by']}, {_told(document['reverted_at'])}"
        case _:
            fields = ", ".join(document["patch"])
            told = f"{document['object_type']} {document.get('title') or ''}: {fields}"
    if refused := document.get("publish_error") or document.get("error"):
        told += f"; refused: {refused}"
    return f"{document['status']:<{_STATUS_CELLS}}  {_moment(document):<{_MOMENT_CELLS}}  {told}"


def _moment(document: Mapping[str, Any]) -> str:  # Any: JSON
    found = (document.get(name) for name in _MOMENTS.get(document["status"], ()))
    if (text := next(filter(None, found), None)) is None:
        return ""
    return _told(text)


def _told(moment: str) -> str:
    there = here(datetime.fromisoformat(moment))
    if not there.utcoffset():
        return f"{there.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    offset = f"{there:%z}"
    return f"{there:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def _cut(line: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    from chaishots.tui.host.cell_measure import measure_as_terminals_do

    measure_as_terminals_do()
    if cell_len(line) <= width:
        return line
    return set_cell_size(line, max(0, width - 1)).rstrip() + "…"
