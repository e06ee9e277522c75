"""All lessons as a sheet, as they were at one moment: what `row_tree` takes back, and changes nothing by it.

The columns are those that a sheet may have, and one for each entry that some lesson has in its maps. Times stand in
their zones, by the wall clock, with a T: spreadsheets leave those as they are. An apostrophe stands before what a
spreadsheet would take for a formula; importing takes it away.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Final

from chaishots.content.exchange.spreadsheet import columns
from chaishots.content.exchange.spreadsheet.columns import FIELDS
from chaishots.content.exchange.spreadsheet.write_cell import decoded, printed
from chaishots.content.field_kinds import MAPS
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


async def sheet_text(connection: Connection) -> AsyncIterator[str]:
    """The sheet's text, piece by piece, with a byte order mark; some hundred lessons are in memory at a time.

    Args:
        connection: as for `exporting.export_text`.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        names = _in_order([tuple(row) for row in await connection.fetch(_ENTRIES)])
        yield BOM + _line([columns.name_of(*name) for name in names])
        async for row in connection.cursor(_LESSONS, prefetch=_FETCHED):
            values = decoded(row)
            yield _line([printed(values, *name) for name in names])


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


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
