"""One connection: what is read on it, what is sent, and how it ends.

It is little more than its transport until something is asked on it. What `fast_path.py` can answer is answered at once;
anything else begins an exchange (`hypercorn_exchange.py`), which lasts until Hypercorn is between two requests again.
It ends when its client does, and nobody is waited for longer than `STALLED_SECONDS`. Must not know what is asked for,
nor what is answered.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from chaishots.api.delivery.event_broadcast import BEAT_SECONDS, Broadcast
from chaishots.api.delivery.event_bytes import LAST_CHUNK, Piece
from chaishots.api.delivery.read_request import DeliveredRequest, EventsRequest
from chaishots.api.server.connection_limit import Connections
from chaishots.api.server.fast_path import FastPath, Written
from chaishots.api.server.hypercorn_exchange import Exchange
from chaishots.api.server.time_slices import Slices
from chaishots.metrics import CONNECTIONS_CLOSED

_TCP_USER_TIMEOUT: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it; macOS does not."""
STALLED_SECONDS: Final = 30
"""How long a client may take nothing of what it is sent before its connection is cut."""
_PIECE_BYTES: Final = 1024 * 1024
"""How much is given to the transport at once: in one piece, a list of 20 programs is a quarter faster than in four."""
_UNREAD_BYTES: Final = 64 * 1024
"""How much is read ahead of what is being answered."""
_END_OF_HEAD: Final = b"\r\n\r\n"

_stalled = CONNECTIONS_CLOSED.labels("stalled")


class Connection(asyncio.Protocol):
    """The protocol of one connection, among all of a server."""

    __slots__ = (
        "_broadcast",
        "_connections",
        "_drained",
        "_exchange",
        "_has_eof",
        "_is_answering",
        "_is_full",
        "_is_last",
        "_is_reading",
        "_left_bytes",
        "_received",
        "_timer",
        "_unsent",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._received = b""
        self._exchange: Exchange | None = None
        self._broadcast: Broadcast | None = None
        self._is_answering = False
        self._has_eof = False
        self._is_full = False
        self._is_last = False
        self._is_reading = True
        self._unsent: deque[bytes | memoryview] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left_bytes = 0

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the class
        if self._connections.opened(self):
            self._connections.idle(self)
        else:
            self.cut()

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self._exchange is not None:
            self._exchange.feed(data)
        elif self._is_answering:
            self._received += data
            if len(self._received) > _UNREAD_BYTES:
                self.read_on(is_wanted=False)
        else:
            self._begin(data)

    def eof_received(self) -> bool:
        """The client sends nothing more; gives whether we still do."""
        self._has_eof = True
        if self._exchange is not None:
            self._exchange.feed(b"")
            return True
        # Who listens and has left says it so.
        return self._is_answering and self._broadcast is None

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        self._is_full = True
        if self._exchange is None and not self._is_answering:
            self._wait_until_taken()

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        self._is_full = False
        if not self.transport.is_closing():
            self._stop_timer()
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
        elif self._unsent is not None:
            self._send_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over on either side."""
        self._stop_timer()
        self._unsent = None
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ConnectionResetError("the client is gone"))
        if self._exchange is not None:
            self._exchange.lose()
        if self._broadcast is not None:
            self._broadcast.leave(self)
        self._connections.ended(self)

    # What is done with it.

    def idle(self, *, is_idle: bool) -> None:
        """Note whether something is under way."""
        if not is_idle:
            self._connections.busy(self)
        elif not self.transport.is_closing():
            self._connections.idle(self)

    def read_on(self, *, is_wanted: bool) -> None:
        """Read what the client sends, or leave it where it is."""
        if is_wanted is not self._is_reading and not self.transport.is_closing():
            self._is_reading = is_wanted
            if is_wanted:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    async def send(self, data: bytes) -> None:
        """Send, and wait for the client to take it, but for the last `_PIECE_BYTES` or so; one caller at a time.

        Raises: ConnectionError when the connection is gone, or when the client took nothing for STALLED_SECONDS; it is
            cut then.
        """
        for piece in _pieces(data):
            if self.transport.is_closing():
                raise ConnectionResetError("the client is gone")
            self.transport.write(piece)
            if self._is_full:
                await self._wait_for_client()

    async def _wait_for_client(self) -> None:
        self._await_progress()
        self._drained = self._connections.loop.create_future()
        try:
            await self._drained
        finally:
            self._drained = None

    def close(self) -> None:
        """Close once all is sent; cut what is not taken in time."""
        self._connections.busy(self)
        if not self.transport.is_closing():
            self._start_timer(self.cut)
            self.transport.close()

    def cut(self) -> None:
        """End it now, whatever is under way."""
        self.transport.abort()

    # What is sent to whoever listens to events.

    def write(self, piece: Piece) -> None:
        """Send part of a stream, as soon as it goes."""
        if not self.transport.is_closing():
            self.transport.write(piece.chunk)

    def unsent(self) -> int:
        """How many bytes wait to be taken."""
        return self.transport.get_write_buffer_size()

    async def taken(self) -> None:
        """Wait until most of what was sent is taken. Raises: ConnectionError when it is not, for STALLED_SECONDS."""
        if self.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        if self._is_full:
            await self._wait_for_client()

    def end(self) -> None:
        """End the stream, once all is sent."""
        if not self.transport.is_closing():
            self.transport.write(LAST_CHUNK)
            self.close()

    def end_exchange(self, unread: bytes) -> None:
        """Take the connection back, with what came since Hypercorn's last request."""
        self._exchange = None
        self._received = unread
        self._go_on()

    def _begin(self, data: bytes) -> None:
        """See to what came in while nothing is under way."""
        fast_path = self._connections.fast_path
        if fast_path is not None and (picture := fast_path.whole_picture(data)) is not None:
            self._send_answer(picture)
        elif fast_path is None or not fast_path.may_take(data):
            self._wait(data, self._connections.exchanges, self._hand_over)
        elif fast_path.is_warm(data):
            self._take(data)
        else:
            self._wait(data, self._connections.cold, self._take)

    def _wait(self, data: bytes, slices: Slices, then: Callable[[bytes], None]) -> None:
        self._is_answering = True
        self._connections.busy(self)
        self._received = data

        def go_on() -> None:
            self._is_answering = False
            received, self._received = self._received, b""
            if not self.transport.is_closing():
                then(received)

        slices.add(go_on)

    def _take(self, data: bytes) -> None:
        fast_path = self._connections.fast_path
        assert fast_path is not None
        # Of several at once, the first: the others have their turn when it is answered.
        first, end, others = data.partition(_END_OF_HEAD)
        asked = fast_path.parse(first + end)
        if asked is None or (others and isinstance(asked, EventsRequest)):
            self._hand_over(data)
            return
        data, self._received = first + end, others
        if isinstance(asked, EventsRequest):
            self._stream(fast_path, asked)
        elif (answer := fast_path.at_hand(asked, data)) is not None:
            self._send_answer(answer)
        else:
            self._is_answering = True
            self._connections.busy(self)
            self._connections.spawn(self._answer(fast_path, asked, data))

    def _stream(self, fast_path: FastPath, asked: EventsRequest) -> None:
        self._is_answering = True
        self._connections.busy(self)
        self._broadcast = fast_path.broadcast
        if _TCP_USER_TIMEOUT is not None and (its := self.transport.get_extra_info("socket")) is not None:
            # One whose client is gone without a word is known to be by what is sent to it, and not acknowledged.
            its.setsockopt(socket.IPPROTO_TCP, _TCP_USER_TIMEOUT, 2 * BEAT_SECONDS * 1000)
        self.transport.write(fast_path.head_of(asked))
        self._broadcast.join(self, asked.after)

    def _hand_over(self, data: bytes) -> None:
        of = self._connections
        self._exchange = Exchange(self, of.app, of.config, of.context)
        self._exchange.feed(data)
        if self._has_eof:
            self._exchange.feed(b"")
        of.spawn(self._exchange.run())

    async def _answer(self, fast_path: FastPath, asked: DeliveredRequest, data: bytes) -> None:
        answer = await fast_path.answer(asked, data)
        self._is_answering = False
        if not self.transport.is_closing():
            self._send_answer(answer)

    def _send_answer(self, answer: Written) -> None:
        head, body, self._is_last = answer
        if len(body) <= _PIECE_BYTES:
            self.transport.writelines((head, body))
            if self._unsent is None:
                self._go_on()
        else:
            self._unsent = deque((head, *_pieces(body)))
            self._is_answering = True
            self._send_on()

    def _send_on(self) -> None:
        """Send what the client takes at once; the rest when it has taken that."""
        assert self._unsent is not None
        while self._unsent and not self._is_full:
            self.transport.write(self._unsent.popleft())
        if self._is_full:
            self._wait_until_taken()
            return
        self._unsent = None
        self._is_answering = False
        self._go_on()

    def _wait_until_taken(self) -> None:
        if self._unsent is None:
            self._unsent = deque()
        self._is_answering = True
        self._connections.busy(self)
        self._await_progress()

    def _go_on(self) -> None:
        """Nothing is under way any more: see what came meanwhile."""
        if self.transport.is_closing():
            return
        if self._is_full:
            self._wait_until_taken()
            return
        if self._is_last:
            self.close()
            return
        self._connections.idle(self)
        self.read_on(is_wanted=True)
        if self._received:
            # In its turn: who sends many at once must not keep the others waiting.
            self._wait(self._received, self._connections.cold, self._begin)
        elif self._has_eof:
            self.close()

    def _await_progress(self) -> None:
        """Look again in a while whether the client has taken anything."""
        self._left_bytes = self.unsent()
        self._start_timer(self._require_progress)

    def _require_progress(self) -> None:
        if self.unsent() < self._left_bytes:
            self._await_progress()
        else:
            self.cut()
            _stalled.inc()

    def _start_timer(self, do: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._connections.loop.call_later(STALLED_SECONDS, do)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _pieces(data: bytes) -> "list[bytes | memoryview]":
    if len(data) <= _PIECE_BYTES:
        return [data]
    view = memoryview(data)
    return [view[begin : begin + _PIECE_BYTES] for begin in range(0, len(data), _PIECE_BYTES)]
