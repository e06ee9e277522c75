"""Which requests the delivery layer answers itself, by their address and headers; Quart has all others.

Must not know how anything is answered.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from chaishots.api.delivery import health_answers
from chaishots.api.delivery.cached_answer import Header
from chaishots.api.delivery.catalog_reads import Read, Source
from chaishots.api.delivery.health_answers import HealthRequest
from chaishots.api.delivery.picture_answers import BEGINNING, picture_request
from chaishots.api.delivery.read_request import DeliveredRequest, ReadRequest, by_name
from chaishots.api.problem_document import Problem
from chaishots.database.pool_shares import Share

_READING: Final = ("GET", "HEAD")
_CHANGING_NOTHING: Final = (*_READING, "OPTIONS")
_MEMORABLE_BYTES: Final = 400
_ADDRESSES: Final = 4_096
"""Addresses whose meaning is remembered; with the bound on their length, at most some 4 MB."""


class Routing:
    """The sources of reads, by how their addresses begin."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.beginnings = (health_answers.PATH, BEGINNING, *(each for source in sources for each in source.beginnings))
        self._beginnings = self.beginnings[2:]
        self._sources = sources
        self._remembered = lru_cache(_ADDRESSES)(self._read_at)

    def asked_for(self, method: str, path: str, query: bytes, headers: Iterable[Header]) -> DeliveredRequest | None:
        """What a request asks to read; None when it is for Quart to answer, or to refuse with an explanation."""
        if method not in _READING or not path.startswith(self.beginnings):
            return None
        named_headers = by_name(list(headers))
        if path.startswith(BEGINNING):
            return None if query else picture_request(method, path, named_headers)
        if path.startswith(health_answers.PATH):
            is_plain = path == health_answers.PATH and not query.strip(b"&")
            return HealthRequest(method, named_headers) if is_plain else None
        if b"authorization" in named_headers:
            return None
        is_memorable = len(path) + len(query) <= _MEMORABLE_BYTES
        read = self._remembered(path, query) if is_memorable else self._read_at(path, query)
        return None if read is None else ReadRequest(read, method, named_headers)

    def refusal_of(
        self, method: str, path: str, query: bytes, headers: dict[bytes, bytes]
    ) -> tuple[str, Problem] | None:
        """The route that no read can be made of, and why; None when Quart says so, at ten times the cost."""
        if method not in _READING or not path.startswith(self._beginnings):
            return None
        return None if b"authorization" in headers else self._source_of(path).refusal_at(path, query)

    def _read_at(self, path: str, query: bytes) -> Read | None:
        return self._source_of(path).read_at(path, query)

    def _source_of(self, path: str) -> Source:
        return next(source for source in self._sources if path.startswith(source.beginnings))


def changes_content(method: str, path: str) -> bool:
    """Whether a request may change what is read. A picture that is sent is in no answer yet."""
    return method not in _CHANGING_NOTHING and path.startswith("/cms/") and not path.startswith("/cms/pictures")


def share_of(path: str) -> Share:
    """Whose connections to the database a request that goes to Quart may take."""
    if path.startswith("/cms/"):
        return Share.EDITORS
    return Share.PROBES if path.startswith(("/health", "/metrics")) else Share.TOKENS
