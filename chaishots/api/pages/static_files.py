"""The pages' script and icon: each under a name that tells its content, so that it may be kept for ever; and their
stylesheet, which stands in each page.

Read once, when first asked for, and held compressed.
"""

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import brotli  # pyright: ignore[reportMissingTypeStubs]
from quart import Blueprint, Response, request
from quart_schema import hide

from chaishots.api.conditional_requests import is_held
from chaishots.api.delivery.encodings import encoding
from chaishots.content.errors import NotFound

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/assets/"
STYLESHEET: Final = "pages.css"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/speculationrules+json",
}
_GZIP_WINDOW: Final = 31
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_READERS: Final = re.compile(rb"^ +(?://.*\n)?|^//.*\n", re.MULTILINE)
"""What is for readers of the source: lines of comments, and how far others stand in. No text goes over a line."""

assets = Blueprint("assets", __name__)


@assets.get(f"{PREFIX}<name>")
@hide
async def get_static_file(name: str) -> Response:
    """The stylesheet, the script or the icon of the pages."""
    file = files().get(name)
    if file is None:
        raise NotFound("There is no such file.")
    told = {"ETag": file.etag, "Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if is_held(request.headers.get("If-None-Match", "").encode(), None, file.etag.encode(), None, 0):
        return Response(status=304, headers=told)
    wanted = encoding(request.headers.get("Accept-Encoding", "").encode())
    if wanted != "identity":
        told["Content-Encoding"] = wanted
    return Response(file.bodies[wanted], headers=told, content_type=file.content_type)


@dataclass(frozen=True)
class StaticFile:
    """A file, by encoding; `etag` is that of its content."""

    content_type: str
    etag: str
    bodies: dict[str, bytes]


@cache
def paths() -> dict[str, str]:
    """The path of each file but the stylesheet, by its plain name: pages.js is at /assets/pages.3f2a….js."""
    return {path.name: f"{PREFIX}{_name(path)}" for path in sorted(FOLDER.iterdir()) if path.name != STYLESHEET}


@cache
def files() -> dict[str, StaticFile]:
    """The files by the last part of their paths."""
    return {_name(path): _read(path) for path in FOLDER.iterdir() if path.name != STYLESHEET}


@cache
def styles() -> str:
    """The stylesheet as it stands in each page, so that nobody waits for a file before anything is seen."""
    bare = re.sub(r"/\*.*?\*/", "", (FOLDER / STYLESHEET).read_text(), flags=re.DOTALL)
    return "\n".join(line for line in map(str.strip, bare.splitlines()) if line)


def styles_digest() -> str:
    """What a policy allows the stylesheet by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(styles().encode()).digest()).decode()}"


def _name(path: Path) -> str:
    return f"{path.stem}.{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix}"


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    if path.suffix == ".js":
        body = _FOR_READERS.sub(b"", body)
    deflate = zlib.compressobj(9, wbits=_GZIP_WINDOW)
    bodies: dict[str, bytes] = {
        "identity": body,
        "gzip": deflate.compress(body) + deflate.flush(),
        "br": brotli.compress(body, quality=11),  # pyright: ignore[reportUnknownMemberType]  # untyped
    }
    return StaticFile(_TYPES[path.suffix], f'"{_name(path)}"', bodies)
