"""The pages' stylesheet, script and icon: each under a name that tells its content, so that it may be kept for ever.

Read once, when first asked for, and held compressed.
"""

import hashlib
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import brotli  # pyright: ignore[reportMissingTypeStubs]

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/assets/"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/speculationrules+json",
}
_GZIP_WINDOW: Final = 31


@dataclass(frozen=True)
class StaticFile:
    """A file, by encoding; `etag` is that of its content."""

    content_type: str
    etag: str
    bodies: dict[str, bytes]


@cache
def paths() -> dict[str, str]:
    """The path of each file, by its plain name: pages.css is at /assets/pages.3f2a….css."""
    return {path.name: f"{PREFIX}{_name(path)}" for path in sorted(FOLDER.iterdir())}


@cache
def files() -> dict[str, StaticFile]:
    """The files by the last part of their paths."""
    return {_name(path): _read(path) for path in FOLDER.iterdir()}


def _name(path: Path) -> str:
    return f"{path.stem}.{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix}"


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    deflate = zlib.compressobj(9, wbits=_GZIP_WINDOW)
    bodies: dict[str, bytes] = {
        "identity": body,
        "gzip": deflate.compress(body) + deflate.flush(),
        "br": brotli.compress(body, quality=11),  # pyright: ignore[reportUnknownMemberType]  # untyped
    }
    return StaticFile(_TYPES[path.suffix], f'"{_name(path)}"', bodies)
