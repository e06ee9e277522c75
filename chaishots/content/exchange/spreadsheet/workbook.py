"""A sheet of an .xlsx workbook, read by a process of its own, within bounds of memory and time.

A small workbook can ask for all memory there is: it is a ZIP file that may unfold to a thousand times its size, and a
cell at its far corner makes a table of seventeen thousand million. `workbook_process.py` is what runs there.
"""

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.spreadsheet.rows_and_limits import MOST_CELL, MOST_ROWS, Cell, Row

MOST_BYTES: Final = 32 * 2**20
"""Of the file; 130,000 lessons have some 20 MiB."""
SECONDS: Final = 60

_ZIP: Final = b"PK\x03\x04"
# Before 2007 all Office files, and since then those with a password.
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")

_ROOT: Final = str(Path(__file__).parents[4])
_PROGRAM: Final = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); "
    "from chaishots.content.exchange.spreadsheet.workbook_process import main; main()"
)
_CELL: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_KINDS: Final = {"datetime": datetime, "date": date, "time": time}


def is_workbook(text: bytes) -> bool:
    """Whether it is a file of Excel, or of another office program, rather than text."""
    return text.startswith((_ZIP, _COMPOUND))


async def read_rows(text: bytes) -> list[Row]:
    """The rows of the first sheet that are not empty. Raises: Fault, when it cannot be read."""
    if text.startswith(_COMPOUND):
        has_password = _ENCRYPTED in text
        kind = "has a password" if has_password else "is in Excel's form of before 2007 (.xls)"
        raise Fault("", f"The workbook {kind}: save it as .xlsx, without a password.")
    if not text.startswith(_ZIP):
        raise Fault("", "This is no .xlsx workbook: save it as one, or as CSV UTF-8.")
    if len(text) > MOST_BYTES:
        raise Fault("", f"Split the workbook: it is larger than {MOST_BYTES // 2**20} MiB.")
    told: dict[str, Any] = json.loads(await _run(text))  # Any: as the process writes it
    if refused := told.get("refused"):
        raise Fault("", refused)
    faults = FaultList()
    for cell in told["errors"]:
        if found := _CELL.fullmatch(cell):
            column, number = found.groups()
            faults.note(Fault(f"row {number}, column {column}", "The formula in this cell gives an error: mend it."))
    faults.require_none()
    return [*_rows(told)]


def _rows(told: dict[str, Any]) -> Iterator[Row]:
    for offset, cells in enumerate(told["rows"]):
        row = Row(told["first"] + offset, tuple(_cell(cell) for cell in cells))
        if any(isinstance(cell, str) and len(cell) > MOST_CELL for cell in row.cells):
            raise Fault(f"row {row.number}", f"A cell has more than {MOST_CELL:,} characters.")
        if not row.is_empty:
            yield row


def _cell(told: Cell | list[Any]) -> Cell:  # Any: a kind, and its value
    if not isinstance(told, list):
        return told
    kind, value = told
    return timedelta(seconds=value) if kind == "timedelta" else _KINDS[kind].fromisoformat(value)


async def _run(text: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate(text)
    except TimeoutError:
        raise Fault("", f"It takes longer than {SECONDS} s to read: save it as CSV UTF-8.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0 or not output:
        rule = f"It cannot be read: it is damaged, or holds more than a sheet of {MOST_ROWS:,} lessons. "
        raise Fault("", f"{rule}Delete what lies outside of them, or save it as CSV UTF-8.")
    return output
