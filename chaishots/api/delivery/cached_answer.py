"""Rendered answers: their encodings, their headers, and a shelf of them that is bounded in bytes.

Knows what an answer says of itself. Must not know requests, nor when an answer is old.
"""

import asyncio
import math
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from typing import Final, NamedTuple

import brotli  # pyright: ignore[reportMissingTypeStubs]

from chaishots.api.delivery.negotiation import IDENTITY

Header = tuple[bytes, bytes]

_JSON: Final = ((b"content-type", b"application/json"),)
VARY: Final = b"Accept-Encoding, Authorization"
SMALLEST_ENCODED: Final = 1_000
"""Bytes below which an encoding saves no packet."""
ENCODED_AT_ONCE: Final = 64 * 1024
"""Bytes that are encoded within a millisecond; beside a busy loop, a thread takes tens of them to begin and to end."""
ENTRY_BYTES: Final = 3_000
_ONCE: Final = 4
"""A quarter is for what was asked for only once."""
_ROUNDING_S: Final = 1
"""Caches count in whole seconds, and nginx to the end of the last: 0.93 s past the moment were seen behind it."""
VARIANT_BYTES: Final = 2_000
"""What an answer and each of its encodings take beside their own bytes: objects, headers, a place on the shelf."""

# Measured on a page of 20 programs (340 kB): gzip 6 takes 6 ms and gives 9 kB; br 5 takes 5 ms and gives 6 kB.
_GZIP_LEVEL: Final = 6
_BROTLI_QUALITY: Final = 5
_GZIP_WINDOW: Final = 31
_HIT: Final = (b"cache-status", b"chaishots; hit")


@dataclass(frozen=True, slots=True)
class Limits:
    """What downstream caches may do, in seconds: keep an answer as fresh, or as stale while we fail."""

    max_age: int
    stale_if_error: int


class Epoch:
    """A time in which nothing changed, as far as was heard; it goes on as long as `ended_at` is None.

    spared_until: until when its answers may be served after its end, while they are rendered anew.
    """

    __slots__ = ("ended_at", "spared_until")

    def __init__(self, ended_at: float | None = None) -> None:
        self.ended_at = ended_at
        self.spared_until = -math.inf


class Answer(NamedTuple):
    """What goes out, but for what the server adds itself (Date). After HEAD and with 304 the body is empty."""

    status: int
    headers: list[Header]
    body: bytes


class Variant:
    """An answer in one encoding, with its headers, made anew when what they say has changed."""

    __slots__ = ("_fixed", "body", "etag", "headers", "headers_unmodified", "modified_s", "renewed_at")

    def __init__(self, body: bytes, etag: bytes, encoding: str, headers: tuple[Header, ...]) -> None:
        self.body = body
        self.etag = etag
        self.headers: list[Header] = []
        self.headers_unmodified: list[Header] = []
        self.modified_s: int | None = None
        self.renewed_at = -math.inf
        self._fixed: list[Header] = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            *([] if encoding == IDENTITY else [(b"content-encoding", encoding.encode())]),
        ]

    def renew(self, held: "Held", limits: Limits, now: float) -> None:
        """Say anew for how long it may be kept, by the monotonic clock."""
        directives, self.renewed_at = _directives(held, limits, now)
        unmodified = [(b"etag", self.etag), (b"cache-control", directives), (b"vary", VARY)]
        # By the wall clock too, which may have been put back: it is what Date tells.
        is_over = now >= held.modified_told_at and time.time() >= held.modified_s
        self.modified_s = held.modified_s if is_over else None
        if self.modified_s is None:
            self.renewed_at = min(self.renewed_at, held.modified_told_at if held.modified_told_at > now else now + 1)
        else:
            unmodified.append((b"last-modified", formatdate(self.modified_s, usegmt=True).encode()))
        self.headers_unmodified = [*unmodified, _HIT]
        self.headers = [*self._fixed, *unmodified, _HIT]

    def headers_with(self, status: bytes, *, is_unmodified: bool) -> list[Header]:
        """The headers with another Cache-Status than that of a hit."""
        return [*(self.headers_unmodified if is_unmodified else self.headers)[:-1], (b"cache-status", status)]

    def headers_stale(self, status: bytes, age_s: int, *, is_unmodified: bool) -> list[Header]:
        """The headers of an answer that may be old: for nobody to keep."""
        told = self.headers_with(status, is_unmodified=is_unmodified)
        return [
            *((name, b"public, max-age=0" if name == b"cache-control" else value) for name, value in told),
            (b"age", b"%d" % age_s),
        ]


class Held:
    """A rendered answer.

    epoch: the time in which it was rendered. known_at: when it was last known to be current, beside what was heard.
    snapshot: what was committed when it was rendered.
    changes_at, ends_at: the next scheduled change of it, and the next scheduled end of something shown; all of these by
    the monotonic clock, never (inf) when there is none. old_at: when it is to be rendered anew though nothing changed.
    headers: of every answer of its form.
    """

    __slots__ = (
        "_digest",
        "changes_at",
        "ends_at",
        "epoch",
        "headers",
        "key",
        "known_at",
        "modified_s",
        "modified_told_at",
        "old_at",
        "pending",
        "snapshot",
        "variants",
    )  # fmt: skip

    def __init__(self, key: Hashable, headers: tuple[Header, ...] = _JSON) -> None:
        self.key = key
        self.headers = headers
        self.epoch = Epoch(-math.inf)
        self.known_at = -math.inf
        self.snapshot = ""
        self.changes_at = self.ends_at = self.old_at = math.inf
        self.modified_s = 0
        self.modified_told_at = math.inf
        self.variants: dict[str, Variant] = {}
        self.pending: dict[str, asyncio.Future[bytes]] = {}
        self._digest = b""

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, within a few hundred bytes."""
        variants = sum(len(variant.body) + VARIANT_BYTES for variant in set(self.variants.values()))
        return ENTRY_BYTES + 4 * len(repr(self.key)) + variants

    def take(self, body: bytes, *, read_s: float, clock_ahead_s: float, now: float) -> None:
        """Hold what was rendered. The same bytes as before keep their encodings and their Last-Modified.

        Args:
            read_s: when it was read by Postgres' clock, in seconds since 1970.
            clock_ahead_s: how far that clock is ahead of the monotonic one.
        """
        digest = sha256(body).hexdigest()[:24].encode()  # with a processor that knows SHA, half the time of blake2b
        if digest == self._digest:
            for variant in self.variants.values():
                variant.renewed_at = -math.inf
            return
        self._digest = digest
        self.pending = {}
        plain = Variant(body, b'"%s"' % digest, IDENTITY, self.headers)
        self.variants = {IDENTITY: plain}
        if len(body) < SMALLEST_ENCODED:
            self.variants |= dict.fromkeys(_ENCODERS, plain)
        # The second that is not over yet, and told only when it is: two answers never share one.
        self.modified_s = math.ceil(read_s)
        by_our_clock = now + self.modified_s - time.time()
        self.modified_told_at = max(self.modified_s - clock_ahead_s, by_our_clock)

    def encoded_at_once(self, encoding: str) -> Variant | None:
        """The answer in an encoding that it is not in yet, if it is small: a thread would take longer to begin."""
        plain = self.variants[IDENTITY].body
        if len(plain) > ENCODED_AT_ONCE:
            return None
        etag = b'"%s-%s"' % (self._digest, encoding.encode())
        self.variants[encoding] = Variant(_ENCODERS[encoding](plain), etag, encoding, self.headers)
        return self.variants[encoding]

    async def encoded(self, encoding: str) -> Variant:
        """The answer in an encoding that it is not in yet: made once, beside the loop."""
        pending, variants, digest = self.pending, self.variants, self._digest
        if encoding not in pending:
            plain = variants[IDENTITY].body
            pending[encoding] = asyncio.get_running_loop().run_in_executor(None, _ENCODERS[encoding], plain)
        # asyncio.wait, so that one that is cancelled cancels it for nobody else.
        await asyncio.wait({pending[encoding]})
        if encoding not in variants:
            etag = b'"%s-%s"' % (digest, encoding.encode())
            variants[encoding] = Variant(pending[encoding].result(), etag, encoding, self.headers)
        return variants[encoding]


class Shelf:
    """Answers by key, at most so many bytes of them; what was asked for least lately goes first.

    What was asked for only once goes before all else while it takes more than a quarter of the room: whoever asks for
    ever other things pushes out nothing that others come for.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes_held = 0
        self.evictions = 0
        self._held: OrderedDict[Hashable, Held] = OrderedDict()
        self._once: OrderedDict[Hashable, None] = OrderedDict()
        self._once_bytes = 0
        self._sizes: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> Held | None:
        """The answer held, which is from now on the one asked for most lately."""
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            if key in self._once:
                del self._once[key]
                self._once_bytes -= self._sizes[key]
        return held

    def holds(self, held: Held) -> bool:
        """Whether it is this answer that is held, without asking for it."""
        return self._held.get(held.key) is held

    def put(self, held: Held) -> None:
        """Hold an answer, or take note that it has grown; others make room for it."""
        is_new = held.key not in self._held
        was_once = held.key in self._once
        self.remove(held.key)
        size = held.size_bytes
        if size > self.limit_bytes:
            return
        self._held[held.key] = held
        self._sizes[held.key] = size
        self.bytes_held += size
        if is_new or was_once:
            self._once[held.key] = None
            self._once_bytes += size
        while self.bytes_held > self.limit_bytes:
            is_flooded = self._once_bytes > self.limit_bytes // _ONCE
            self.remove(next(iter(self._once if is_flooded else self._held)))
            self.evictions += 1

    def remove(self, key: Hashable) -> None:
        """Hold it no longer."""
        if self._held.pop(key, None) is not None:
            size = self._sizes.pop(key)
            self.bytes_held -= size
            if key in self._once:
                del self._once[key]
                self._once_bytes -= size


def _directives(held: Held, limits: Limits, now: float) -> tuple[bytes, float]:
    """Cache-Control, and until when it says what is so (RFC 9111; stale-… RFC 5861).

    What may be kept as fresh and be served while it is fetched anew is together at most `max_age`, and never reaches
    past the next scheduled change: who takes something down by hand can rely on the one, who plans on the other.
    """
    changes_at, ends_at = held.changes_at - _ROUNDING_S, held.ends_at - _ROUNDING_S
    left = changes_at - now
    together = max(0, min(limits.max_age, math.floor(min(left, limits.max_age))))
    revalidate = together // 5
    fresh = together - revalidate
    error = limits.stale_if_error if ends_at - now >= fresh + limits.stale_if_error else 0
    until = changes_at - (limits.max_age if left > limits.max_age else math.floor(left)) if left > 0 else math.inf
    if error:
        until = min(until, ends_at - fresh - error)
    return b"public, max-age=%d, stale-while-revalidate=%d, stale-if-error=%d" % (fresh, revalidate, error), until


def _gzip(body: bytes) -> bytes:
    # Not gzip.compress: its header tells the time, and the same bytes shall be the same bytes on every replica.
    deflate = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    return deflate.compress(body) + deflate.flush()


def _br(body: bytes) -> bytes:
    return brotli.compress(body, quality=_BROTLI_QUALITY)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # untyped


_ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {"gzip": _gzip, "br": _br}
