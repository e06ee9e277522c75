"""The connections of a server: what is read, what is sent, who is idle, and how each of them ends.

Hypercorn's own (`asyncio/tcp_server.py`) keeps a task a connection for closing what is idle, which holds a descriptor
for as long as that takes after the client has left; and waits without bound for whoever does not read. Here a
connection ends when its client does, nobody is waited for longer than `STALLED_SECONDS`, and all of them together stay
below a ceiling. What a request is, `http11.py` decides. Must not know what is asked for, nor what is answered.
"""

import asyncio
import math
import resource
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, ConnectionState, Scope
from hypercorn.utils import parse_socket_addr  # pyright: ignore[reportUnknownVariableType]  # its tuples' parts

from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.server.http11 import Http11
from chaishots.api.server.log_limits import Seldom
from chaishots.metrics import CONNECTIONS, CONNECTIONS_CLOSED
from chaishots.observability import named_logger

STALLED_SECONDS: Final = 30
"""How long a client may take nothing of what it is sent, a piece at a time, before its connection is cut."""
LINGER_SECONDS: Final = 5
LINGER_BYTES: Final = 4 * 1024 * 1024
"""How long, and how much, is still read of a request that was answered before its end: without that, the answer could
be lost on its way (RFC 9112, 9.6)."""
MOST_CONNECTIONS: Final = 16_384
"""At some 12 kB each, 200 MB."""
_PIECE_BYTES: Final = 128 * 1024
_READ_BYTES: Final = 64 * 1024
_WAITING_EVENTS: Final = 10
_OWN_DESCRIPTORS: Final = 128
"""What a process has open beside its clients' connections: the pool, listener, publisher, logs; with room."""
_SPARE_DESCRIPTORS: Final = 16
_SPARED_SECONDS: Final = 60
"""How many are given back when none is left, so that the process itself can open some; and for how long."""

_log = named_logger("api")
_seldom = Seldom(seconds=1)


def ceiling() -> int:
    """How many connections there may be: what the limit on descriptors (RLIMIT_NOFILE) leaves, less a reserve."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(16, min(MOST_CONNECTIONS, limit - max(_OWN_DESCRIPTORS, limit // 8)))


async def sent(writer: asyncio.StreamWriter, *parts: bytes) -> None:
    """Send the parts, and wait for the client to take them, but for the last `_PIECE_BYTES` or so.

    Raises: ConnectionError when the connection is gone, or when the client took nothing for STALLED_SECONDS; it is cut
        then.
    """
    if sum(map(len, parts)) <= _PIECE_BYTES:
        writer.writelines(parts)
        await _taken(writer)
        return
    for part in parts:
        view = memoryview(part)
        for begin in range(0, len(part), _PIECE_BYTES):
            writer.write(view[begin : begin + _PIECE_BYTES])
            await _taken(writer)


async def _taken(writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()
        CONNECTIONS_CLOSED.labels("stalled").inc()
        raise ConnectionAbortedError("the client takes nothing of what it is sent") from None


class Connections:
    """All connections of a server."""

    def __init__(self, app: Callable[..., object], config: Config, context: WorkerContext) -> None:
        self.app: AppWrapper = ASGIWrapper(app)  # pyright: ignore[reportArgumentType]  # an ASGI application
        self.config = config
        self.context = context
        self.most = ceiling()
        self._open: dict[asyncio.Task[None], Connection] = {}
        self._idle: dict[Connection, float] = {}
        """The longest idle first: since when, by the loop's clock."""
        self._is_stopping = False
        self._restores_at = math.inf
        CONNECTIONS.set_function(lambda: len(self._open))

    async def serve(self, connection: "Connection") -> None:
        """Serve one connection until its end."""
        task = asyncio.current_task()
        assert task is not None  # start_server calls this in a task of its own
        if len(self._open) >= self.most and not self._has_made_room():
            connection.cut()
            return
        self._open[task] = connection
        try:
            await connection.run()
        finally:
            self._idle.pop(connection, None)
            del self._open[task]

    def idle(self, connection: "Connection") -> None:
        """Nothing is under way on it from now on."""
        self._idle.pop(connection, None)
        if self._is_stopping:
            connection.close()
        else:
            self._idle[connection] = asyncio.get_running_loop().time()

    def busy(self, connection: "Connection") -> None:
        """Something is under way on it."""
        self._idle.pop(connection, None)

    def close_idle(self, seconds: float) -> None:
        """Close what has been idle for so long."""
        since = asyncio.get_running_loop().time() - seconds
        while self._idle:
            connection = next(iter(self._idle))
            if self._idle[connection] > since:
                break
            del self._idle[connection]
            connection.close()

    def make_room(self) -> None:
        """Close idle connections, and have fewer for a while: the process can open nothing more."""
        self._restores_at = asyncio.get_running_loop().time() + _SPARED_SECONDS
        self.most = max(_SPARE_DESCRIPTORS, min(self.most, len(self._open)) - _SPARE_DESCRIPTORS)
        for _ in range(len(self._open) - self.most):
            self._cut_longest_idle()

    def restore_ceiling(self) -> None:
        """Have as many connections as there may be again, a while after that was too many."""
        if asyncio.get_running_loop().time() > self._restores_at:
            self._restores_at, self.most = math.inf, ceiling()

    async def end(self, deadline: float, abort_seconds: float) -> None:
        """Close what is idle, now and from now on; wait for the rest until the deadline, then cut it."""
        self._is_stopping = True
        self.close_idle(0)
        if self._open:
            await asyncio.wait(self._open, timeout=deadline - asyncio.get_running_loop().time())
        for task, connection in list(self._open.items()):
            connection.cut()
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=abort_seconds)

    def _has_made_room(self) -> bool:
        has_idle = bool(self._idle)
        if (more := _seldom.again("too_many")) is not None:
            closes = "the one that is idle for longest" if has_idle else "the new one: none is idle"
            _log.warning("connections.too_many", most=self.most, closes=closes, more_since=more)
        if not has_idle:
            CONNECTIONS_CLOSED.labels("too_many").inc()
        return self._cut_longest_idle()

    def _cut_longest_idle(self) -> bool:
        idle = next(iter(self._idle), None)
        if idle is None:
            return False
        del self._idle[idle]
        idle.cut()
        CONNECTIONS_CLOSED.labels("too_many").inc()
        return True


class Connection:
    """One connection, in the place of Hypercorn's TCPServer."""

    def __init__(self, connections: Connections, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections = connections
        self._reader = reader
        self._writer = writer
        self._sending = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.TimerHandle | None = None
        self._left_bytes: int | None = None
        self.protocol: Http11

    async def run(self) -> None:
        """Serve until the client leaves, or the server closes; whatever goes wrong ends this connection alone."""
        try:
            peer = self._writer.get_extra_info("socket")
            client, server = (
                parse_socket_addr(peer.family, peer.getpeername()),
                parse_socket_addr(peer.family, peer.getsockname()),
            )
            async with _Tasks(self._loop) as tasks:
                of = self._connections
                self.protocol = Http11(
                    of.app, of.config, of.context, tasks, ConnectionState({}), False, client, server, self.send
                )
                self.protocol.lingers = self._linger
                self.idle(is_idle=True)
                await self._read()
        except OSError:
            pass  # the client was gone before anything was read
        except Exception as error:  # noqa: BLE001  # of one connection
            await self._fail(error)
        finally:
            await self._ended()

    async def send(self, event: Event) -> None:
        """What Hypercorn's protocol sends, or wants done."""
        if isinstance(event, RawData):
            try:
                async with self._sending:
                    await sent(self._writer, event.data)
            except (ConnectionError, RuntimeError):
                await self.protocol.handle(Closed())
        elif isinstance(event, Closed):
            self.close()
        elif isinstance(event, Updated):
            self.idle(is_idle=event.idle)

    def idle(self, *, is_idle: bool) -> None:
        """Note whether something is under way."""
        if not is_idle:
            self._connections.busy(self)
        elif not self._writer.transport.is_closing():
            self._stop_lingering()
            self._connections.idle(self)

    def close(self) -> None:
        """Close once all is sent; cut what is not taken in time."""
        self._connections.busy(self)
        self._stop_lingering()
        self._end = self._loop.call_later(STALLED_SECONDS, self.cut)
        self._writer.close()

    def cut(self) -> None:
        """End it now, whatever is under way."""
        self._writer.transport.abort()

    async def _read(self) -> None:
        with suppress(OSError):  # the client is gone; out of the task group it would come as a group of errors
            while data := await self._reader.read(_READ_BYTES):
                if self._left_bytes is not None:
                    self._left_bytes -= len(data)
                    if self._left_bytes < 0:
                        break
                await self.protocol.handle(RawData(data))
            else:
                await self.protocol.finish()
                return
        await self.protocol.handle(Closed())

    def _linger(self, *, is_last: bool) -> None:
        """Read on, within bounds, what belongs to a request that is answered; `is_last`: nothing else is answered."""
        if self._writer.transport.is_closing():
            return
        if is_last:
            with suppress(OSError, RuntimeError, NotImplementedError):
                self._writer.write_eof()
        if self._end is None:
            self._left_bytes = LINGER_BYTES
            self._end = self._loop.call_later(LINGER_SECONDS, self.close)
            self._connections.idle(self)  # it makes room for others as an idle one does

    def _stop_lingering(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self._left_bytes = None

    async def _fail(self, error: Exception) -> None:
        """Tell of a fault of ours: to the log, and to the client when nothing is answered yet."""
        request_id = self.protocol.request_id or named(b"")
        if (more := _seldom.again("failed")) is not None:
            _log.error("connection.failed", request_id=request_id.decode(), exc_info=error, more_since=more)
        with suppress(Exception):  # it may be at fault in this, too
            await self.protocol.fail(request_id)

    async def _ended(self) -> None:
        self.close()
        with suppress(OSError, RuntimeError):
            await self._writer.wait_closed()
        self._stop_lingering()


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
