"""A rendered answer, its encodings and its headers.

Knows what an answer says of itself. Must not know requests, nor when an answer is old.
"""

import asyncio
import math
import time
from collections.abc import Hashable, Iterable
from email.utils import formatdate
from hashlib import sha256
from typing import Final, NamedTuple

from chaishots.api.delivery.cache_control import Limits, directives
from chaishots.api.delivery.encodings import ENCODED_AT_ONCE, ENCODERS, IDENTITY, SMALLEST_ENCODED
from chaishots.api.delivery.freshness import Epoch
from chaishots.api.delivery.list_parts import PLACE_BYTES, ListParts

Header = tuple[bytes, bytes]

_JSON: Final = ((b"content-type", b"application/json"),)
VARY: Final = b"Accept-Encoding, Authorization"
ENTRY_BYTES: Final = 3_000
VARIANT_BYTES: Final = 2_000
"""What an answer and each of its encodings take beside their own bytes: objects, headers, a place in the store."""

_HIT: Final = (b"cache-status", b"chaishots; hit")


def lines(headers: Iterable[Header]) -> bytes:
    """Headers as they stand in the head of an answer."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


class Answer(NamedTuple):
    """What goes out, but for what the server adds itself (Date). After HEAD and with 304 the body is empty."""

    status: int
    headers: list[Header]
    body: bytes


class Variant:
    """An answer in one encoding, with its headers, made anew when what they say has changed."""

    __slots__ = ("_fixed", "_stale", "body", "etag", "headers", "headers_unmodified", "modified_s", "renewed_at")

    def __init__(self, body: bytes, etag: bytes, encoding: str, headers: tuple[Header, ...]) -> None:
        self.body = body
        self.etag = etag
        self.headers: list[Header] = []
        self.headers_unmodified: list[Header] = []
        self.modified_s: int | None = None
        self.renewed_at = -math.inf
        self._stale: dict[tuple[bytes, int, bool], list[Header]] = {}
        self._fixed: list[Header] = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            *([] if encoding == IDENTITY else [(b"content-encoding", encoding.encode())]),
        ]

    def renew(self, answer: "CachedAnswer", limits: Limits, now: float) -> None:
        """Say anew for how long it may be kept, by the monotonic clock."""
        allowed, self.renewed_at = directives(answer.changes_at, answer.ends_at, limits, now)
        unmodified = [(b"etag", self.etag), (b"cache-control", allowed), (b"vary", VARY)]
        # By the wall clock too, which may have been put back: it is what Date tells.
        is_over = now >= answer.modified_told_at and time.time() >= answer.modified_s
        self.modified_s = answer.modified_s if is_over else None
        if self.modified_s is None:
            self.renewed_at = min(
                self.renewed_at, answer.modified_told_at if answer.modified_told_at > now else now + 1
            )
        else:
            unmodified.append((b"last-modified", formatdate(self.modified_s, usegmt=True).encode()))
        self._stale = {}
        self.headers_unmodified = [*unmodified, _HIT]
        self.headers = [*self._fixed, *unmodified, _HIT]

    def headers_with(self, status: bytes, *, is_unmodified: bool) -> list[Header]:
        """The headers with another Cache-Status than that of a hit."""
        return [*(self.headers_unmodified if is_unmodified else self.headers)[:-1], (b"cache-status", status)]

    def headers_stale(self, status: bytes, age_s: int, *, is_unmodified: bool) -> list[Header]:
        """The headers of an answer that may be old: for nobody to keep."""
        # While changes follow one another, most answers of a second are this one.
        of = (status, age_s, is_unmodified)
        if (kept := self._stale.get(of)) is None:
            told = self.headers_with(status, is_unmodified=is_unmodified)
            kept = [
                *((name, b"public, max-age=0" if name == b"cache-control" else value) for name, value in told),
                (b"age", b"%d" % age_s),
            ]
            self._stale = {of: kept}
        return kept


class CachedAnswer:
    """A rendered answer.

    epoch: the time in which it was rendered. known_at: when it was last known to be current, beside what was heard.
    snapshot: what was committed when it was rendered.
    changes_at, ends_at: the next scheduled change of it, and the next scheduled end of something shown; all of these by
    the monotonic clock, never (inf) when there is none. old_at: when it is to be rendered anew though nothing changed.
    headers: of every answer of its form. parts: of a list of programs, where each stands in the answer.
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
        "parts",
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
        self.parts: ListParts | None = None
        self._digest = b""

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, within a few hundred bytes."""
        variants = sum(len(variant.body) + VARIANT_BYTES for variant in set(self.variants.values()))
        places = PLACE_BYTES * len(self.parts.places) if self.parts else 0
        return ENTRY_BYTES + 4 * len(repr(self.key)) + variants + places

    @property
    def body(self) -> bytes:
        """The answer as it is, in no encoding."""
        return self.variants[IDENTITY].body

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
            self.variants |= dict.fromkeys(ENCODERS, plain)
        # The second that is not over yet, and told only when it is: two answers never share one.
        self.modified_s = math.ceil(read_s)
        by_our_clock = now + self.modified_s - time.time()
        self.modified_told_at = max(self.modified_s - clock_ahead_s, by_our_clock)

    def encode_at_once(self, encoding: str) -> Variant | None:
        """Encode the answer as it is not yet, if it is small: a thread would take longer to begin."""
        plain = self.variants[IDENTITY].body
        if len(plain) > ENCODED_AT_ONCE:
            return None
        etag = b'"%s-%s"' % (self._digest, encoding.encode())
        self.variants[encoding] = Variant(ENCODERS[encoding](plain), etag, encoding, self.headers)
        return self.variants[encoding]

    async def encode(self, encoding: str) -> Variant:
        """Encode the answer as it is not yet: once, beside the loop."""
        pending, variants, digest = self.pending, self.variants, self._digest
        if encoding not in pending:
            plain = variants[IDENTITY].body
            pending[encoding] = asyncio.get_running_loop().run_in_executor(None, ENCODERS[encoding], plain)
        # asyncio.wait, so that one that is cancelled cancels it for nobody else.
        await asyncio.wait({pending[encoding]})
        if encoding not in variants:
            etag = b'"%s-%s"' % (digest, encoding.encode())
            variants[encoding] = Variant(pending[encoding].result(), etag, encoding, self.headers)
        return variants[encoding]
