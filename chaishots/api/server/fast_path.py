"""Reads of the catalog and probes, answered on the connection itself: before Hypercorn makes a request of them.

A request of Hypercorn's is parsed, becomes events, a scope, a queue and two tasks; next to an answer that lies ready,
that is most of what it costs. So what comes in between two requests is looked at first: what is plainly one anonymous
read of the catalog, or a probe, is answered here, of several at once each in its turn, and the rest goes on as it came:
a head in pieces, a body, an upgrade, HTTP/1.0, and all else.

What a head says is decided by h11, as in Hypercorn, and remembered where its answer lay ready, or where its first line
was answered before: a client sends the same bytes again and again. Answers are those of `delivery/asgi_app.py` either
way. Must not know what is read, nor how an answer is kept.
"""

import time
from email.utils import formatdate
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar
from urllib.parse import unquote

import h11

from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.cached_answer import Answer, lines
from chaishots.api.delivery.event_bytes import HEADERS
from chaishots.api.delivery.picture_answers import PictureRequest
from chaishots.api.delivery.read_request import DeliveredRequest, EventsRequest, events_request, is_last, wants_close
from chaishots.api.middleware.cors_and_api_version import FOR_EVERYBODY, VERSION
from chaishots.api.middleware.request_id import HEADER, new_name
from chaishots.api.server.http11 import asked_target

EVENTS: Final = b"/catalog/events"
_MEMORABLE_BYTES: Final = 1_000
_HEADS: Final = 2_048
"""Heads whose meaning is remembered; with the bound on their length, at most some 8 MB."""
_LINES: Final = 4_096
"""First lines that were answered with what they ask for; at most some 6 MB."""


class Written(NamedTuple):
    """An answer as it is sent; `closes`: nothing comes after it."""

    head: bytes
    body: bytes
    closes: bool


class FastPath:
    """What the connections of a server share."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self.broadcast = delivery.broadcast
        self._beginnings = tuple(
            f"{method} {beginning}".encode() for method in ("GET", "HEAD") for beginning in delivery.beginnings
        )
        self._heads: dict[bytes, DeliveredRequest] = {}
        self._pictures: dict[bytes, PictureRequest] = {}
        self._whole_picture = delivery.whole_picture
        self._warm: dict[bytes, None] = {}

    def may_take(self, data: bytes) -> bool:
        """Whether these bytes begin like what is answered here."""
        return data.startswith(self._beginnings)

    def is_warm(self, data: bytes) -> bool:
        """Whether this was answered before: then it is quickly answered, or rendered anew, and not to be kept waiting.

        By its first line alone, as everything else is yet to be parsed, which takes longer.
        """
        return data[: data.find(b"\r")] in self._warm

    def parse(self, data: bytes) -> DeliveredRequest | EventsRequest | None:
        """What is asked for, when these bytes are just one request, of HTTP/1.1."""
        return self._heads.get(data) or self._parse(data)

    def whole_picture(self, data: bytes) -> Written | None:
        """A picture that was asked for by the same bytes before, when it lies ready; None for all else.

        Most of what is read are pictures, and nothing of that is different the next time but its name and the date.
        """
        asked = self._pictures.get(data)
        if asked is None or (found := self._whole_picture(asked)) is None:
            return None
        said, body = found
        return Written(b"".join((_OK, said, _ID, new_name(), _ending(int(time.time())))), body, False)

    def at_hand(self, asked: DeliveredRequest, data: bytes) -> Written | None:
        """The answer, when it lies ready; None when it has to be waited for.

        Args:
            data: how it was asked for.
        """
        try:
            answer = self._delivery.at_hand(asked)
        except Exception as error:  # noqa: BLE001  # of one request: the next is served
            answer = self._delivery.answer_failure(asked, error)
        if answer is None:
            return None
        self._remember(answer, asked, data)
        return self._write(answer, asked, data)

    async def answer(self, asked: DeliveredRequest, data: bytes) -> Written:
        """The answer, whatever becomes of it."""
        try:
            answer = await self._delivery.answer(asked)
        except Exception as error:  # noqa: BLE001  # of one request: the next is served
            answer = self._delivery.answer_failure(asked, error)
        if self.is_warm(data):
            self._remember(answer, asked, data)
        return self._write(answer, asked, data)

    def _remember(self, answer: Answer, asked: DeliveredRequest, data: bytes) -> None:
        # A proxy asks once on each connection, by another name each time.
        if answer.status in _GIVEN and len(data) <= _MEMORABLE_BYTES and not is_last(asked):
            _keep(self._heads, data, asked, _HEADS)
            if isinstance(asked, PictureRequest) and asked.is_plain:
                _keep(self._pictures, data, asked, _HEADS)

    def _write(self, answer: Answer, asked: DeliveredRequest, data: bytes) -> Written:
        line = data[: data.find(b"\r")]
        if answer.status not in _GIVEN:
            self._warm.pop(line, None)
        elif len(line) <= _MEMORABLE_BYTES:
            _keep(self._warm, line, None, _LINES)
        closes = is_last(asked)
        return Written(_head(answer, closes=closes), answer.body, closes)

    def head_of(self, asked: EventsRequest) -> bytes:
        """What begins a stream of events."""
        return _head(Answer(200, [*HEADERS, (b"transfer-encoding", b"chunked"), asked.request_id], b""), closes=False)

    def _parse(self, data: bytes) -> DeliveredRequest | EventsRequest | None:
        request = _only_request(data)
        if request is None or isinstance(target := asked_target(request), int):
            return None
        path, _, query = target[0].partition(b"?")
        if path == EVENTS:
            if self.broadcast.is_full or wants_close(dict(request.headers)):
                return None
            return events_request(request.method, query, request.headers)
        return self._delivery.asked_for(request.method.decode(), unquote(path.decode()), query, request.headers)


_GIVEN: Final = (200, 304)

T = TypeVar("T")


def _keep(kept: dict[bytes, T], name: bytes, value: T, most: int) -> None:
    """Keep it, instead of what was kept first when there are too many."""
    if name not in kept:
        if len(kept) >= most:
            del kept[next(iter(kept))]
        kept[name] = value


def _only_request(data: bytes) -> h11.Request | None:
    """The request that these bytes are, when it is just one, and nothing comes with it."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    try:
        request, end = connection.next_event(), connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(request, h11.Request) or not isinstance(end, h11.EndOfMessage):
        return None
    if request.http_version != b"1.1" or connection.trailing_data != (b"", False):
        return None
    if connection.their_state not in (h11.DONE, h11.MUST_CLOSE):
        return None
    return request


_READ_BY_ALL: Final = lines(FOR_EVERYBODY)
_OF_SERVER: Final = lines([(b"x-content-type-options", b"nosniff"), VERSION])


def _head(answer: Answer, *, closes: bool) -> bytes:
    return b"HTTP/1.1 %d \r\n%b%bdate: %b\r\n%b%b\r\n" % (
        answer.status,
        lines(answer.headers),
        _READ_BY_ALL,
        _date(int(time.time())),
        _OF_SERVER,
        b"connection: close\r\n" if closes else b"",
    )


_ID: Final = HEADER + b": "
_OK: Final = b"HTTP/1.1 200 \r\n"


@lru_cache(1)
def _ending(second: int) -> bytes:
    return b"\r\n%bdate: %b\r\n%b\r\n" % (_READ_BY_ALL, _date(second), _OF_SERVER)


@lru_cache(1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
