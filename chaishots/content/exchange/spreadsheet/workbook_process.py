"""The process that reads one workbook for `workbook.py`: bytes on standard input, rows as JSON on standard output.

It may use little memory and no other file; whatever goes wrong in the reader ends this process and nothing else.
"""

import io
import json
import re
import sys
import zipfile
import zlib
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from chaishots.content.exchange.spreadsheet.rows_and_limits import MOST_COLUMNS, MOST_ROWS

_MEMORY_BYTES: Final = 2 * 2**30
"""Of addresses, the libraries that are loaded included: the reader takes 24 bytes a cell, and some for its text."""
_SECONDS: Final = 60
_MOST_UNFOLDED: Final = 512 * 2**20
_MOST_FILES: Final = 10_000
_PART: Final = 2**20


class _Refused(Exception):
    pass


def main() -> None:
    """Read a workbook from standard input, and write its first sheet, or why it is refused."""
    _bound()
    text = sys.stdin.buffer.read()
    try:
        _require_small(text)
        told = _read(text) | {"errors": _errors(text)}
    except _Refused as refused:
        told = {"refused": str(refused)}
    json.dump(told, sys.stdout, default=_told)


def _bound() -> None:
    # Not on every system; where there is none, the time is bounded by who started this process.
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def _require_small(text: bytes) -> None:
    # Unfolded once to be measured: what the ZIP file says of its sizes is not to be trusted.
    left = _MOST_UNFOLDED
    try:
        with zipfile.ZipFile(io.BytesIO(text)) as archive:
            files = archive.infolist()
            if len(files) > _MOST_FILES or sum(file.file_size for file in files) > _MOST_UNFOLDED:
                raise _Refused(_TOO_LARGE)
            if any(file.flag_bits & 1 for file in files):
                raise _Refused("The workbook has a password: save it without one.")
            for file in files:
                with archive.open(file) as part:
                    while read := len(part.read(_PART)):
                        left -= read
                        if left < 0:
                            raise _Refused(_TOO_LARGE)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise _Refused(_DAMAGED) from error


def _read(text: bytes) -> dict[str, Any]:  # Any: as JSON has it
    from python_calamine import (
        CalamineError,
        PasswordError,
        load_workbook,  # pyright: ignore[reportUnknownVariableType]  # its PathLike is of nothing
    )

    try:
        workbook = load_workbook(io.BytesIO(text))
        if not workbook.sheet_names:
            raise _Refused("The workbook has no sheet.")
        sheet = workbook.get_sheet_by_index(0)
    except PasswordError as error:
        raise _Refused("The workbook has a password: save it without one.") from error
    except CalamineError as error:
        raise _Refused(_DAMAGED) from error
    if sheet.start is None:
        return {"first": 1, "rows": []}
    if sheet.total_height > MOST_ROWS + 1:
        raise _Refused(f"Split the workbook: its first sheet has more than {MOST_ROWS:,} rows.")
    if sheet.total_width > MOST_COLUMNS:
        raise _Refused(
            f"Delete what lies outside of the table: the first sheet has more than {MOST_COLUMNS:,} columns."
        )
    return {"first": 1, "rows": sheet.to_python(skip_empty_area=False)}


_FIRST_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?\b\w+:id=\"([^\"]+)\"")
_RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE: Final = re.compile(rb"(\w+)=\"([^\"]*)\"")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt=\"e\"[^>]*)>")
_MOST_ERRORS: Final = 1_000


def _errors(text: bytes) -> list[str]:
    # The cells, such as F12, whose formula gives an error: the reader gives them as empty, which would mean something.
    with zipfile.ZipFile(io.BytesIO(text)) as archive:
        try:
            first = _FIRST_SHEET.search(archive.read("xl/workbook.xml"))
            relations = _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
            targets = {of[b"Id"]: of[b"Target"].decode() for of in map(_attributes, relations) if b"Target" in of}
            target = targets[first[1]] if first else ""
            sheet = archive.read(target.removeprefix("/") if target.startswith("/") else f"xl/{target}")
        except (KeyError, UnicodeError):
            return []  # another form of workbook, which names its parts otherwise
    found = (_attributes(cell[1]).get(b"r", b"").decode(errors="replace") for cell in _CELL.finditer(sheet))
    return [*islice(filter(None, found), _MOST_ERRORS)]


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(tag))


_TOO_LARGE: Final = f"The workbook unfolds to more than {_MOST_UNFOLDED // 2**20} MiB: save it as CSV UTF-8."
_DAMAGED: Final = "The file is no .xlsx workbook, or is damaged: save it once more, or as CSV UTF-8."


def _told(value: object) -> list[Any]:  # Any: as JSON has it
    match value:
        case datetime():
            return ["datetime", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case time():
            return ["time", value.isoformat()]
        case timedelta():
            return ["timedelta", value.total_seconds()]
        case _:
            raise TypeError(type(value))
