"""Answers reads of pictures: from memory, or else from the store.

A file never changes under its name, which holds the SHA-256 of what it was made of. So it is immutable to whoever keeps
it, but for one that stands in for the widest while that is missing. What was deleted is dropped as soon as that is
heard; should it not be, a file is read again after a minute. Must not know how pictures are made, nor the catalog.
"""

import asyncio
import math
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from chaishots.api.delivery.cached_answer import Answer, Header, lines
from chaishots.api.delivery.single_flight import Flights
from chaishots.api.errors import problem_of
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.preconditions import is_held, is_refused
from chaishots.api.problems import PRECONDITION_FAILED, PROBLEM_TYPE, Problem, problem
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.pictures.decoder import WIDTHS
from chaishots.content.pictures.upload_and_removal import key_of
from chaishots.metrics import PICTURE_READS, REQUESTS
from chaishots.observability import named_logger
from chaishots.storage.store import Store, StoreAway

BEGINNING: Final = "/pictures/"
ROUTE: Final = "/pictures/{file}"
_NAME: Final = re.compile(r"/pictures/([0-9a-f]{64})(?:-([1-9][0-9]{0,4}))?\.(webp|avif)")
_RANGE: Final = re.compile(rb"bytes=([0-9]{0,15})-([0-9]{0,15})")
_FRESH_SECONDS: Final = 60
"""How long a file is served from memory before it is read again."""
_MISSING_SECONDS: Final = 5
_MOST_MISSING: Final = 4_096
_MOST_WIDTHS: Final = 65_536
_FILE_BYTES: Final = 512
"""What a file takes in memory beside its bytes."""
_READS: Final = 16
"""Reads of the store at a time."""
_TOLD_SECONDS: Final = 60
_MEMORY: Final = ("memory",)
_STORE: Final = ("store",)
_ASKING: Final = frozenset({b"if-match", b"if-none-match", b"range", b"connection", HEADER})
_TYPES: Final = {"webp": b"image/webp", "avif": b"image/avif"}

_log = named_logger("pictures")


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
class _File:
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


class PictureDelivery:
    """Serves the files of pictures."""

    def __init__(
        self,
        store: Store,
        *,
        memory_bytes: int,
        is_known: Callable[[str, int | None, str], Awaitable[bool]],
        width_of: Callable[[str], Awaitable[int | None]],
        tasks: RequestTasks,
    ) -> None:
        """Serve what is in the store.

        Args:
            memory_bytes: the most that files may take in memory.
            is_known: whether the database knows a picture's file, by the picture's id, its width and form; asked about
                what the store does not have.
            width_of: how wide the database knows a picture to be; asked where the store's widest file may not be it.
            tasks: starts the reads of the store.
        """
        self._store = store
        self._memory_bytes = memory_bytes
        self._is_known = is_known
        self._width_of = width_of
        self._files: OrderedDict[tuple[str, int | None, str], _File] = OrderedDict()
        self._held_bytes = 0
        self._missing: OrderedDict[tuple[str, int | None, str], float] = OrderedDict()
        self._widest: OrderedDict[str, int] = OrderedDict()
        # A file is the same whenever it is read: who asks shares a read under way, unless files were removed since.
        self._era = object()
        self._reads: Flights[_File | Problem] = Flights(tasks, concerns=lambda: self._era)
        self._places = asyncio.Semaphore(_READS)
        self._told_at = {"missing": -math.inf, "away": -math.inf}

    def drop(self, picture_id: str) -> None:
        """Have no file of this picture any more: they were removed from the store."""
        self._era = object()
        self._widest.pop(picture_id, None)
        for key in [key for key in self._files if key[0] == picture_id]:
            self._forget(key)

    def read_again(self) -> None:
        """Have each file read again before it is served, if the store is there: removals may have gone unheard."""
        self._era = object()
        for file in self._files.values():
            file.read_at = -math.inf

    def at_hand(self, asked: PictureRequest) -> Answer | None:
        """The answer when the file lies ready; None when it has to be waited for."""
        file = self._hot(asked)
        return _respond(asked, file) if file is not None else None

    def whole(self, asked: PictureRequest) -> tuple[bytes, bytes] | None:
        """The lines of the head, but for the request's id, and the file, for who asks plainly; None as in `at_hand`."""
        file = self._hot(asked)
        if file is None:
            return None
        REQUESTS["GET", ROUTE, 200] += 1
        return file.lines, file.body

    async def answer(self, asked: PictureRequest) -> Answer:
        """Answer, whatever becomes of it: a problem is an answer too."""
        if (answer := self.at_hand(asked)) is not None:
            return answer
        key = asked[:3]
        found = await self._read(key, self._files.get(key))
        return _refuse(asked, found) if isinstance(found, Problem) else _respond(asked, found)

    def answer_failure(self, asked: PictureRequest, error: Exception) -> Answer:
        """Answer that something of ours went wrong."""
        return _refuse(asked, problem_of(error))

    def _hot(self, asked: PictureRequest) -> _File | None:
        key = asked[:3]
        file = self._files.get(key)
        if file is None or time.monotonic() - file.read_at > _FRESH_SECONDS:
            return None
        self._files.move_to_end(key)
        PICTURE_READS[_MEMORY] += 1
        return file

    async def _read(self, key: tuple[str, int | None, str], old: _File | None) -> _File | Problem:
        missing_at = self._missing.get(key)
        if missing_at is not None and time.monotonic() - missing_at < _MISSING_SECONDS:
            return _MISSING
        done, _ = self._reads.join(key, lambda: self._from_store(key))
        await asyncio.wait({done})
        found = done.result()
        if isinstance(found, Problem) and found.status >= 500 and old is not None:
            old.read_at = time.monotonic() - _FRESH_SECONDS + _MISSING_SECONDS
            return old  # the store is away, and the file is what it was
        return found

    async def _from_store(self, key: tuple[str, int | None, str]) -> _File | Problem:
        picture_id, width, form = key
        era = self._era
        PICTURE_READS[_STORE] += 1
        is_final = True
        try:
            async with self._places:
                actual = width
                if actual is None:
                    actual, is_final = await self._find_widest(picture_id, form)
                body = await self._store.get(key_of(picture_id, actual, form)) if actual else None
        except StoreAway as away:
            if self._is_to_be_told("away"):
                _log.error("store.away", reason=str(away))
            return _AWAY
        except Exception as error:  # noqa: BLE001  # a problem to answer
            return problem_of(error)
        if body is None:
            self._forget(key)
            return await self._note_missing(key)
        file = _file(body, form, is_final=is_final)
        if era is self._era:
            self._hold(key, file)
        return file

    async def _find_widest(self, picture_id: str, form: str) -> tuple[int | None, bool]:
        """The width of the widest file there is, and whether the picture is known to have no wider one."""
        if (width := self._widest.get(picture_id)) is not None:
            return width, True
        keys = [entry.key async for entry in self._store.list(picture_id)]
        widths = [int(key.rpartition("/")[2].partition(".")[0]) for key in keys if key.endswith(".webp")]
        if not widths:
            return None, True
        width = max(widths)
        if width in WIDTHS[:-1] and not await self._has_no_wider(picture_id, width, form):
            return width, False
        self._widest[picture_id] = width
        if len(self._widest) > _MOST_WIDTHS:
            self._widest.popitem(last=False)
        return width, True

    async def _has_no_wider(self, picture_id: str, width: int, form: str) -> bool:
        """Of a width that wide pictures have too; where the database does not answer, nobody knows."""
        try:
            known = await self._width_of(picture_id)
        except Exception:  # noqa: BLE001  # the file is served all the same
            return False
        if known is not None and known > width:
            self._tell_lost(picture_id, None, form)
        return known == width

    async def _note_missing(self, key: tuple[str, int | None, str]) -> Problem:
        # Of this file alone: anybody may ask for a width that a picture never had.
        picture_id = key[0]
        self._widest.pop(picture_id, None)
        self._missing[key] = time.monotonic()
        self._missing.move_to_end(key)
        if len(self._missing) > _MOST_MISSING:
            self._missing.popitem(last=False)
        if self._is_to_be_told("missing", look_only=True):
            try:
                is_lost = await self._is_known(*key)
            except Exception:  # noqa: BLE001  # it is only about a line of the log
                return _MISSING
            if is_lost:
                self._tell_lost(*key)
        return _MISSING

    def _tell_lost(self, picture_id: str, width: int | None, form: str) -> None:
        if self._is_to_be_told("missing"):
            _log.error(
                "picture.missing",
                picture=picture_id,
                file=f"{picture_id}{f'-{width}' if width else ''}.{form}",
                store=self._store.name,
                action="Set CHAISHOTS_PICTURES_URL to one folder or bucket that all replicas share, and put back "
                "what a restore left out: copy the picture's folder, or send the picture again.",
            )

    def _is_to_be_told(self, what: str, *, look_only: bool = False) -> bool:
        now = time.monotonic()
        if now - self._told_at[what] < _TOLD_SECONDS:
            return False
        if not look_only:
            self._told_at[what] = now
        return True

    def _hold(self, key: tuple[str, int | None, str], file: _File) -> None:
        self._forget(key)
        if len(file.body) + _FILE_BYTES > self._memory_bytes:
            return
        self._files[key] = file
        self._held_bytes += len(file.body) + _FILE_BYTES
        while self._held_bytes > self._memory_bytes:
            self._forget(next(iter(self._files)))

    def _forget(self, key: tuple[str, int | None, str]) -> None:
        if (file := self._files.pop(key, None)) is not None:
            self._held_bytes -= len(file.body) + _FILE_BYTES


# Nothing in a picture runs, whatever a browser takes it for; pages of any origin may show it.
_SAFE: Final[list[Header]] = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_FOR_NOW: Final = b"public, max-age=60"
"""What stands in for the widest file while that is missing."""
_MISSING: Final = problem(404, "not_found", "There is no such picture, or not in this size.")
_AWAY: Final = problem(
    503, "store_unavailable", "The store of pictures is not reached at the moment: try again shortly.",
    headers={"Retry-After": "2"},
)  # fmt: skip


def _respond(asked: PictureRequest, file: _File) -> Answer:
    """Answer out of this file."""
    headers = asked.headers
    request_id = (HEADER, named(headers.get(HEADER, b"")))
    if (if_match := headers.get(b"if-match")) is not None and is_refused(if_match, None, file.etag, None):
        return _refuse(asked, PRECONDITION_FAILED)
    if (if_none_match := headers.get(b"if-none-match")) and is_held(if_none_match, None, file.etag, None, 0):
        REQUESTS[asked.method, ROUTE, 304] += 1
        return Answer(304, [*file.headers_unmodified, request_id], b"")
    if asked.method == "GET" and (wanted := headers.get(b"range")) and (part := _part(wanted, headers, file)):
        return _partial(part, file, request_id)
    REQUESTS[asked.method, ROUTE, 200] += 1
    return Answer(200, [*file.headers, request_id], file.body if asked.method == "GET" else b"")


def _file(body: bytes, form: str, *, is_final: bool) -> _File:
    etag = b'"%s"' % sha256(body).hexdigest()[:32].encode()
    kept: list[Header] = [(b"etag", etag), (b"cache-control", _FOR_EVER if is_final else _FOR_NOW), *_SAFE]
    whole: list[Header] = [
        (b"content-type", _TYPES[form]),
        (b"content-length", b"%d" % len(body)),
        (b"accept-ranges", b"bytes"),
        *kept,
    ]
    return _File(body, etag, whole, lines(whole), kept, time.monotonic())


class _Part(NamedTuple):
    """From the first byte up to but without the last; the same twice: there is no such part."""

    begin: int
    end: int


def _part(wanted: bytes, headers: dict[bytes, bytes], file: _File) -> _Part | None:
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


def _partial(part: _Part, file: _File, request_id: Header) -> Answer:
    if part.begin == part.end:
        REQUESTS["GET", ROUTE, 416] += 1
        told = problem(416, "range_not_satisfiable", f"The picture has {len(file.body)} bytes: ask for some of them.")
        headers = [*_problem_headers(told), (b"content-range", b"bytes */%d" % len(file.body)), request_id]
        return Answer(416, headers, told.text.encode())
    body = file.body[part.begin : part.end]
    REQUESTS["GET", ROUTE, 206] += 1
    headers = [
        *((name, b"%d" % len(body) if name == b"content-length" else value) for name, value in file.headers),
        (b"content-range", b"bytes %d-%d/%d" % (part.begin, part.end - 1, len(file.body))),
        request_id,
    ]
    return Answer(206, headers, body)


def _refuse(asked: PictureRequest, told: Problem) -> Answer:
    REQUESTS[asked.method, ROUTE, told.status] += 1
    request_id = (HEADER, named(asked.headers.get(HEADER, b"")))
    return Answer(
        told.status, [*_problem_headers(told), request_id], told.text.encode() if asked.method == "GET" else b""
    )


def _problem_headers(told: Problem) -> list[Header]:
    return [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", b"%d" % len(told.text.encode())),
        *((name.lower().encode(), value.encode()) for name, value in told.headers.items()),
    ]
