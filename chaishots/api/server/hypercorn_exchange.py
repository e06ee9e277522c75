"""Requests that Hypercorn serves on a connection: from the first until it is between two requests again.

Hypercorn's own (`hypercorn.asyncio.tcp_server`) lasts as long as its connection, and keeps a task for closing what is
idle, which holds a descriptor for as long as that takes after the client has left. Here an exchange ends with what was
asked, whoever leaves first. What a request is, `http11.py` decides. Must not know what is asked for, nor
what is answered.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

import h11
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, ConnectionState, Scope
from hypercorn.utils import parse_socket_addr  # pyright: ignore[reportUnknownVariableType]  # its tuples' parts

from chaishots.api.log_limits import Seldom
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.server.http11 import Http11
from chaishots.logs import named_logger

LINGER_SECONDS: Final = 5
LINGER_BYTES: Final = 4 * 1024 * 1024
"""How long, and how much, is still read of a request that was answered before its end: without that, the answer could
be lost on its way (RFC 9112, 9.6)."""
_UNREAD_BYTES: Final = 64 * 1024
"""How much is read ahead of what Hypercorn has taken."""
_WAITING_EVENTS: Final = 10

_log = named_logger("api")
_seldom = Seldom(seconds=1)


class Line(Protocol):
    """The connection, as far as an exchange knows it."""

    transport: asyncio.Transport

    async def send(self, data: bytes) -> None:
        """Send, and wait for the client to take it. Raises: ConnectionError."""
        ...

    def read_on(self, *, is_wanted: bool) -> None:
        """Read what the client sends, or leave it where it is."""

    def idle(self, *, is_idle: bool) -> None:
        """Note whether something is under way."""

    def close(self) -> None:
        """Close once all is sent."""

    def end_exchange(self, unread: bytes) -> None:
        """Take the connection back, with what came since the last request."""


class Exchange:
    """What Hypercorn does on one connection."""

    def __init__(self, line: Line, app: AppWrapper, config: Config, context: WorkerContext) -> None:
        self._line = line
        self._app = app
        self._config = config
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._received: deque[bytes] = deque()
        self._unread_bytes = 0
        self._news = asyncio.Event()
        self._is_lost = False
        self._sending = asyncio.Lock()
        self._linger_ends: asyncio.TimerHandle | None = None
        self._left_bytes: int | None = None
        self._protocol: Http11

    def feed(self, data: bytes) -> None:
        """Take what the client has sent; nothing: that it will send no more."""
        self._received.append(data)
        self._unread_bytes += len(data)
        if self._unread_bytes > _UNREAD_BYTES:
            self._line.read_on(is_wanted=False)
        self._news.set()

    def lose(self) -> None:
        """The client is gone."""
        self._is_lost = True
        self.feed(b"")

    async def run(self) -> None:
        """Serve until there is a pause, the client leaves, or we close; what goes wrong ends this connection alone."""
        goes_on = False
        try:
            peer = self._line.transport.get_extra_info("socket")
            client, server = (
                parse_socket_addr(peer.family, peer.getpeername()),
                parse_socket_addr(peer.family, peer.getsockname()),
            )
            async with _Tasks(self._loop) as tasks:
                self._protocol = Http11(
                    self._app,
                    self._config,
                    self._context,
                    tasks,
                    ConnectionState({}),
                    False,
                    client,
                    server,
                    self._send,
                )
                self._protocol.lingers = self._linger
                goes_on = await self._serve()
        except OSError:
            pass  # the client was gone before anything was asked
        except Exception as error:  # noqa: BLE001  # of one connection
            await self._fail(error)
        finally:
            self._stop_lingering()
            if not goes_on:
                self._line.close()
            self._line.end_exchange(b"".join(self._received))

    async def _serve(self) -> bool:
        """Hand on what the client sends; gives whether the connection goes on."""
        is_first = True
        while (data := await self._next()) is not None:
            if not data and not self._is_lost:
                await self._protocol.finish()
                return False
            if not data:
                break
            if self._left_bytes is not None:
                self._left_bytes -= len(data)
                if self._left_bytes < 0:
                    break
            await self._protocol.handle(RawData(data))
            if is_first and self._protocol.connection.their_state is h11.IDLE:
                self._line.idle(is_idle=True)  # a piece of a head: who sends the rest slowly is as idle as any
            is_first = False
        else:
            return True
        await self._protocol.handle(Closed())
        return False

    async def _next(self) -> bytes | None:
        """What the client sends next; nothing when it sends no more, None when Hypercorn is between two requests."""
        while not self._received:
            if self._protocol.is_between_requests():
                return None
            self._news.clear()
            await self._news.wait()
        data = self._received.popleft()
        self._unread_bytes -= len(data)
        if self._unread_bytes <= _UNREAD_BYTES:
            self._line.read_on(is_wanted=True)
        return data

    async def _send(self, event: Event) -> None:
        """What Hypercorn's protocol sends, or wants done."""
        if isinstance(event, RawData):
            try:
                async with self._sending:
                    await self._line.send(event.data)
            except (ConnectionError, RuntimeError):
                await self._protocol.handle(Closed())
        elif isinstance(event, Closed):
            self._stop_lingering()
            self._line.close()
        elif isinstance(event, Updated):
            if event.idle:
                self._stop_lingering()
                self._news.set()
            self._line.idle(is_idle=event.idle)

    def _linger(self, *, is_last: bool) -> None:
        """Read on, within bounds, what belongs to a request that is answered; `is_last`: nothing else is answered."""
        if self._line.transport.is_closing():
            return
        if is_last:
            # A client that left, a transport that closes or has no half to close, whatever it says: it is read on.
            with suppress(Exception):
                self._line.transport.write_eof()
        if self._linger_ends is None:
            self._left_bytes = LINGER_BYTES
            self._linger_ends = self._loop.call_later(LINGER_SECONDS, self._line.close)
            self._line.idle(is_idle=True)  # it makes room for others as an idle one does

    async def _fail(self, error: Exception) -> None:
        """Tell of a fault of ours: to the log, and to the client when nothing is answered yet."""
        request_id = self._protocol.request_id or named(b"")
        if (more := _seldom.again("failed")) is not None:
            _log.error("connection.failed", request_id=request_id.decode(), exc_info=error, more_since=more)
        with suppress(Exception):  # it may be at fault in this, too
            await self._protocol.fail(request_id)

    def _stop_lingering(self) -> None:
        if self._linger_ends is not None:
            self._linger_ends.cancel()
        self._linger_ends = self._left_bytes = None


class _Inbox:
    """What an application has yet to receive of a request.

    Hypercorn's is a queue: when nobody receives any more, whoever tells a full one that the client left waits for ever.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[ASGIReceiveEvent] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_closed = False

    async def put(self, event: ASGIReceiveEvent) -> None:
        """Wait for room; not for the end of a request, nor when nobody receives."""
        if self._is_closed:
            return
        self._waiting.put_nowait(event)
        if event["type"] == "http.disconnect":
            self.close()
        elif self._waiting.qsize() >= _WAITING_EVENTS:
            self._has_room.clear()
            await self._has_room.wait()

    async def get(self) -> ASGIReceiveEvent:
        """The next event; when the request is over, that it is, again and again."""
        if self._is_closed and self._waiting.empty():
            return {"type": "http.disconnect"}
        event = await self._waiting.get()
        if self._waiting.qsize() < _WAITING_EVENTS:
            self._has_room.set()
        return event

    def close(self) -> None:
        """Take nothing any more, and let go who waits for room."""
        self._is_closed = True
        self._has_room.set()


class _Tasks(TaskGroup):
    """The tasks of a connection: Hypercorn's, with another queue between a request and its application."""

    async def spawn_app(
        self,
        app: AppWrapper,
        config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        inbox = _Inbox()
        self.spawn(_answer, inbox, app, scope, send)  # pyright: ignore[reportUnknownMemberType]  # Callable, of anything
        return inbox.put


async def _answer(
    inbox: _Inbox, app: AppWrapper, scope: Scope, send: Callable[[ASGISendEvent | None], Awaitable[None]]
) -> None:
    try:
        await app(scope, inbox.get, send, _no_threads, _no_threads)
    except Exception as error:  # noqa: BLE001  # of one request: the next is served
        if (more := _seldom.again("request")) is not None:
            request_id = dict(scope["headers"])[HEADER].decode() if scope["type"] == "http" else None
            _log.error("request.failed", request_id=request_id, exc_info=error, more_since=more)
    finally:
        inbox.close()
        await send(None)


def _no_threads(*_: object) -> None:
    raise RuntimeError("An application of ours is asynchronous throughout.")
