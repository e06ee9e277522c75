"""All lessons as a sheet, as they were at one moment: what `document` takes back, and changes nothing by it.

The columns are those that a sheet may have, and one for each entry that some lesson has in its maps. Times stand in
their zones, by the wall clock, with a T: spreadsheets leave those as they are. An apostrophe stands before what a
spreadsheet would take for a formula; importing takes it away.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import asyncpg

from chaishots import zones
from chaishots.content.exchange.spreadsheet import columns
from chaishots.content.exchange.spreadsheet.cells import escaped
from chaishots.content.exchange.spreadsheet.columns import FIELDS
from chaishots.content.exchange.yaml import moment_text
from chaishots.content.field_kinds import MAPS, Kind
from chaishots.database.connection import Connection

BOM: Final = "\ufeff"
"""By which Excel knows that a text is UTF-8."""
_FETCHED: Final = 500
"""Rows that are had at a time."""

_ENTRIES: Final = """
    select distinct 'content_urls', language, null from lesson, jsonb_object_keys(content_urls) language union
    select distinct 'subtitle_urls', language, null from lesson, jsonb_object_keys(subtitle_urls) language union
    select distinct 'thumbnails', language, variant
      from lesson, jsonb_each(thumbnails) of (language, variants), jsonb_object_keys(variants) variant union
    select distinct 'translations', language, name
      from lesson, jsonb_each(translations) of (language, texts), jsonb_object_keys(texts) name
"""
# program_pkey (id), term_number_unique (program_id, term_number), lesson_number_unique (term_id, lesson_number)
_LESSONS: Final = f"""
    select program.title as program, term.term_number, term.title as term,
           {", ".join(f"lesson.{name}" for name in FIELDS)}
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     order by program.id, term_number, lesson_number
"""
_ZONES: Final = {"publish_at": "publish_zone", "archive_at": "archive_zone"}


async def sheet_text(connection: Connection) -> AsyncIterator[str]:
    """The sheet's text, piece by piece, with a byte order mark; some hundred lessons are in memory at a time.

    Args:
        connection: as for `exporting.export_text`.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        names = _in_order([tuple(row) for row in await connection.fetch(_ENTRIES)])
        yield BOM + _line([columns.name_of(*name) for name in names])
        async for row in connection.cursor(_LESSONS, prefetch=_FETCHED):
            yield _line(_cells(row, names))


def _in_order(entries: Sequence[tuple[str, str, str | None]]) -> list[tuple[str, tuple[str, ...]]]:
    # As the fields stand in other files, those of a place behind the id, and the entries of a map by language.
    found: dict[str, list[tuple[str, ...]]] = {}
    for field, language, end in sorted(entries, key=_rank):
        found.setdefault(field, []).append((language, end) if end else (language,))
    names: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in (columns.ID, *columns.PLACES)]
    for name, field in FIELDS.items():
        if field.kind in MAPS:
            names += [(name, entry) for entry in found.get(name, [])]
        elif name != columns.ID:
            names.append((name, ()))
    return names


def _rank(entry: tuple[str, str, str | None]) -> tuple[str, str, int]:
    field, language, end = entry
    ends = columns.entry_ends(FIELDS[field])
    return field, language, ends.index(end) if end in ends else len(ends)


def _cells(row: asyncpg.Record, names: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    maps: dict[str, Mapping[str, Any]] = {  # Any: JSON
        name: json.loads(row[name]) for name, field in FIELDS.items() if field.kind in MAPS
    }
    return [_entry(maps[name], entry) if entry else _cell(row, name) for name, entry in names]


def _entry(values: Mapping[str, Any], entry: tuple[str, ...]) -> str:
    found: Any = values  # Any: JSON
    for step in entry:
        found = found.get(step, {})
    return escaped(found) if isinstance(found, str) else ""


def _cell(row: asyncpg.Record, name: str) -> str:
    value = row[name]
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value, row[_ZONES[name]])
        case list():
            return ", ".join(cast("list[str]", value))  # languages
        case str() if name in columns.PLACES or FIELDS[name].kind in (Kind.TITLE, Kind.TEXT):
            return escaped(value)
        case _:
            return str(value)


def _moment(at: datetime, zone: str | None) -> str:
    there = zones.zone_of(zone)
    if there is None:
        return moment_text(at)
    local = at.astimezone(there).replace(tzinfo=None)
    try:
        is_plain = zones.moment_at(local, there).astimezone(UTC) == at
    except zones.NotOneMoment:
        is_plain = False
    # One that the wall clock shows twice has its offset.
    timespec = "minutes" if not (local.second or local.microsecond) else "auto"
    return local.isoformat(timespec=timespec) if is_plain else at.astimezone(there).isoformat()


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
