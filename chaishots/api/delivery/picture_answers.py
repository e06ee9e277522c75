"""What is answered to a read of a picture's file: all of it, a part, that it is unchanged, or a problem.

Knows one file and one request (RFC 9110). Must not know where files are kept.
"""

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from chaishots.api.conditional_requests import is_held, is_refused
from chaishots.api.delivery.cached_answer import Answer, Header, lines
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.problem_document import PRECONDITION_FAILED, Problem, problem
from chaishots.metrics import REQUESTS

BEGINNING: Final = "/pictures/"
ROUTE: Final = "/pictures/{file}"
_NAME: Final = re.compile(r"/pictures/([0-9a-f]{64})(?:-([1-9][0-9]{0,4}))?\.(webp|avif)")
_RANGE: Final = re.compile(rb"bytes=([0-9]{0,15})-([0-9]{0,15})")
_ASKING: Final = frozenset({b"if-match", b"if-none-match", b"range", b"connection", HEADER})
_TYPES: Final = {"webp": b"image/webp", "avif": b"image/avif"}


class PictureRequest(NamedTuple):
    """A file of a picture, as it was asked for: by GET or HEAD, with these headers, by their names in lower case.

    width: None for the widest. form: webp or avif. is_plain: whether all of it is asked for, whatever the client has.
    """

    picture_id: str
    width: int | None
    form: str
    method: str
    headers: dict[bytes, bytes]
    is_plain: bool


@dataclass(slots=True)
class PictureFile:
    """A file in memory. read_at: when, by the monotonic clock. lines: the headers, as they are sent."""

    body: bytes
    etag: bytes
    headers: list[Header]
    lines: bytes
    headers_unmodified: list[Header]
    read_at: float


def picture_request(method: str, path: str, headers: dict[bytes, bytes]) -> PictureRequest | None:
    """What a GET or HEAD asks of the pictures; None when it is for Quart to refuse with an explanation."""
    meant = _named(path)
    is_plain = method == "GET" and _ASKING.isdisjoint(headers)
    return PictureRequest(*meant, method, headers, is_plain) if meant else None


@lru_cache(4_096)
def _named(path: str) -> tuple[str, int | None, str] | None:
    found = _NAME.fullmatch(path)
    return found and (found[1], int(found[2]) if found[2] else None, found[3])


# Nothing in a picture runs, whatever a browser takes it for; pages of any origin may show it.
_SAFE: Final[list[Header]] = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_FOR_NOW: Final = b"public, max-age=60"
"""What stands in for the widest file while that is missing."""
MISSING: Final = problem(404, "not_found", "There is no such picture, or not in this size.")
AWAY: Final = problem(
    503, "store_unavailable", "The store of pictures is not reached at the moment: try again shortly.",
    headers={"Retry-After": "2"},
)  # fmt: skip


def respond(asked: PictureRequest, file: PictureFile) -> Answer:
    """Answer out of this file."""
    headers = asked.headers
    request_id = (HEADER, named(headers.get(HEADER, b"")))
    if (if_match := headers.get(b"if-match")) is not None and is_refused(if_match, None, file.etag, None):
        return refuse(asked, PRECONDITION_FAILED)
    if (if_none_match := headers.get(b"if-none-match")) and is_held(if_none_match, None, file.etag, None, 0):
        REQUESTS[asked.method, ROUTE, 304] += 1
        return Answer(304, [*file.headers_unmodified, request_id], b"")
    if asked.method == "GET" and (wanted := headers.get(b"range")) and (part := _part(wanted, headers, file)):
        return _partial(part, file, request_id)
    REQUESTS[asked.method, ROUTE, 200] += 1
    return Answer(200, [*file.headers, request_id], file.body if asked.method == "GET" else b"")


def file_of(body: bytes, form: str, *, is_final: bool) -> PictureFile:
    """A file that was read just now, with its headers.

    Args:
        form: webp or avif.
        is_final: whether it is what its name says for ever; one that stands in for a wider one is not.
    """
    etag = b'"%s"' % sha256(body).hexdigest()[:32].encode()
    kept: list[Header] = [(b"etag", etag), (b"cache-control", _FOR_EVER if is_final else _FOR_NOW), *_SAFE]
    whole: list[Header] = [
        (b"content-type", _TYPES[form]),
        (b"content-length", b"%d" % len(body)),
        (b"accept-ranges", b"bytes"),
        *kept,
    ]
    return PictureFile(body, etag, whole, lines(whole), kept, time.monotonic())


class _Part(NamedTuple):
    """From the first byte up to but without the last; the same twice: there is no such part."""

    begin: int
    end: int


def _part(wanted: bytes, headers: dict[bytes, bytes], file: PictureFile) -> _Part | None:
    """The part of a file that Range asks for (RFC 9110, 14.2); None for all of it, or for several."""
    if (if_range := headers.get(b"if-range")) is not None and if_range != file.etag:
        return None
    found = _RANGE.fullmatch(wanted)
    if found is None or found[0] == b"bytes=-":
        return None
    size = len(file.body)
    if not found[1]:
        return _Part(max(0, size - int(found[2])), size)
    begin, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    if found[2] and int(found[2]) < begin:
        return None
    return _Part(begin, end) if begin < size else _Part(0, 0)


def _partial(part: _Part, file: PictureFile, request_id: Header) -> Answer:
    if part.begin == part.end:
        REQUESTS["GET", ROUTE, 416] += 1
        told = problem(416, "range_not_satisfiable", f"The picture has {len(file.body)} bytes: ask for some of them.")
        headers = [*told.raw_headers, (b"content-range", b"bytes */%d" % len(file.body)), request_id]
        return Answer(416, headers, told.body)
    body = file.body[part.begin : part.end]
    REQUESTS["GET", ROUTE, 206] += 1
    headers = [
        *((name, b"%d" % len(body) if name == b"content-length" else value) for name, value in file.headers),
        (b"content-range", b"bytes %d-%d/%d" % (part.begin, part.end - 1, len(file.body))),
        request_id,
    ]
    return Answer(206, headers, body)


def refuse(asked: PictureRequest, told: Problem) -> Answer:
    """Answer with a problem."""
    REQUESTS[asked.method, ROUTE, told.status] += 1
    request_id = (HEADER, named(asked.headers.get(HEADER, b"")))
    return Answer(told.status, [*told.raw_headers, request_id], told.body if asked.method == "GET" else b"")
