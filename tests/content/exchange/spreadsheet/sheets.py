"""Sheets for tests: as text, as a workbook, and what an import says of them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from chaishots.content.errors import BadFile
from chaishots.content.exchange.import_report import Imported
from chaishots.content.exchange.importing import import_content
from chaishots.content.exchange.spreadsheet.write_sheet import sheet_text
from chaishots.database.connection import Connection

Rows = Sequence[dict[str, Any]]


async def exported(sql: Connection) -> str:
    """All of the sheet that an export gives."""
    return "".join([piece async for piece in sheet_text(sql)])


def rows_of(text: str) -> list[dict[str, str]]:
    """Its rows, by the names of the columns."""
    return [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))]


def text_of(*rows: dict[str, str], delimiter: str = ",") -> str:
    """A sheet of these rows, which name the columns."""
    names = [*dict.fromkeys(name for row in rows for name in row)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def workbook_of(*rows: dict[str, Any]) -> bytes:
    """A workbook of these rows; times are cells with a date's format, as Excel makes them."""
    names = [*dict.fromkeys(name for row in rows for name in row)]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "dd-mm-yyyy hh:mm", "in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Lessons")
        sheet.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for name, value in row.items():
                write = sheet.write_string if isinstance(value, str) and value else sheet.write
                write(number, names.index(name), value)
    return file.getvalue()


async def imported(tmp_path: Path, sheet: str | bytes, *, name: str = "lessons.csv", dry_run: bool = False) -> Imported:
    """What an import says of a file with this content."""
    path = tmp_path / name
    path.write_bytes(sheet.encode() if isinstance(sheet, str) else sheet)
    return await import_content(path, actor="import", dry_run=dry_run)


async def refused(tmp_path: Path, sheet: str | bytes, *, name: str = "lessons.csv") -> list[str]:
    """The faults that an import finds in it, in a line each."""
    with pytest.raises(BadFile) as error:
        await imported(tmp_path, sheet, name=name)
    return [str(fault) for fault in error.value.faults] or [str(error.value)]


async def refused_places(tmp_path: Path, sheet: str | bytes, *, name: str = "lessons.csv") -> list[str]:
    """The cells in which an import finds faults."""
    return [line.partition(": ")[0] for line in await refused(tmp_path, sheet, name=name)]
