"""Reads of the catalog, answered on the connection itself: before Hypercorn makes a request of them.

A request of Hypercorn's is parsed, becomes events, a scope, a queue and two tasks; next to an answer that lies ready,
that is most of what it costs. So the reader that Hypercorn is given looks at what comes in between two requests,
answers what it can, and hands on the rest as it came: a head in pieces, several at once, a body, an upgrade, HTTP/1.0,
whoever wants the connection closed, and all that is no anonymous read of the catalog.

What a head says is decided by h11, as in Hypercorn, and remembered: a client sends the same bytes again and again.
Answers are those of `delivery/layer.py` on either way. Must not know what is read, nor how an answer is kept.
"""

import asyncio
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import h11

from chaishots.api.delivery.layer import Answer, Asked, Delivery
from chaishots.api.server.connections import Connection, sent
from chaishots.api.server.http11 import asked_target

_MEMORABLE_BYTES: Final = 1_000
_HEADS: Final = 2_048
"""Heads whose meaning is remembered; with the bound on their length, at most some 8 MB."""


class FastLane:
    """What the connections of a server share."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.beginnings = tuple(
            f"{method} {beginning}".encode() for method in ("GET", "HEAD") for beginning in delivery.beginnings
        )
        self._remembered = lru_cache(_HEADS)(self._asked)
        self.is_open = True
        self._under_way = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def asked(self, data: bytes) -> Asked | None:
        """What is asked for, when these bytes are just one request after which the connection goes on."""
        return self._remembered(data) if len(data) <= _MEMORABLE_BYTES else self._asked(data)

    def _asked(self, data: bytes) -> Asked | None:
        request = _only_request(data)
        if request is None or isinstance(target := asked_target(request), int):
            return None
        path, _, query = target[0].partition(b"?")
        return self.delivery.asked_for(request.method.decode(), unquote(path.decode()), query, request.headers)

    async def answer(self, asked: Asked) -> Answer:
        """Answer, and count it among what is under way until it is."""
        self._under_way += 1
        try:
            return await self.delivery.answer(asked)
        except Exception as error:  # noqa: BLE001  # of one request: the next is served
            return self.delivery.failed(asked, error)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._empty.set()

    async def close(self) -> None:
        """Hand everything on from now on, and return once what is under way is answered."""
        self.is_open = False
        if self._under_way:
            self._empty.clear()
            await self._empty.wait()


class LaneReader(asyncio.StreamReader):
    """What Hypercorn reads a connection from."""

    def __init__(self, lane: FastLane) -> None:
        super().__init__()
        self._lane = lane

    def attach(self, connection: Connection, writer: asyncio.StreamWriter) -> None:
        """Name the two that belong to the reader; before anything is read."""
        self._connection = connection
        self._writer = writer

    async def read(self, n: int = -1) -> bytes:
        """The next bytes that are Hypercorn's to read; empty at the end. Raises: ConnectionError."""
        while data := await super().read(n):
            if not data.startswith(self._lane.beginnings) or not self._lane.is_open:
                break
            if not self._connection.protocol.is_between_requests():
                break
            asked = self._lane.asked(data)
            if asked is None:
                break
            self._connection.idle(is_idle=False)
            answer = await self._lane.answer(asked)
            await sent(self._writer, _head(answer), answer.body)
            self._connection.idle(is_idle=True)
        return data


def _only_request(data: bytes) -> h11.Request | None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    try:
        request, end = connection.next_event(), connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(request, h11.Request) or not isinstance(end, h11.EndOfMessage):
        return None
    if connection.their_state is not h11.DONE or connection.trailing_data != (b"", False):
        return None
    return request


def _head(answer: Answer) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in answer.headers])
    return b"HTTP/1.1 %d \r\n%bdate: %b\r\nx-content-type-options: nosniff\r\n\r\n" % (
        answer.status,
        lines,
        _date(int(time.time())),
    )


@lru_cache(1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
