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
from chaishots.api.idempotency import retried
from chaishots.api.uploads import read_large_body
from chaishots.content.errors import InvalidContent
from chaishots.content.exchange.file_form import Form
from chaishots.content.exchange.processes import export_in_process, import_in_process
from chaishots.content.lifecycle import Role

files = Blueprint("cms_files", __name__, url_prefix="/cms")

_YAML: Final = "application/yaml"
_JSON: Final = "application/json"
_TAKEN: Final = frozenset({_YAML, _JSON, "application/x-yaml", "text/yaml", "text/plain"})
_PART_BYTES: Final = 64 * 1024


@files.get("/export")
@requires(Role.EDITOR)
@answers(None, document_types=(_YAML, _JSON))
@takes_query(ExportForm)
async def export_content(query_args: ExportForm) -> Response:
    """All content as one file, as `chaishots export` prints it: `POST /cms/import` takes it back, here or elsewhere.

    Of pictures it has the URLs and alt texts. More than 64 MiB is refused.
    """
    is_json = query_args.format is Form.JSON
    file = await export_in_process(query_args.format)
    response = Response(_parts(file), content_type=_JSON if is_json else f"{_YAML}; charset=utf-8")
    response.headers["Content-Length"] = str(_size(file))
    response.headers["Content-Disposition"] = f'attachment; filename="chaishots.{query_args.format}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@files.post("/import")
@requires(Role.EDITOR)
@retried
@answers(ImportReport, takes_documents=(_JSON, _YAML))
@takes_query(ImportMode)
async def import_content(query_args: ImportMode) -> Response:
    """Make the content match a file of at most 4 MiB, all of it or nothing; what the file does not have is left alone.

    The file is as `GET /cms/export` has it; keys and things may be left out. All its faults are told at once. The paths
    of pictures, which the command line takes, are refused: upload each first, and give its URL.
    """
    if request.mimetype not in _TAKEN:
        raise UnsupportedMediaType(f"Send the file as {_YAML} or {_JSON}.")
    text = await read_large_body("file")
    if not text:
        raise InvalidContent("Send the file as the body.", field="file")
    imported = await import_in_process(text, name="file", actor=actor(), dry_run=bool(query_args.dry_run))
    response = Response(ImportReport.of(imported).model_dump_json(), content_type=_JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _parts(file: IO[bytes]) -> AsyncGenerator[bytes]:
    with file:
        while part := await asyncio.to_thread(file.read, _PART_BYTES):
            yield part


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size
