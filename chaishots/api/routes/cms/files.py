"""All content as a file, and a file as content: /cms/export, /cms/import. It takes no password of the database."""

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import IO, Final

from quart import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from chaishots.api.auth import actor, requires
from chaishots.api.contract.parameters import ExportForm, ImportMode, takes_query
from chaishots.api.contract.responses.files import ImportReport
from chaishots.api.contract.route_documentation import answers
from chaishots.api.idempotent_requests import retried
from chaishots.api.uploads import read_large_body
from chaishots.content.errors import InvalidContent
from chaishots.content.exchange.file_formats import Form
from chaishots.content.exchange.file_processes import export_in_process, import_in_process
from chaishots.content.roles import Role

files = Blueprint("cms_files", __name__, url_prefix="/cms")

_YAML: Final = "application/yaml"
_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_TABS: Final = "text/tab-separated-values"
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES: Final = {Form.YAML: f"{_YAML}; charset=utf-8", Form.JSON: _JSON, Form.CSV: f"{_CSV}; charset=utf-8"}
_SUFFIXES: Final = {_CSV: ".csv", _TABS: ".tsv", _WORKBOOK: ".xlsx"}
"""How the files of these types are called: what is a sheet, and of which kind."""
_TAKEN: Final = frozenset({_YAML, _JSON, "application/x-yaml", "text/yaml", "text/plain", *_SUFFIXES})
_PART_BYTES: Final = 64 * 1024


@files.get("/export")
@requires(Role.EDITOR)
@answers(None, document_types=(_YAML, _JSON, _CSV))
@takes_query(ExportForm)
async def export_content(query_args: ExportForm) -> Response:
    """All content as one file, as `chaishots export` prints it: `POST /cms/import` takes it back, here or elsewhere.

    Of pictures it has the URLs and alt texts. As `csv` it has the lessons alone, a row a lesson, for a spreadsheet
    program. More than 64 MiB is refused.
    """
    file = await export_in_process(query_args.format)
    response = Response(_parts(file), content_type=_TYPES[query_args.format])
    response.headers["Content-Length"] = str(_size(file))
    response.headers["Content-Disposition"] = f'attachment; filename="chaishots.{query_args.format}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@files.post("/import")
@requires(Role.EDITOR)
@retried
@answers(ImportReport, takes_documents=(_JSON, _YAML, _CSV, _TABS, _WORKBOOK))
@takes_query(ImportMode)
async def import_content(query_args: ImportMode) -> Response:
    """Make the content match a file of at most 4 MiB, all of it or nothing; what the file does not have is left alone.

    The file is as `GET /cms/export` has it; keys and things may be left out. A sheet of lessons (CSV, with tabs too,
    `.xlsx`) has the columns that it needs. All its faults are told at once, those of a sheet with their cells. The
    paths of pictures, which the command line takes, are refused: upload each first, and give its URL.
    """
    if request.mimetype not in _TAKEN:
        raise UnsupportedMediaType(f"Send the file as {_YAML}, {_JSON}, {_CSV}, {_TABS} or {_WORKBOOK}.")
    text = await read_large_body("file")
    if not text:
        raise InvalidContent("Send the file as the body.", field="file")
    suffix = _SUFFIXES.get(request.mimetype, "")
    imported = await import_in_process(
        text, name="file", suffix=suffix, actor=actor(), dry_run=bool(query_args.dry_run)
    )
    response = Response(ImportReport.of(imported).model_dump_json(), content_type=_JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _parts(file: IO[bytes]) -> AsyncGenerator[bytes]:
    with file:
        while part := await asyncio.to_thread(file.read, _PART_BYTES):
            yield part


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size
