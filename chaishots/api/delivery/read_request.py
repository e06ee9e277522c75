"""A request that reads the catalog: what it reads, its method and its headers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import ValidationError

from chaishots.api.delivery.cached_answer import Header
from chaishots.api.delivery.catalog_reads import Read, Unreadable, events
from chaishots.api.delivery.health_answers import HealthRequest
from chaishots.api.delivery.picture_answers import PictureRequest
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.content.catalog.feed import Cursor
from chaishots.content.errors import InvalidContent


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A read of the catalog, as it was asked for: by GET or HEAD, with these headers, by their names in lower case."""

    read: Read
    method: str
    headers: dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """Events from a cursor on, or from now on, under the request's name."""

    after: Cursor | None
    request_id: Header


def events_request(method: bytes, query: bytes, headers: Iterable[Header]) -> EventsRequest | None:
    """What a request for events asks for; None when it has to be refused with an explanation, or is no GET."""
    named_headers = by_name(list(headers))
    try:
        after = events(query, named_headers.get(b"last-event-id"))
    except (InvalidContent, ValidationError, Unreadable):
        return None
    return EventsRequest(after, (HEADER, named(named_headers.get(HEADER, b"")))) if method == b"GET" else None


DeliveredRequest: TypeAlias = ReadRequest | PictureRequest | HealthRequest
"""What the delivery layer answers."""


def request_id_of(asked: DeliveredRequest) -> Header:
    """The header with the request's name: its own, or one made for it."""
    return HEADER, named(asked.headers.get(HEADER, b""))


def is_last(asked: DeliveredRequest) -> bool:
    """Whether the client wants the connection closed after the answer (RFC 9112, 9.6)."""
    return wants_close(asked.headers)


def wants_close(headers: Mapping[bytes, bytes]) -> bool:
    """Whether these headers say so."""
    wanted = headers.get(b"connection")
    return wanted is not None and b"close" in [option.strip() for option in wanted.lower().split(b",")]


def by_name(headers: list[Header]) -> dict[bytes, bytes]:
    """The headers by name; lines of one name joined (RFC 9110, 5.3)."""
    named_once = dict(headers)
    if len(named_once) == len(headers):
        return named_once
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        joined[name] = joined[name] + b", " + value if name in joined else value
    return joined
